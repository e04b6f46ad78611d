import Foundation
import Jobs
import Metrics

/// The numbers that are looked up rather than counted: the queue, the workers, the machine. At most once a
/// second, when somebody scrapes.
actor ServiceGauges {
  /// A store that takes longer leaves its numbers out of the scrape.
  private static let storeLimit = Duration.seconds(1)

  private let jobs: any JobStore
  private let silence: Duration
  private let now: @Sendable () -> Date
  private let clock: any Clock<Duration>
  private let meters: Meters
  private let process: Int32
  private var lastRefresh: Date?
  /// The processor time of every process of the tree, and when it was read.
  private var lastUsage: (time: Date, byProcess: [ProcessUsage.Identity: Double])
  private var lastOwnSeconds = 0.0

  init(
    service: Service, registry: MetricRegistry, version: String, clock: any Clock<Duration>
  ) {
    jobs = service.jobs
    silence = service.settings.jobLease
    now = service.now
    self.clock = clock
    meters = Meters(factory: registry)
    process = ProcessInfo.processInfo.processIdentifier
    let time = service.now()
    lastUsage = (time, cpuSeconds(ProcessUsage.tree(of: process)))
    meters.make("app_info", [("version", version)]).set(1.0)
    if let start = startTime(of: process, now: time) {
      meters.make("process_start_time_seconds").set(start)
    }
    meters.make("process_max_fds").set(maxDescriptors())
  }

  /// Brings the gauges up to date, unless that was done within the last second.
  func refresh() async {
    let time = now()
    if let lastRefresh, abs(time.timeIntervalSince(lastRefresh)) < 1 { return }
    lastRefresh = time
    readProcesses(at: time)
    await readStore(at: time)
  }

  private func readProcesses(at time: Date) {
    let tree = ProcessUsage.tree(of: process)
    guard let own = tree.first else { return }
    let usage = cpuSeconds(tree)
    let used = usage.reduce(0) { sum, entry in
      sum + max(0, entry.value - (lastUsage.byProcess[entry.key] ?? 0))
    }
    let elapsed = time.timeIntervalSince(lastUsage.time)
    if elapsed > 0 { meters.cpuPercent.set(used / elapsed * 100) }
    lastUsage = (time, usage)
    meters.memory.set(Int64(tree.reduce(0) { $0 + $1.residentBytes }))
    meters.ownSeconds.increment(by: own.cpuSeconds - lastOwnSeconds)
    lastOwnSeconds = own.cpuSeconds
    meters.ownResident.set(Int64(own.residentBytes))
    meters.ownVirtual.set(Int64(own.virtualBytes))
    if let descriptors = openDescriptors() { meters.descriptors.set(Int64(descriptors)) }
  }

  private func readStore(at time: Date) async {
    let task = Task { [jobs, silence] () -> StoreNumbers? in
      do {
        let counts = try await jobs.counts().byState
        let since = time - silence.timeInterval
        return StoreNumbers(
          queued: counts[.queued] ?? 0, processing: counts[.processing] ?? 0,
          workers: try await jobs.workerCount(since: since),
          oldestProgress: try await jobs.oldestProgress(ofWorkersSince: since))
      } catch {
        // Readiness and the requests that need the store say what is wrong with it.
        return nil
      }
    }
    let numbers = await value(of: task, within: Self.storeLimit, clock: clock) ?? nil
    meters.queueLength.set(numbers.map { Double($0.queued) } ?? .nan)
    meters.activeJobs.set(numbers.map { Double($0.processing) } ?? .nan)
    meters.activeWorkers.set(numbers.map { Double($0.workers) } ?? .nan)
    let standstill = numbers?.oldestProgress.map { max(0, time.timeIntervalSince($0)) }
    meters.lastProgress.set(standstill ?? .nan)
  }

  private struct StoreNumbers: Sendable {
    var queued: Int
    var processing: Int
    var workers: Int
    var oldestProgress: Date?
  }
}

private struct Meters: Sendable {
  private let factory: any MetricsFactory
  let cpuPercent, memory, ownResident, ownVirtual, descriptors: any MeterHandler
  let queueLength, activeJobs, activeWorkers, lastProgress: any MeterHandler
  let ownSeconds: any FloatingPointCounterHandler

  init(factory: any MetricsFactory) {
    self.factory = factory
    func meter(_ name: String, _ labels: [(String, String)] = []) -> any MeterHandler {
      factory.makeMeter(label: name, dimensions: labels)
    }
    cpuPercent = meter("cpu_usage_percent")
    memory = meter("memory_usage_bytes")
    ownResident = meter("process_resident_memory_bytes")
    ownVirtual = meter("process_virtual_memory_bytes")
    descriptors = meter("process_open_fds")
    queueLength = meter("queue_length", [("queue", "inference")])
    activeJobs = meter("active_jobs")
    activeWorkers = meter("active_workers")
    lastProgress = meter("harrier_worker_last_progress_seconds")
    ownSeconds = factory.makeFloatingPointCounter(
      label: "process_cpu_seconds_total", dimensions: [])
  }

  func make(_ name: String, _ labels: [(String, String)] = []) -> any MeterHandler {
    factory.makeMeter(label: name, dimensions: labels)
  }
}

private func cpuSeconds(_ tree: [ProcessUsage]) -> [ProcessUsage.Identity: Double] {
  Dictionary(tree.map { ($0.identity, $0.cpuSeconds) }) { $1 }
}

/// Seconds since 1970. The process counts from the machine's start, which lies `uptime` back.
private func startTime(of process: Int32, now: Date) -> Double? {
  guard let usage = ProcessUsage(process: process) else { return nil }
  let age =
    ProcessInfo.processInfo.systemUptime
    - Double(usage.identity.startTicks) / ProcessUsage.ticksPerSecond
  return now.timeIntervalSince1970 - age
}

private func openDescriptors() -> Int? {
  // The folder itself is open while it is read.
  (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { $0.count - 1 }
}

private func maxDescriptors() -> Double {
  var limits = rlimit()
  guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits) == 0 else { return .nan }
  return limits.rlim_cur == rlim_t.max ? .infinity : Double(limits.rlim_cur)
}
