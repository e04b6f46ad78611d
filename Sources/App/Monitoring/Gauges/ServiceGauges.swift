import Foundation
import Jobs
import Metrics
import NIOPosix

/// The numbers of an API process that are looked up rather than counted: the queue, the workers, the stores, the
/// machine. Read while somebody scrapes.
actor ServiceGauges {
  /// A store that takes longer leaves its numbers out of the scrape.
  private static let storeLimit = Duration.seconds(1)

  /// Between two readings while somebody scrapes.
  private static let interval = Duration.seconds(2)
  /// Older numbers are read anew before a scrape is answered.
  private static let freshness = Duration.seconds(4)
  /// After the last scrape, nobody reads any more.
  private static let attention = Duration.seconds(90)

  private let jobs: any JobStore
  private let models: any ModelStore
  private let modelFolder: String?
  private let silence: Duration
  private let now: @Sendable () -> Date
  private let clock: any Clock<Duration>
  private let readiness: Readiness
  private let traffic: Traffic
  private let meters: Meters
  private var process: ProcessGauges
  private var lastRefresh: Date?
  private var lastReading: ContinuousClock.Instant?
  private var lastScrape: ContinuousClock.Instant?
  private var lastTraffic = Traffic.Totals()

  init(
    service: Service, registry: MetricRegistry, version: String, readiness: Readiness,
    clock: any Clock<Duration>
  ) {
    jobs = service.jobs
    models = service.registry.store
    modelFolder = service.modelFolder
    silence = service.settings.jobLease
    now = service.now
    self.clock = clock
    self.readiness = readiness
    traffic = service.traffic
    meters = Meters(factory: registry)
    process = ProcessGauges(
      factory: registry, version: version, dataDirectory: service.settings.dataDirectory,
      now: service.now())
    meters.wanted.set(Int64(service.settings.workersWanted ?? service.settings.workers))
  }

  /// For a scrape: numbers of the last seconds. Where nobody has scraped for a while it reads them first.
  func prepare() async {
    let now = ContinuousClock.now
    lastScrape = now
    if let lastReading, now - lastReading < Self.freshness { return readTraffic() }
    await refresh()
  }

  /// Reads again every other second while somebody scrapes, so that no scrape waits for a store.
  func run() async {
    while !Task.isCancelled {
      do { try await ContinuousClock().sleep(for: Self.interval) } catch { return }
      guard let lastScrape, ContinuousClock.now - lastScrape < Self.attention else { continue }
      await refresh()
    }
  }

  /// Brings the gauges up to date, unless that was done within the last second.
  func refresh() async {
    let time = now()
    if let lastRefresh, abs(time.timeIntervalSince(lastRefresh)) < 1 { return }
    lastRefresh = time
    process.refresh(at: time)
    readTraffic()
    async let outcomes = readiness.outcomes(within: Self.storeLimit)
    await readStore(at: time)
    await readModels()
    for (name, outcome) in await outcomes {
      meters.make("harrier_store_up", [("store", name)]).set(outcome == .answers ? 1.0 : 0)
    }
    lastReading = .now
  }

  private func readTraffic() {
    let totals = traffic.totals
    meters.received.increment(by: Int64(totals.receivedBytes - lastTraffic.receivedBytes))
    meters.sent.increment(by: Int64(totals.sentBytes - lastTraffic.sentBytes))
    meters.connections.set(Int64(totals.openConnections))
    lastTraffic = totals
  }

  private func readStore(at time: Date) async {
    let task = Task { [jobs, silence] () -> StoreNumbers? in
      do {
        let counts = try await jobs.counts()
        let since = time - silence.timeInterval
        return StoreNumbers(
          counts: counts, workers: try await jobs.workerCount(since: since),
          oldestProgress: try await jobs.oldestProgress(ofWorkersSince: since))
      } catch {
        // Readiness and the requests that need the store say what is wrong with it.
        return nil
      }
    }
    let numbers = await value(of: task, within: Self.storeLimit, clock: clock) ?? nil
    meters.queueLength.set(numbers.map { Double($0.counts.queued) } ?? .nan)
    meters.oldestJob.set(numbers.map { age(of: $0.counts.oldestDueAt, at: time) ?? 0 } ?? .nan)
    meters.activeJobs.set(numbers.map { Double($0.counts.processing) } ?? .nan)
    meters.activeWorkers.set(numbers.map { Double($0.workers) } ?? .nan)
    meters.lastProgress.set(age(of: numbers?.oldestProgress, at: time) ?? .nan)
  }

  private func readModels() async {
    let task = Task { [models, modelFolder] () -> (counts: ModelCounts?, cached: Int) in
      // Readiness and the requests that need the store say what is wrong with it.
      let counts = try? await models.modelCounts()
      let cached = try? await NIOThreadPool.singleton.runIfActive {
        modelFolder.map(ModelVersionCache.sizeBytes) ?? 0
      }
      return (counts, cached ?? 0)
    }
    let numbers = await value(of: task, within: Self.storeLimit, clock: clock)
    meters.make("harrier_model_versions").set(numbers?.counts.map { Double($0.versions) } ?? .nan)
    meters.make("harrier_model_bytes").set(numbers?.counts.map { Double($0.bytes) } ?? .nan)
    meters.make("harrier_model_cache_bytes").set(numbers.map { Double($0.cached) } ?? .nan)
  }

  private func age(of moment: Date?, at time: Date) -> Double? {
    moment.map { max(0, time.timeIntervalSince($0)) }
  }

  private struct StoreNumbers: Sendable {
    var counts: QueueCounts
    var workers: Int
    var oldestProgress: Date?
  }
}

private struct Meters: Sendable {
  private let factory: any MetricsFactory
  let queueLength, oldestJob, activeJobs, activeWorkers, wanted: any MeterHandler
  let lastProgress, connections: any MeterHandler
  let received, sent: any CounterHandler

  init(factory: any MetricsFactory) {
    self.factory = factory
    func meter(_ name: String, _ labels: [(String, String)] = []) -> any MeterHandler {
      factory.makeMeter(label: name, dimensions: labels)
    }
    queueLength = meter("queue_length", [("queue", "inference")])
    oldestJob = meter("harrier_queue_oldest_job_seconds", [("queue", "inference")])
    activeJobs = meter("active_jobs")
    activeWorkers = meter("active_workers")
    wanted = meter("harrier_workers_wanted")
    lastProgress = meter("harrier_worker_last_progress_seconds")
    connections = meter("harrier_open_connections")
    received = factory.makeCounter(label: "harrier_request_body_bytes_total", dimensions: [])
    sent = factory.makeCounter(label: "harrier_response_body_bytes_total", dimensions: [])
  }

  func make(_ name: String, _ labels: [(String, String)] = []) -> any MeterHandler {
    factory.makeMeter(label: name, dimensions: labels)
  }
}
