import Foundation
import TestSupport
import Testing

@Suite("TLS: redirect of plain HTTP")
struct RedirectTests {
  private func start(_ environment: [String: String] = [:]) async throws -> (SecureServer, Int) {
    let server = try await SecureServer.start(
      environment: ["HARRIER_HTTP_REDIRECT_PORT": "0"].merging(environment) { $1 })
    await server.process.waitForLog("redirect_port")
    let port = try #require(
      server.process.log.firstMatch(of: /"redirect_port":"?(\d+)/).flatMap { Int($0.1) })
    return (server, port)
  }

  private func exchange(_ port: Int, _ request: String) async throws -> String {
    String(
      decoding: try await RawConnection.exchange(port: port, Data(request.utf8)), as: UTF8.self)
  }

  @Test("plain HTTP is sent to the same path by HTTPS, with any method, and its body is not read")
  func redirect() async throws {
    let (server, port) = try await start()
    let expected = "https://localhost:\(server.process.port)/api/v1/jobs?limit=1&cursor=%2F"
    for method in ["GET", "HEAD", "POST", "DELETE"] {
      let answer = try await exchange(
        port,
        "\(method) /api/v1/jobs?limit=1&cursor=%2F HTTP/1.1\r\nHost: localhost:\(port)\r\nContent-Length: 1000000000\r\n\r\nbeginning"
      )
      #expect(answer.hasPrefix("HTTP/1.1 308 "), "\(answer)")
      #expect(answer.contains("\r\nLocation: \(expected)\r\n"), "\(answer)")
      #expect(answer.contains("\r\nConnection: close\r\n"))
      #expect(!answer.lowercased().contains("\r\nserver:"))
    }
    let followed = try await server.curl(
      "--location", "http://localhost:\(port)/health/live", "--write-out", " %{http_code} %{scheme}"
    )
    #expect(followed.text.lowercased().hasSuffix(" 200 https"), "\(followed.text)")
    #expect(await server.process.stop() == 0)
  }

  @Test("another port can be named, and 443 is named by nothing")
  func target() async throws {
    for (target, authority) in [("9443", "example.org:9443"), ("443", "example.org")] {
      let (server, port) = try await start(["HARRIER_HTTP_REDIRECT_TARGET_PORT": target])
      let answer = try await exchange(port, "GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n")
      #expect(answer.contains("\r\nLocation: https://\(authority)/a\r\n"), "\(answer)")
      #expect(await server.process.stop() == 0)
    }
  }

  @Test("hosts that are none, and requests that are none, are sent nowhere")
  func hostile() async throws {
    let (server, port) = try await start()
    for request in [
      "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: \r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: user@evil.example\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: evil.example/path\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\u{b}b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", "GET / HTTP/1.1\r\nHost: <script>\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /\u{1}\r\n\r\n", "GET /a\rSet-Cookie: b HTTP/1.1\r\nHost: a\r\n\r\n",
      "\u{16}\u{3}\u{1}\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 5000))\r\n",
    ] {
      let answer = try await exchange(port, request)
      #expect(answer.hasPrefix("HTTP/1.1 400 "), "\(request.prefix(80)): \(answer)")
      #expect(!answer.contains("Location"), "\(request.prefix(80)): \(answer)")
    }
    #expect(await server.process.stop() == 0)
  }

  @Test("a client that says nothing there is closed")
  func silent() async throws {
    let (server, port) = try await start()
    let clock = ContinuousClock()
    let start = clock.now
    let answer = try await exchange(port, "GET / HTTP/1.1\r\nHost: a\r\nX: ")
    #expect(answer.isEmpty)
    // The test itself would go after 60 s.
    #expect((.seconds(5)...(.seconds(50))).contains(clock.now - start))
    #expect(await server.process.stop() == 0)
  }

  @Test("its port is named when it is in use")
  func portTaken() async throws {
    let (server, port) = try await start()
    let folder = try TemporaryFolder()
    let output = try await harrier(
      "serve", "--workers", "0", "--port", "0", "--data-dir", folder.path("data"),
      environment: [
        "HARRIER_TLS_CERTIFICATE": server.files.certificate, "HARRIER_TLS_KEY": server.files.key,
        "HARRIER_HTTP_REDIRECT_PORT": "\(port)",
      ])
    #expect(output.status == 1)
    #expect(output.errorLines.last?.contains("\(port)") == true, "\(output.standardError)")
    #expect(output.errorLines.last?.contains("in use") == true, "\(output.standardError)")
    #expect(await server.process.stop() == 0)
  }
}
