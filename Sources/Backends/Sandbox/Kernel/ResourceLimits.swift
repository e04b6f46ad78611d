import CSandbox
import Foundation
import Jobs

/// How much of the machine a process may take (setrlimit(2)).
public struct ResourceLimits: Sendable, Equatable {
  /// Of memory that only this process can write to: heap, stacks, copies of files. nil for no limit. Address space
  /// (`RLIMIT_AS`) is no measure: glibc and Swift reserve many times what they use.
  public var memoryBytes: Int?
  /// Of one file, the database included; nil for no limit.
  public var fileBytes: Int?

  public init(memoryBytes: Int? = nil, fileBytes: Int? = nil) {
    self.memoryBytes = memoryBytes
    self.fileBytes = fileBytes
  }

  private var values: [(resource: __rlimit_resource_t, limit: rlim_t, name: String)] {
    var values = [(resource(RLIMIT_CORE), rlim_t(0), "core")]
    if let memoryBytes { values.append((resource(RLIMIT_DATA), rlim_t(memoryBytes), "memory")) }
    if let fileBytes { values.append((resource(RLIMIT_FSIZE), rlim_t(fileBytes), "file size")) }
    return values
  }

  private func resource(_ number: __rlimit_resource) -> __rlimit_resource_t {
    __rlimit_resource_t(number.rawValue)
  }

  /// Sets them for good: only root could raise them again.
  func apply() throws {
    for (resource, limit, name) in values {
      var now = rlimit()
      guard getrlimit(resource, &now) == 0 else {
        throw JobsError.sandbox("getrlimit \(name)", errno)
      }
      let value = min(limit, now.rlim_max)
      var new = rlimit(rlim_cur: value, rlim_max: value)
      guard setrlimit(resource, &new) == 0 else {
        throw JobsError.sandbox("setrlimit \(name)", errno)
      }
    }
  }

  /// Whether the kernel holds all of them.
  var areInForce: Bool {
    values.allSatisfy { resource, limit, _ in
      var now = rlimit()
      return getrlimit(resource, &now) == 0 && now.rlim_max <= limit
    }
  }
}

extension ResourceLimits {
  /// Three quarters of what the machine, or the container, has: the API process and the cache of files keep the
  /// rest, and a picture that wants more ends its worker before the kernel has to choose whom to end.
  public static var memoryShare: Int? {
    guard let whole = ([machineBytes] + controlGroupBytes).compactMap(\.self).min() else {
      return nil
    }
    return whole / 4 * 3
  }

  private static var machineBytes: Int? {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    return pages > 0 && size > 0 ? pages * size : nil
  }

  /// The limits of this process's group and of those around it, as version 2 of control groups, or version 1, shows
  /// them. In a container the own group is the root.
  private static var controlGroupBytes: [Int?] {
    let lines = text("/proc/self/cgroup").split(separator: "\n")
    return lines.flatMap { line -> [Int?] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let (root, name): (String, String)
      switch parts[1] {
      case "": (root, name) = ("/sys/fs/cgroup", "memory.max")
      case "memory": (root, name) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
      default: return []
      }
      var limits: [Int?] = []
      var group = parts[2].split(separator: "/")
      while true {
        let path = ([root] + group.map(String.init) + [name]).joined(separator: "/")
        limits.append(Int(text(path).trimmingCharacters(in: .whitespacesAndNewlines)))
        guard group.popLast() != nil else { return limits }
      }
    }
  }

  /// Empty where there is no such file.
  private static func text(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
