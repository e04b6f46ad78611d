import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("Log")
struct LogLineTests {
  private let lines = LogLines()

  private func logger(_ format: LogFormat, level: Logger.Level = .info) -> Logger {
    Logger(label: "harrier.jobs") { [lines] label in
      ServiceLogHandler(label: label, format: format, level: level, now: { startOfTests }) {
        lines.add($0)
      }
    }
  }

  @Test("a JSON line has time, level, message, logger and the metadata, flattened and sorted")
  func json() throws {
    var logger = logger(.json)
    logger[metadataKey: "request_id"] = "req_1"
    logger.info(
      "Answered",
      metadata: [
        "duration_ms": .stringConvertible(1.25), "status": .stringConvertible(200),
        "cached": .stringConvertible(true), "job": ["id": "job_1", "tags": ["a", "b\""]],
      ])
    #expect(
      lines.all == [
        #"{"time":"2026-02-02T02:40:00.000Z","level":"info","message":"Answered","#
          + #""logger":"harrier.jobs","cached":true,"duration_ms":1.25,"job.id":"job_1","#
          + #""job.tags":["a","b\""],"request_id":"req_1","status":200}"# + "\n"
      ])
  }

  @Test("a line for people has the same in one row")
  func text() {
    let error = JobsError(.databaseError, "The store fails", cause: "disk I/O error")
    logger(.text).warning(
      "The worker died", error: error,
      metadata: ["job_id": "job_1", "status": .stringConvertible(9)])
    #expect(
      lines.all == [
        "2026-02-02T02:40:00.000Z warning The worker died error=\"DATABASE_ERROR: The store fails\" "
          + "cause=\"disk I/O error\" job_id=job_1 status=9\n"
      ])
  }

  @Test("an error's cause is in the log")
  func cause() throws {
    let error = APIError(.internalError, "A bug", cause: "index out of range")
    logger(.json).error("Failed", error: error)
    let fields = try lines.fields()
    #expect(fields["error"] as? String == "INTERNAL_ERROR: A bug")
    #expect(fields["cause"] as? String == "index out of range")
  }

  @Test("what is below the level is not written", arguments: Logger.Level.allCases)
  func levels(level: Logger.Level) {
    let logger = logger(.json, level: level)
    for each in Logger.Level.allCases { logger.log(level: each, "x") }
    #expect(lines.all.count == Logger.Level.allCases.count { $0 >= level })
  }

  @Test(
    "no control character reaches the output: a client's text cannot forge a line",
    arguments: LogFormat.allCases)
  func controls(format: LogFormat) throws {
    let scalars = (0...0x9f).map { Unicode.Scalar($0) } + ["\u{2028}", "\u{2029}", "\u{202e}"]
    var evil = ""
    for case let scalar? in scalars { evil.unicodeScalars.append(scalar) }
    logger(format).info("\(evil)", metadata: ["\(evil)": "\(evil)", "list": ["\(evil)"]])
    let line = try #require(lines.all.first)
    #expect(line.hasSuffix("\n"))
    let bad = line.unicodeScalars.dropLast().filter {
      $0.value < 0x20 || (0x7f...0x9f).contains($0.value) || $0.value == 0x2028
        || $0.value == 0x2029 || $0.value == 0x202e
    }
    #expect(bad.isEmpty)
    if format == .json {
      let message = try #require(try lines.fields()["message"] as? String)
      // ASCII survives; the rest is replaced.
      #expect(message.hasPrefix("\0\u{1}\u{2}"))
      #expect(message.contains("\u{1b}") && message.contains("~\u{7f}\u{fffd}"))
    }
  }

  @Test(
    "a line is never longer than 16 KiB and stays JSON", arguments: ["x", "\u{1}", "ü", "🛩", "\""])
  func limit(character: String) throws {
    let long = String(repeating: character, count: 50_000)
    var metadata: Logger.Metadata = ["a_job_id": "job_1"]
    for index in 0..<100 { metadata["key\(index)"] = .string(long) }
    for format in LogFormat.allCases {
      logger(format).error(
        "\(long)", error: APIError(.internalError, long, cause: long), metadata: metadata)
    }
    for line in lines.all { #expect(line.utf8.count <= 16_384) }
    #expect(lines.all.last?.hasSuffix(" ...\n") == true)
    let fields = try lines.fields()
    #expect(fields["a_job_id"] as? String == "job_1")
    #expect(fields["truncated"] as? Bool == true)
  }

  @Test("metadata cannot take the place of the line's own members")
  func reserved() throws {
    logger(.json).info("real", metadata: ["message": "forged", "time": "forged"])
    let fields = try lines.fields()
    #expect(fields["message"] as? String == "real")
    #expect(fields["metadata.message"] as? String == "forged")
    #expect(fields["metadata.time"] as? String == "forged")
  }

  @Test("a metadata provider's values are under those of the event")
  func provider() throws {
    var handler = ServiceLogHandler(label: "l", format: .json, level: .info) { [lines] in
      lines.add($0)
    }
    handler.metadataProvider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
    let logger = Logger(label: "l") { [handler] _ in handler }
    logger.info("x", metadata: ["a": "event"])
    let fields = try lines.fields()
    #expect(fields["a"] as? String == "event")
    #expect(fields["b"] as? String == "provider")
  }
}

private final class LogLines: Sendable {
  private let state = Mutex<[String]>([])

  var all: [String] { state.withLock { $0 } }
  func add(_ line: String) { state.withLock { $0.append(line) } }

  /// The first line, read by Foundation's parser.
  func fields() throws -> [String: Any] {
    let line = try #require(all.first)
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }
}
