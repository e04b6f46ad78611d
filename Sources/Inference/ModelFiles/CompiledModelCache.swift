import Foundation

/// The folder of compiled models, shared by processes that may be killed at any moment: only whole entries are ever
/// in it.
///
/// OpenVINO writes an entry in place and maps what it finds into memory. An entry that another process is just
/// writing, or has left half-written, ends that in SIGBUS. So each compilation sees a folder of its own, with links to
/// the entries that are whole, and what it adds is moved over when all of it is on disk.
struct CompiledModelCache {
  /// Folders of compilations are named so; they are older than a day only when their process was killed.
  private static let prefix = ".compiling-"
  private static let staleSeconds: TimeInterval = 86_400

  let folder: String

  /// Calls `body` with a folder for OpenVINO; nil where none can be made, since the cache only saves time.
  func withFolder<Result>(_ body: (String?) throws -> Result) throws -> Result {
    let files = FileManager.default
    let own = "\(folder)/\(Self.prefix)\(getpid())-\(UUID())"
    do {
      try files.createDirectory(atPath: own, withIntermediateDirectories: true)
    } catch {
      return try body(nil)
    }
    defer {
      // What is left all the same is swept later.
      try? files.removeItem(atPath: own)
    }
    for name in names(in: folder) { link("\(folder)/\(name)", "\(own)/\(name)") }
    let known = Set(names(in: own))
    let result = try body(own)
    for name in names(in: own) where !known.contains(name) {
      guard isOnDisk("\(own)/\(name)") else { continue }
      // Of two that compile the same, the last one's stays: both are whole.
      rename("\(own)/\(name)", "\(folder)/\(name)")
    }
    sweep()
    return result
  }

  /// Of the files, without those that are hidden.
  private func names(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { !$0.hasPrefix(".") }
  }

  /// A name that survives a power cut without its bytes would be worse than none.
  private func isOnDisk(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return fsync(descriptor) == 0
  }

  private func sweep() {
    let files = FileManager.default
    let names = (try? files.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(Self.prefix) {
      let path = "\(folder)/\(name)"
      let changed = try? files.attributesOfItem(atPath: path)[.modificationDate] as? Date
      guard let changed, Date().timeIntervalSince(changed) > Self.staleSeconds else { continue }
      try? files.removeItem(atPath: path)
    }
  }
}
