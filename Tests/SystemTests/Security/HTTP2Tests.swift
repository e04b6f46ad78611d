import Foundation
import TestSupport
import Testing

@Suite(
  "HTTP/2: limits",
  .enabled(if: PythonScript.isInstalled, "scripts/test-tools installs what the check needs"))
struct HTTP2Tests {
  /// Of GOAWAY, by RFC 9113, section 7.
  private static let protocolError = "GOAWAY 1"
  private static let compressionError = "GOAWAY 9"
  private static let enhanceYourCalm = "GOAWAY 11"

  @Test("floods end the connection at once, and other clients are served")
  func floods() async throws {
    let server = try await SecureServer.start()
    for (attack, ending) in [
      ("rapid reset", Self.enhanceYourCalm), ("made to reset", Self.enhanceYourCalm),
      ("pings", Self.enhanceYourCalm), ("settings", Self.enhanceYourCalm),
      ("priorities", Self.enhanceYourCalm), ("continuations", Self.enhanceYourCalm),
      ("empty data", Self.enhanceYourCalm), ("header bomb", Self.protocolError),
      ("hpack bomb", Self.compressionError), ("streams", Self.protocolError),
    ] {
      let lines = try await HTTP2Attacks.send(attack, to: server.process.port)
      // What a client still sends may cost it the last words.
      #expect(lines.contains(ending) || lines.count < 4, "\(attack): \(lines.suffix(5))")
      #expect(lines.last?.hasPrefix("EOF") == true, "\(attack): \(lines.suffix(5))")
      #expect(lines.count < 1000, "\(attack)")
      #expect(try await server.status("--http2", "/health/live") == "2 200")
    }
    let memory = try residentBytes(of: server.process.processID)
    #expect(memory < 400 << 20, "\(memory >> 20) MB")
    #expect(await server.process.stop() == 0)
  }

  @Test("what is wrong with one request ends its stream, and no other one")
  func streamErrors() async throws {
    let server = try await SecureServer.start()
    for attack in ["no path", "upper case", "smuggled length", "smuggled coding"] {
      let lines = try await HTTP2Attacks.send(
        attack, to: server.process.port, until: "HEADERS 3")
      #expect(lines.contains("RESET 1 1"), "\(attack): \(lines)")
      #expect(!lines.contains("HEADERS 1"), "\(attack): \(lines)")
      #expect(lines.contains("HEADERS 3"), "\(attack): \(lines)")
      #expect(!lines.contains { $0.hasPrefix("GOAWAY") }, "\(attack): \(lines)")
    }
    let polite = try await HTTP2Attacks.send(
      "150 fields", to: server.process.port, until: "DATA 1 1")
    #expect(polite.contains { $0.hasPrefix("DATA 1") && $0.contains("success") }, "\(polite)")
    let many = try await HTTP2Attacks.send(
      "300 fields", to: server.process.port, until: "DATA 1 1")
    #expect(many.contains { $0.hasPrefix("DATA 1") && $0.contains("INVALID_REQUEST") }, "\(many)")
    #expect(await server.process.stop() == 0)
  }

  @Test("a body that nobody reads yet has room for one buffer, and no more")
  func window() async throws {
    let server = try await SecureServer.start(environment: ["HARRIER_CONCURRENT_UPLOADS": "1"])
    let lines = try await HTTP2Attacks.send(
      "one upload", to: server.process.port, until: "RESET 3")
    // FLOW_CONTROL_ERROR, by RFC 9113, section 7: the third 8 kB are too many.
    #expect(lines.contains("RESET 3 3"), "\(lines)")
    #expect(!lines.contains { $0.hasPrefix("RESET 1") }, "\(lines)")
    #expect(await server.process.stop() == 0)
  }

  @Test("silence ends streams and connections")
  func silence() async throws {
    let server = try await SecureServer.start(environment: ["HARRIER_IDLE_TIMEOUT_SECONDS": "2"])
    let port = server.process.port
    let nothing = try await HTTP2Attacks.send("nothing", to: port)
    #expect(nothing.contains("GOAWAY 0"), "\(nothing)")
    #expect(nothing.last?.hasPrefix("EOF") == true, "\(nothing)")
    for attack in ["half a request", "no window"] {
      let lines = try await HTTP2Attacks.send(attack, to: port)
      #expect(lines.contains { $0.hasPrefix("RESET 1") }, "\(attack): \(lines)")
      #expect(lines.last?.hasPrefix("EOF") == true, "\(attack): \(lines)")
    }
    // Without a handshake.
    let clock = ContinuousClock()
    let start = clock.now
    let answer = try await RawConnection.exchange(port: port, Data())
    #expect(answer.isEmpty)
    // The test itself would go after 60 s.
    #expect(clock.now - start < .seconds(50))
    #expect(await server.process.stop() == 0)
  }

  private func residentBytes(of process: pid_t) throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let kilobytes = try #require(
      status.firstMatch(of: /VmRSS:\s+(\d+) kB/).flatMap { Int($0.1) })
    return kilobytes << 10
  }
}
