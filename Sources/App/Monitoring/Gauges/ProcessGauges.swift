import Foundation
import Metrics

/// What a process and its children take from the machine.
struct ProcessGauges {
  private let process = ProcessInfo.processInfo.processIdentifier
  private let dataDirectory: String
  private let meters: Meters
  /// The processor time of every process of the tree, and when it was read.
  private var lastUsage: (time: Date, byProcess: [ProcessUsage.Identity: Double])
  private var lastOwnSeconds = 0.0

  init(factory: any MetricsFactory, version: String, dataDirectory: String, now: Date) {
    self.dataDirectory = dataDirectory
    meters = Meters(factory: factory)
    lastUsage = (now, cpuSeconds(ProcessUsage.tree(of: process)))
    factory.makeMeter(label: "app_info", dimensions: [("version", version)]).set(1.0)
    if let start = startTime(of: process, now: now) {
      factory.makeMeter(label: "process_start_time_seconds", dimensions: []).set(start)
    }
    factory.makeMeter(label: "process_max_fds", dimensions: []).set(maxDescriptors())
  }

  /// Reads /proc and asks for the disk: a millisecond or less.
  mutating func refresh(at time: Date) {
    let tree = ProcessUsage.tree(of: process)
    guard let own = tree.first else { return }
    let usage = cpuSeconds(tree)
    let used = usage.reduce(0) { [lastUsage] sum, entry in
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
    meters.threads.set(Int64(own.threads))
    if let descriptors = openDescriptors() { meters.descriptors.set(Int64(descriptors)) }
    let disk = DiskSpace(at: dataDirectory)
    meters.diskFree.set(disk.map { Double($0.freeBytes) } ?? .nan)
    meters.diskSize.set(disk.map { Double($0.sizeBytes) } ?? .nan)
  }

  private struct Meters {
    let cpuPercent, memory, ownResident, ownVirtual, threads, descriptors: any MeterHandler
    let diskFree, diskSize: any MeterHandler
    let ownSeconds: any FloatingPointCounterHandler

    init(factory: any MetricsFactory) {
      func meter(_ name: String) -> any MeterHandler {
        factory.makeMeter(label: name, dimensions: [])
      }
      cpuPercent = meter("cpu_usage_percent")
      memory = meter("memory_usage_bytes")
      ownResident = meter("process_resident_memory_bytes")
      ownVirtual = meter("process_virtual_memory_bytes")
      threads = meter("process_threads")
      descriptors = meter("process_open_fds")
      diskFree = meter("harrier_disk_free_bytes")
      diskSize = meter("harrier_disk_size_bytes")
      ownSeconds = factory.makeFloatingPointCounter(
        label: "process_cpu_seconds_total", dimensions: [])
    }
  }
}

/// The file system that a folder is on.
struct DiskSpace: Sendable, Equatable {
  /// For this process: what only root may use is not in it.
  var freeBytes: Int
  var sizeBytes: Int

  /// nil when there is no such folder.
  init?(at path: String) {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    freeBytes = Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    sizeBytes = Int(clamping: UInt64(status.f_blocks) &* UInt64(status.f_frsize))
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
