import Foundation
import Jobs
import TestSupport
import Testing

@testable import App

@Suite("ServiceGauges")
struct ServiceGaugesTests {
  private func value(_ name: String, _ registry: MetricRegistry) -> Double? {
    registry.exposition().split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      .flatMap { $0.split(separator: " ").last.flatMap { Double($0) } }
  }

  @Test("queue and workers are the store's, looked up at most once a second")
  func queue() async throws {
    let store = MemoryStore()
    let upload = sampleUpload()
    try await store.insert(upload)
    for _ in 0..<3 { _ = try await store.insert(sampleJob(over: upload), idempotency: nil) }
    try await store.beat(WorkerID("w"), now: startOfTests)
    let monitored = MonitoredService(jobs: store)
    let gauges = monitored.monitoring().gauges
    await gauges.refresh()
    #expect(value(#"queue_length{queue="inference"}"#, monitored.registry) == 3)
    #expect(value("active_jobs", monitored.registry) == 0)
    #expect(value("active_workers", monitored.registry) == 1)

    _ = try await store.claim(
      for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    await gauges.refresh()
    #expect(value("active_jobs", monitored.registry) == 0)
    monitored.time.advance(1)
    await gauges.refresh()
    #expect(value("active_jobs", monitored.registry) == 1)
    #expect(value(#"queue_length{queue="inference"}"#, monitored.registry) == 2)
    monitored.time.advance(60)
    await gauges.refresh()
    #expect(value("active_workers", monitored.registry) == 0)
  }

  @Test("numbers of a store that is down are left out, not shown as they were")
  func down() async {
    let monitored = MonitoredService(jobs: BrokenStore())
    await monitored.monitoring().gauges.refresh()
    #expect(value("active_jobs", monitored.registry) == nil)
    #expect(value(#"queue_length{queue="inference"}"#, monitored.registry) == nil)
    #expect(value("memory_usage_bytes", monitored.registry) != nil)
  }

  @Test("the process is measured")
  func process() async throws {
    let monitored = MonitoredService()
    let gauges = monitored.monitoring().gauges
    // Some work of a tenth of a second; the tests' time says that ten seconds went by.
    let start = ContinuousClock().now
    while start.duration(to: ContinuousClock().now) < .milliseconds(100) {}
    monitored.time.advance(10)
    await gauges.refresh()
    let registry = monitored.registry
    let percent = try #require(value("cpu_usage_percent", registry))
    #expect(percent > 0)
    let resident = try #require(value("process_resident_memory_bytes", registry))
    #expect(resident > 1e6)
    #expect(try #require(value("memory_usage_bytes", registry)) >= resident)
    #expect(try #require(value("process_cpu_seconds_total", registry)) > 0.05)
    let descriptors = try #require(value("process_open_fds", registry))
    #expect(descriptors >= 3)
    #expect(try #require(value("process_max_fds", registry)) > descriptors)
    let started = try #require(value("process_start_time_seconds", registry))
    #expect(started < startOfTests.timeIntervalSince1970)
    #expect(registry.exposition().contains("app_info{version=\"1.2.3\"} 1\n"))
  }

  /// A line as proc(5) describes it; the command's name is hostile.
  @Test("a line of /proc is read by its last bracket")
  func stat() throws {
    let line =
      "42 (a) b (c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 7 8 20 0 3 0 123456 8192000 25 "
      + "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n"
    let usage = try #require(ProcessUsage(process: 42, stat: line))
    #expect(usage.identity == ProcessUsage.Identity(process: 42, startTicks: 123_456))
    // 150 + 50 ticks; Linux has 100 a second.
    #expect(usage.cpuSeconds == 2)
    #expect(usage.virtualBytes == 8_192_000)
    // Pages of 4 KiB.
    #expect(usage.residentBytes == 25 * 4096)
    #expect(ProcessUsage(process: 42, stat: "42 (a) S 1") == nil)
    #expect(ProcessUsage(process: 42, stat: "") == nil)
  }

  @Test("a tree holds the process and its children")
  func tree() async throws {
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/cat")
    child.standardInput = Pipe()
    try child.run()
    let tree = ProcessUsage.tree(of: ProcessInfo.processInfo.processIdentifier)
    child.terminate()
    #expect(tree.first?.identity.process == ProcessInfo.processInfo.processIdentifier)
    #expect(tree.contains { $0.identity.process == child.processIdentifier })
  }
}
