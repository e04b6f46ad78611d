import Foundation
import HTTPTypes
import Jobs
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("Readiness")
struct ReadinessTests {
  private func refusal(_ readiness: Readiness) async throws -> APIError {
    do {
      let text = try await readiness.document()
      Issue.record("it is ready: \(text)")
      throw CancellationError()
    } catch let error as APIError {
      return error
    }
  }

  @Test("stores that answer are named")
  func ready() async throws {
    let readiness = MonitoredService().monitoring().readiness
    let text = try await readiness.document()
    #expect(
      text == #"{"status":"success","data":{"status":"ready","database":{"status":"ok"},"#
        + #""files":{"status":"ok"},"models":{"status":"ok"}}}"#)
  }

  @Test("all that fail are named, with a time to come again and without their secrets")
  func down() async throws {
    let readiness = MonitoredService(
      jobs: BrokenStore(), files: { throw JobsError(.storageError, "x", cause: "/data/secret") },
      models: "/nowhere/models"
    ).monitoring().readiness
    let error = try await refusal(readiness)
    #expect(error.code == .serviceUnavailable)
    #expect(error.message == "Not ready: database, files, models")
    #expect(error.details == "database: fails, files: fails, models: fails")
    #expect(error.entries.map(\.field) == ["database", "files", "models"])
    #expect(error.headers[.retryAfter] == "5")
    #expect(error.cause?.contains("/data/secret") == true)
  }

  @Test("a store that hangs does not hold the answer, and is not asked again meanwhile")
  func hangs() async throws {
    let asked = Atomic(0)
    let (stream, release) = AsyncStream<Void>.makeStream()
    let readiness = Readiness(checks: [
      HealthCheck("database", now: { startOfTests }, clock: ImpatientClock()) {
        asked.add(1, ordering: .relaxed)
        // As a blocked read: it does not hear of its cancellation.
        await Task { for await _ in stream { break } }.value
      }
    ])
    for _ in 0..<3 {
      let error = try await refusal(readiness)
      #expect(error.details == "database: does not answer")
    }
    #expect(asked.load(ordering: .relaxed) == 1)
    release.finish()
  }

  @Test("a check is asked once a second at most")
  func once() async throws {
    let asked = Atomic(0)
    let time = TestTime()
    let readiness = Readiness(checks: [
      HealthCheck("files", now: { time.now }, clock: ContinuousClock()) {
        asked.add(1, ordering: .relaxed)
      }
    ])
    for _ in 0..<5 { _ = try await readiness.document() }
    #expect(asked.load(ordering: .relaxed) == 1)
    time.advance(1)
    _ = try await readiness.document()
    #expect(asked.load(ordering: .relaxed) == 2)
  }

  @Test("a service that shuts down is not ready")
  func draining() async throws {
    let readiness = MonitoredService().monitoring().readiness
    readiness.drain()
    let error = try await refusal(readiness)
    #expect(error.code == .serviceUnavailable)
    #expect(error.headers[.retryAfter] == "5")
  }
}
