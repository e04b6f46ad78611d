import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("PostgreSQL listener", .enabled(if: PostgresServer.isInstalled))
struct PostgresListenerTests {
  private let database: PostgresDatabase
  private let store: PostgresStore
  private let upload = sampleUpload()

  init() async throws {
    database = try await PostgresDatabase()
    store = try await database.makeStore()
    try await store.insert(upload)
  }

  /// Returns when each of the events has come as often.
  private func wait(
    for events: [PostgresListener.Event: Int], in stream: AsyncStream<PostgresListener.Event>
  ) async {
    var left = events
    for await event in stream {
      if let count = left[event] { left[event] = count > 1 ? count - 1 : nil }
      if left.isEmpty { return }
    }
  }

  @Test("another process's job wakes workers and those who watch; a report only those who watch")
  func wakes() async throws {
    let (events, sink) = AsyncStream<PostgresListener.Event>.makeStream()
    let listener = PostgresListener(try database.settings()) { sink.yield($0) }
    // It has begun to listen.
    await wait(for: [.work: 1, .change: 1], in: events)
    _ = try await store.insert(sampleJob(over: upload), idempotency: nil)
    await wait(for: [.work: 1, .change: 1], in: events)
    let claim = try #require(
      try await store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    ).claim
    await wait(for: [.change: 1], in: events)
    try await store.report(
      JobProgress(totalImages: 2, percentage: 10), by: claim, now: startOfTests)
    await wait(for: [.change: 1], in: events)
    try await store.finish(claim, .released, now: startOfTests)
    await wait(for: [.work: 1, .change: 1], in: events)
    withExtendedLifetime(listener) {}
  }

  @Test("workers are woken when a job may begin that its owner's others have held back")
  func wakesForHeldBack() async throws {
    let (events, sink) = AsyncStream<PostgresListener.Event>.makeStream()
    for _ in 0..<2 {
      var job = sampleJob(over: upload)
      job.owner = "ann"
      job.runningLimit = 1
      _ = try await store.insert(job, idempotency: nil)
    }
    let claimed = try #require(
      try await store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests))
    let listener = PostgresListener(try database.settings()) { sink.yield($0) }
    await wait(for: [.work: 1, .change: 1], in: events)
    _ = try await store.cancel(claimed.job.id, now: startOfTests)
    await wait(for: [.work: 1, .change: 1], in: events)
    withExtendedLifetime(listener) {}
  }

  @Test(
    "a listener whose connection is ended comes back, and says that it may have missed something")
  func returns() async throws {
    let (events, sink) = AsyncStream<PostgresListener.Event>.makeStream()
    let listener = PostgresListener(try database.settings()) { sink.yield($0) }
    await wait(for: [.work: 1, .change: 1], in: events)
    for _ in 0..<3 {
      try await database.endConnections()
      await wait(for: [.work: 1, .change: 1], in: events)
      _ = try await store.insert(sampleJob(over: upload), idempotency: nil)
      await wait(for: [.work: 1, .change: 1], in: events)
    }
    withExtendedLifetime(listener) {}
  }

  @Test("a listener that nobody holds any more closes its connection")
  func ends() async throws {
    let (events, sink) = AsyncStream<PostgresListener.Event>.makeStream()
    var listener: PostgresListener? = PostgresListener(
      try PostgresSettings(url: "\(database.url)application_name=ear")
    ) { sink.yield($0) }
    await wait(for: [.work: 1], in: events)
    let connections = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'ear'"
    #expect(try await database.server.run(connections) == "1")
    withExtendedLifetime(listener) {}
    listener = nil
    while try await database.server.run(connections) != "0" {}
  }
}
