import Foundation

/// What one process takes from the machine, as Linux' /proc says (proc(5)).
struct ProcessUsage: Sendable, Equatable {
  /// Number and start time: numbers are used again.
  struct Identity: Sendable, Hashable {
    var process: Int32
    var startTicks: UInt64
  }

  var identity: Identity
  /// User and system time.
  var cpuSeconds: Double
  var residentBytes: Int
  var virtualBytes: Int
  var threads: Int

  static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))
  private static let pageBytes = Int(sysconf(Int32(_SC_PAGESIZE)))
  /// Of one tree; a worker has a few short-lived children at most.
  private static let processLimit = 256

  /// nil when there is no such process any more.
  init?(process: Int32) {
    guard let text = procFile("\(process)/stat") else { return nil }
    self.init(process: process, stat: text)
  }

  /// Reads a line of `/proc/PID/stat`. The second field, the command in brackets, may hold anything.
  init?(process: Int32, stat: String) {
    guard let end = stat.lastIndex(of: ")") else { return nil }
    // The first of these is the third field of the page.
    let fields = stat[end...].dropFirst().split(separator: " ")
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let threads = Int(fields[17]), let start = UInt64(fields[19]), let size = Int(fields[20]),
      let pages = Int(fields[21])
    else { return nil }
    identity = Identity(process: process, startTicks: start)
    cpuSeconds = (user + system) / Self.ticksPerSecond
    residentBytes = pages * Self.pageBytes
    virtualBytes = size
    self.threads = threads
  }

  /// A process and all that descend from it, itself first. Empty where there is no /proc.
  static func tree(of root: Int32) -> [ProcessUsage] {
    var found: [ProcessUsage] = []
    var waiting = [root]
    while let process = waiting.popLast(), found.count < processLimit {
      guard let usage = ProcessUsage(process: process) else { continue }
      found.append(usage)
      waiting += children(of: process)
    }
    return found
  }

  /// Each thread has the children that it started.
  private static func children(of process: Int32) -> [Int32] {
    let tasks =
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
    return tasks.flatMap { task in
      (procFile("\(process)/task/\(task)/children") ?? "").split(separator: " ").compactMap {
        Int32($0)
      }
    }
  }
}

/// A file of /proc, which is memory, not disk; nil when the process has ended meanwhile.
private func procFile(_ name: String) -> String? {
  FileManager.default.contents(atPath: "/proc/\(name)").map { String(decoding: $0, as: UTF8.self) }
}
