import Foundation
import TestSupport
import Testing

/// RFC 9112, sections 3, 5, 6 and 11: who sits behind a proxy must not find another end of a request than the proxy did.
@Suite("Hostile requests: framing")
struct HostileFramingTests {
  /// Longer than an answer takes and shorter than the server waits for an idle connection: what ends before was ended.
  private static let atOnce = Duration.seconds(50)

  /// What an attacker wants to be answered beside its own.
  private static let second = "GET /health/live HTTP/1.1\r\nHost: second\r\n\r\n"

  private static func post(_ headers: String, _ body: String) -> String {
    "POST /api/v1/inference/predict HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
      + "\(headers)\r\n\r\n\(body)"
  }

  /// The status of each answer, and whether the server ended the connection.
  private func exchange(_ request: String, then wanted: Int) async throws -> (
    statuses: [Int], isClosed: Bool
  ) {
    let port = try await SharedServer.port()
    let clock = ContinuousClock()
    let start = clock.now
    let answer = try await RawConnection.exchange(
      port: port, Data(request.utf8), until: { Self.statuses($0).count >= wanted })
    return (Self.statuses(answer), clock.now - start < Self.atOnce)
  }

  private static func statuses(_ answer: Data) -> [Int] {
    String(decoding: answer, as: UTF8.self).matches(of: #/HTTP/1\.[01] (\d{3}) /#).compactMap {
      Int($0.1)
    }
  }

  private static let whole = "2\r\n{}\r\n0\r\n\r\n"

  @Test(
    "a request whose end is doubtful gets one refusal, and the connection ends",
    arguments: [
      ("Content-Length: 2\r\nContent-Length: 2", "{}"),
      ("Content-Length: 2\r\nContent-Length: 44", "{}"),
      ("Content-Length: 2, 2", "{}"), ("Content-Length: +2", "{}"),
      ("Content-Length: 18446744073709551618", "{}"),
      ("Content-Length: 7\r\nTransfer-Encoding: chunked", whole),
      ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", whole),
      ("Transfer-Encoding: chunked, identity", whole),
      ("Transfer-Encoding: identity, chunked", whole), ("Transfer-Encoding: gzip, chunked", whole),
      ("Transfer-Encoding: xchunked", whole), ("Transfer-Encoding: ", "{}"),
      ("Transfer-Encoding:\r\n chunked", whole), ("Transfer-Encoding : chunked", whole),
      ("Transfer-Encoding: chunked", "+2\r\n{}\r\n0\r\n\r\n"),
      ("Transfer-Encoding: chunked", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
      ("Transfer-Encoding: chunked", "2\n{}\n0\n\n"),
      ("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\nContent-Length: 44\r\n\r\n"),
    ])
  func doubtful(headers: String, body: String) async throws {
    let (statuses, isClosed) = try await exchange(Self.post(headers, body) + Self.second, then: 2)
    #expect(statuses == [400] || statuses == [501], "\(statuses)")
    #expect(isClosed)
  }

  @Test(
    "a request that names no host or several is refused, and the connection ends",
    arguments: ["", "Host: a\r\nHost: b", "Host: a\r\nHost: a", "Host: a, b", "Host: user@a/b"])
  func hosts(headers: String) async throws {
    let fields = headers.isEmpty ? "" : headers + "\r\n"
    let (statuses, isClosed) = try await exchange(
      "GET /health/live HTTP/1.1\r\n\(fields)\r\n\(Self.second)", then: 2)
    #expect(statuses == [400])
    #expect(isClosed)
  }

  @Test(
    "names of hosts as clients send them are taken",
    arguments: [
      "localhost", "127.0.0.1:8000", "[::1]:8000", "api_1.example.org", "api.example.org.:443", "",
    ])
  func properHosts(host: String) async throws {
    let (statuses, _) = try await exchange(
      "GET /health/live HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n", then: 2)
    #expect(statuses == [200])
  }

  @Test("a request inside a body is part of the body", arguments: ["GET", "POST", "DELETE"])
  func hidden(method: String) async throws {
    let length = Self.second.utf8.count
    let request =
      "\(method) /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n"
      + "Connection: close\r\n\r\n\(Self.second)"
    let (statuses, isClosed) = try await exchange(request, then: 2)
    #expect(statuses.count == 1)
    #expect(isClosed)
  }

  @Test(
    "a client that offers another protocol is answered in this one, and so is its next request",
    arguments: ["h2c", "websocket", "TLS/1.2"])
  func upgrade(to name: String) async throws {
    // Java's client asks for h2c by itself, and sends its next request over the same connection.
    let first =
      "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n"
      + "Upgrade: \(name)\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    let (statuses, isClosed) = try await exchange(first + Self.second, then: 2)
    // Closing is an answer too: the client knows that its second request was not read.
    #expect(statuses == [200, 200] || statuses == [200])
    #expect(isClosed)
  }

  @Test("CONNECT is refused, and no tunnel stays behind")
  func connect() async throws {
    let (statuses, isClosed) = try await exchange(
      "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n\(Self.second)", then: 2)
    #expect(statuses.count == 1)
    #expect(statuses.allSatisfy { (400..<600).contains($0) })
    #expect(isClosed)
  }

  @Test(
    "after a request that is the last one the connection ends, and nothing more is answered",
    arguments: [
      "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n",
      "GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: a, close\r\n\r\n",
      "GET /health/live HTTP/1.0\r\n\r\n", "GET /health/live HTTP/1.0\r\nHost: a\r\n\r\n",
    ])
  func last(request: String) async throws {
    let (statuses, isClosed) = try await exchange(request, then: 2)
    #expect(statuses == [200])
    #expect(isClosed)
    let (both, isEnded) = try await exchange(request + Self.second, then: 2)
    #expect(both == [200])
    #expect(isEnded)
  }

  @Test("a client of HTTP/1.0 gets no chunks, and the end of the connection is the end of the body")
  func oldClient() async throws {
    let client = try await SharedServer.client()
    let job = try await client.runJob(
      [("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))],
      config: #"{"sahi":{"enabled":false}}"#)
    // Results are written piece by piece, without a length.
    let path = "/api/v1/jobs/\(job)/results?format=csv"
    let answer = try await RawConnection.exchange(
      port: try await SharedServer.port(), Data("GET \(path) HTTP/1.0\r\n\r\n".utf8))
    let parts = String(decoding: answer, as: UTF8.self).components(separatedBy: "\r\n\r\n")
    #expect(parts[0].contains(" 200 "), "\(parts[0])")
    #expect(!parts[0].lowercased().contains("transfer-encoding"), "\(parts[0])")
    #expect(parts.dropFirst().joined() == (try await client.get(path).text))
  }

  @Test("ten requests at once are answered one after the other, each once")
  func pipelined() async throws {
    let requests = (0..<10).map { number in
      "GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Request-Id: pipe-\(number)\r\n"
        + (number == 9 ? "Connection: close\r\n\r\n" : "\r\n")
    }
    let answer = try await RawConnection.exchange(
      port: try await SharedServer.port(), Data(requests.joined().utf8))
    let ids = String(decoding: answer, as: UTF8.self).matches(of: /(?i)x-request-id: (pipe-\d)/)
    #expect(ids.map { String($0.1) } == (0..<10).map { "pipe-\($0)" })
  }
}
