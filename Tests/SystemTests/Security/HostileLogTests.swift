import Foundation
import TestSupport
import Testing

/// What clients send stands in logs as a value, whatever it looks like.
@Suite("Hostile requests: logs")
struct HostileLogTests {
  private static let forged = "forged-7c0ffee"
  /// Fields whose values a service likes to log, and values that would like to be more.
  private static let headers = [
    "X-Request-Id: \"}\\n{\"level\":\"error\",\"message\":\"\(forged)\"",
    "X-Request-Id: \(String(repeating: "x", count: 5000))",
    "X-Forwarded-For: 203.0.113.7\", \"message\": \"\(forged)",
    "X-Forwarded-For: \(String(repeating: "10.0.0.1, ", count: 2000))",
    "X-Forwarded-For: ::ffff:999.1.1.1, ${jndi:ldap://a}, \u{1b}", "Forwarded: for=\"\(forged)\"",
    "traceparent: 00-\(forged)-00-01", "traceparent: 00-\(String(repeating: "0", count: 32))-0-01",
    "tracestate: \(String(repeating: "a=b,", count: 2000))",
    "User-Agent: {{7*7}} ${jndi:ldap://a} %0a%0d \(forged)", "User-Agent: \u{e9}\u{202e}\u{2028}",
    "Idempotency-Key: \(forged)\" ; DROP TABLE jobs;--",
  ]
  private static let paths = [
    "/%0a%7b%22level%22:%22error%22,%22message%22:%22\(forged)%22%7d", "/%1b%5b2J", "/%e2%80%ae",
    "/api/v1/jobs/%22%7d%0a\(forged)/status", "/a%00b", "/?a=%0d%0a\(forged)",
  ]

  @Test("every line is one object, none was written by a client, and addresses are addresses")
  func lines() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      environment: [
        "HARRIER_RATE_LIMIT": "0", "HARRIER_LOG_LEVEL": "debug",
        "HARRIER_TRUSTED_PROXIES": "127.0.0.1",
      ])
    let body = #"{"upload_id":"upl_\n\(Self.forged)"}"#
    for header in Self.headers {
      let answer = try await send(
        "POST", "/api/v1/inference/predict",
        "\(header)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)", body,
        to: server)
      #expect(answer.starts(with: "HTTP/1.1 4"), "\(header)")
    }
    for path in Self.paths {
      #expect(try await send("GET", path, "Accept: */*", "", to: server).starts(with: "HTTP/1.1 "))
    }
    for method in ["BREW", "G\u{e9}T", "GET\u{1b}[2J", String(repeating: "A", count: 4000)] {
      _ = try await send(method, "/", "Accept: */*", "", to: server)
    }
    #expect(await server.stop() == 0)
    let lines = server.log.split(separator: "\n")
    #expect(lines.count > Self.headers.count + Self.paths.count)
    var clients: Set<String> = []
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      let fields = try #require(object, "\(line)")
      #expect(!(fields["message"] as? String ?? Self.forged).contains(Self.forged), "\(line)")
      #expect(fields["level"] as? String != "error", "\(line)")
      // A terminal that shows the log obeys nothing in it.
      #expect(!line.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(!line.contains("\u{202e}"))
      #expect(line.utf8.count <= 16 << 10, "\(line.utf8.count)")
      if let client = fields["client"] as? String { clients.insert(client) }
    }
    let address = /[0-9a-f:.]{3,45}/
    #expect(clients.allSatisfy { $0.wholeMatch(of: address) != nil }, "\(clients)")
    #expect(!clients.isEmpty)
  }

  @Test("an id that is not sane is replaced, and is not said back")
  func requestIDs() async throws {
    let port = try await SharedServer.port()
    for value in [
      "a b", "a\"b", "a\\b", "<b>", "\u{e9}", "${7*7}", String(repeating: "x", count: 129),
    ] {
      let request =
        "GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: \(value)\r\nConnection: close\r\n\r\n"
      let answer = String(
        decoding: try await RawConnection.exchange(port: port, Data(request.utf8)), as: UTF8.self)
      #expect(answer.firstMatch(of: /(?i)x-request-id: req_[0-9a-z]{26}\r\n/) != nil, "\(value)")
      #expect(!answer.contains(value), "\(value)")
    }
  }

  private func send(
    _ method: String, _ path: String, _ headers: String, _ body: String, to server: ServerProcess
  ) async throws -> String {
    let request =
      "\(method) \(path) HTTP/1.1\r\nHost: a\r\n\(headers)\r\nConnection: close\r\n\r\n\(body)"
    return String(
      decoding: try await RawConnection.exchange(port: server.port, Data(request.utf8)),
      as: UTF8.self)
  }
}
