import Jobs
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@testable import App

@Suite("SpanExporter, its end")
struct SpanExporterShutdownTests {
  @Test("a shutdown sends what is there, and ends the running loop")
  func running() async throws {
    let bench = ExportBench()
    let running = Task { await bench.exporter.run() }
    _ = try await bench.sleep()
    bench.add(1...700)
    await bench.exporter.shutdown()
    await running.value
    #expect(bench.exported == 700 && bench.dropped == 0)
  }

  @Test(
    "a shutdown sends what is there also where nobody runs the loop, and though its caller is cancelled"
  )
  func notRunning() async {
    let bench = ExportBench()
    bench.add(1...700)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      await bench.exporter.shutdown()
    }
    await task.value
    #expect(bench.exported == 700 && bench.dropped == 0)
  }

  @Test("a loop that is cancelled keeps what it could not send, for the shutdown")
  func cancelled() async throws {
    let bench = ExportBench([.silence])
    bench.add(1...3)
    let running = Task { await bench.exporter.run() }
    _ = try await bench.sleep()
    bench.exporter.flush()
    try await eventually { bench.collector.callCount == 1 }
    running.cancel()
    await running.value
    #expect(bench.exported == 0 && bench.dropped == 0)
    await bench.exporter.shutdown()
    #expect(bench.exported == 3 && bench.collector.callCount == 2)
  }

  @Test("a loop that is cancelled while it waits for another attempt keeps its batch too")
  func cancelledWait() async throws {
    let bench = ExportBench([.noAnswer])
    bench.add(1...3)
    let running = Task { await bench.exporter.run() }
    _ = try await bench.sleep()
    bench.exporter.flush()
    try await eventually { bench.collector.callCount == 1 }
    running.cancel()
    await running.value
    await bench.exporter.shutdown()
    #expect(bench.exported == 3 && bench.dropped == 0)
  }

  @Test(
    "a collector that keeps silent holds a shutdown up to its limit, and what is left is dropped")
  func limit() async throws {
    let bench = ExportBench(last: .silence)
    bench.add(1...700)
    let ending = Task { await bench.exporter.shutdown(within: .seconds(2)) }
    try await eventually { bench.collector.callCount == 1 && bench.time.sleeps.count == 1 }
    #expect(abs(bench.time.sleeps[0] - 2) < 1e-6)
    bench.time.advance(by: .seconds(2))
    await ending.value
    #expect(bench.exported == 0 && bench.dropped == 700)
    #expect(bench.warnings.count == 1)
  }

  @Test("the limit holds for a request that began before")
  func limitOfRunning() async throws {
    let bench = ExportBench(last: .silence)
    bench.add(1...3)
    let running = Task { await bench.exporter.run() }
    _ = try await bench.sleep()
    bench.exporter.flush()
    try await eventually { bench.collector.callCount == 1 }
    let ending = Task { await bench.exporter.shutdown(within: .milliseconds(500)) }
    // The limit, and the caller's own wait with some grace.
    try await eventually {
      bench.time.sleeps.count == 2 && abs(bench.time.sleeps[0] - 0.5) < 1e-6
    }
    bench.time.advance(by: .milliseconds(500))
    await ending.value
    await running.value
    #expect(bench.dropped == 3)
  }

  @Test("a wait for another attempt ends with the shutdown, which makes the attempt at once")
  func hurry() async throws {
    let bench = ExportBench([.status(503, ["retry-after": "30"])])
    bench.add(1...3)
    let running = Task { await bench.exporter.run() }
    _ = try await bench.sleep()
    bench.exporter.flush()
    try await eventually { bench.collector.callCount == 1 }
    #expect(try await bench.sleep() == 30)
    await bench.exporter.shutdown()
    await running.value
    #expect(bench.exported == 3 && bench.collector.callCount == 2)
  }

  @Test("spans after the end are dropped and counted")
  func afterTheEnd() async {
    let bench = ExportBench()
    await bench.exporter.shutdown()
    bench.add(1...2)
    #expect(bench.dropped == 2 && bench.exported == 0)
    await bench.exporter.run()
    await bench.exporter.shutdown()
    #expect(bench.collector.callCount == 0)
  }

  @Test("a service group's graceful shutdown sends what is there")
  func serviceGroup() async throws {
    let bench = ExportBench()
    let group = ServiceGroup(
      services: [bench.exporter], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let running = Task { try await group.run() }
    _ = try await bench.sleep()
    bench.add(1...3)
    await group.triggerGracefulShutdown()
    try await running.value
    #expect(bench.exported == 3 && bench.dropped == 0)
  }

  @Test("the loop runs once, however often it is started")
  func once() async throws {
    let bench = ExportBench()
    try await bench.running {
      _ = try await bench.sleep()
      await bench.exporter.run()
      bench.add(1...3)
      bench.time.advance(by: .seconds(2))
      try await eventually { bench.exported == 3 }
    }
    #expect(bench.collector.callCount == 1)
  }

  @Test("spans that end on many threads while it ends are sent or dropped, and counted once")
  func concurrent() async {
    let bench = ExportBench()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await bench.exporter.run() }
      for task in 0..<8 {
        group.addTask { [bench] in
          for number in 0..<200 { bench.exporter.add(sampleSpan(UInt64(task * 200 + number + 1))) }
        }
      }
      group.addTask { await bench.exporter.shutdown() }
    }
    bench.add(1...1)
    #expect(bench.exported + bench.dropped == 1601)
    #expect(bench.collector.batches.joined().count == bench.exported)
  }
}
