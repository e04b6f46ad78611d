import Foundation
public import Jobs
public import NIOPosix
public import ObjectDetection

/// The files of registered versions on this machine's disk, fetched from the blob store when they are first asked for.
/// Several processes share the folder, and each may be killed at any moment:
///
///     mdl_...         a version's files, whole
///     .part-...       one that is being fetched; takes its name when all of it is there
///     .use-...        links to one that is being loaded, which stay when it makes room meanwhile
///     .gone-...       one that made room, on its way out
///
/// What is lent is hashed each time: a version is what was registered, or it is fetched anew.
public final class ModelVersionCache: ModelVersionFiles {
  /// Hidden folders are older than that only when their process was killed.
  private static let staleSeconds: TimeInterval = 86_400
  /// Others may let a version make room between its arrival and its use; several times in a row they do not.
  private static let tries = 3
  private static let pieceBytes = 1 << 20

  private let store: any ModelStore
  private let blobs: any BlobStore
  private let folder: String
  private let maxBytes: Int
  private let threads: NIOThreadPool
  private let onLookUp: @Sendable (_ isHit: Bool) -> Void

  /// - Parameters:
  ///   - folder: nobody else's; made where it is missing.
  ///   - maxBytes: of all files; those that were used longest ago make room. One version may be larger.
  ///   - threads: where files are written and hashed.
  ///   - onLookUp: told of each version that is asked for, and whether its files were there.
  public init(
    store: any ModelStore, blobs: any BlobStore, folder: String, maxBytes: Int,
    threads: NIOThreadPool, onLookUp: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in }
  ) {
    self.store = store
    self.blobs = blobs
    self.folder = folder
    self.maxBytes = maxBytes
    self.threads = threads
    self.onLookUp = onLookUp
  }

  public func withFiles<Result: Sendable>(
    ofVersion name: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    guard let reference = ModelReference(name), case .number = reference.selector,
      let version = try await store.modelVersion(reference)
    else { throw DetectionError(.modelNotFound, "there is no version \(name)") }
    var isHit = true
    for _ in 0..<Self.tries {
      let own = "\(folder)/.use-\(getpid())-\(UUID())"
      do {
        if let path = try await threads.runIfActive({ try self.lend(version, in: own) }) {
          onLookUp(isHit)
          let result = try await body(path)
          await remove(own)
          return result
        }
      } catch {
        await remove(own)
        throw error
      }
      await remove(own)
      isHit = false
      try await fetch(version)
    }
    throw DetectionError(.modelLoadError, "the files of \(name) are not what was registered")
  }

  /// What cannot be removed is swept later.
  private func remove(_ path: String) async {
    _ = try? await uncancelled { [threads] in
      try await threads.runIfActive { try FileManager.default.removeItem(atPath: path) }
    }
  }

  /// Of all versions in the folder; 0 where there is none. Blocks.
  static func sizeBytes(of folder: String) -> Int {
    names(in: folder).filter { !$0.hasPrefix(".") }.reduce(0) { sum, name in
      sum + (entry(name, in: folder)?.sizeBytes ?? 0)
    }
  }

  private static func names(in folder: String) -> [String] {
    // A folder that is not there yet has none.
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }

  // MARK: - Lending

  /// Links to the version's files in a folder of one's own; nil when they are not there, or not whole.
  private func lend(_ version: ModelVersion, in own: String) throws -> String? {
    let entry = "\(folder)/\(version.content.filesID)"
    guard FileManager.default.fileExists(atPath: entry) else { return nil }
    try Self.makeFolder(own)
    let names = version.content.format.fileNames
    for name in names where link("\(entry)/\(name)", "\(own)/\(name)") != 0 {
      // Another process has let it make room just now.
      return nil
    }
    let paths = names.map { "\(own)/\($0)" }
    guard try ModelFileHash.sha256(of: paths).sha256 == version.content.sha256 else {
      Self.discard(entry, in: folder)
      return nil
    }
    if let document = version.content.document {
      try Self.naming {
        try Data(document.utf8).write(
          to: URL(fileURLWithPath: "\(own)/\(ModelFormat.documentName)"))
      }
    }
    // The time of its last use. Where it is not taken, the version makes room a little earlier.
    utimes(entry, nil)
    return paths[0]
  }

  // MARK: - Fetching

  private func fetch(_ version: ModelVersion) async throws {
    let part = "\(folder)/.part-\(getpid())-\(UUID())"
    do {
      try await threads.runIfActive {
        try Self.makeFolder(self.folder)
        try Self.makeFolder(part)
      }
      for (key, name) in zip(version.content.blobKeys, version.content.format.fileNames) {
        try await fetch(key, to: "\(part)/\(name)")
      }
      try await threads.runIfActive { try self.take(part, as: version) }
    } catch {
      await remove(part)
      throw error
    }
  }

  private func fetch(_ key: String, to path: String) async throws {
    guard let reader = try await blobs.open(key) else {
      throw JobsError(.storageError, "A stored file of a model is gone", cause: key)
    }
    let writer = try await threads.runIfActive { try ModelFileWriter(at: path) }
    var offset = 0
    while offset < reader.sizeBytes {
      let bytes = try await reader.read(
        at: offset, count: min(Self.pieceBytes, reader.sizeBytes - offset))
      guard !bytes.isEmpty else {
        throw JobsError(.storageError, "A stored file is shorter than it was")
      }
      try await threads.runIfActive { try bytes.withUnsafeBytes { try writer.append($0) } }
      offset += bytes.count
    }
    try await threads.runIfActive { writer.close() }
  }

  /// Gives the fetched files their name, unless another process was first, and lets others make room.
  private func take(_ part: String, as version: ModelVersion) throws {
    let paths = version.content.format.fileNames.map { "\(part)/\($0)" }
    guard try ModelFileHash.sha256(of: paths).sha256 == version.content.sha256 else {
      throw DetectionError(
        .modelLoadError, "the files of \(version.id) are not what was registered",
        cause: "\(version.content.filesID)")
    }
    let entry = "\(folder)/\(version.content.filesID)"
    if rename(part, entry) != 0 {
      let reason = errno
      guard reason == EEXIST || reason == ENOTEMPTY else { throw JobsError.cannotWrite(reason) }
      // Another process was first with the same files.
      try? FileManager.default.removeItem(atPath: part)
    }
    makeRoom(beside: "\(version.content.filesID)")
  }

  // MARK: - Room

  private struct Entry {
    var name: String
    var usedAt: Date
    var sizeBytes: Int
  }

  /// What was used longest ago goes until the rest keeps the limit, and what killed processes have left.
  private func makeRoom(beside kept: String) {
    let names = Self.names(in: folder)
    for name in names where name.hasPrefix(".") { sweep(name) }
    let entries = names.filter { !$0.hasPrefix(".") }.compactMap { Self.entry($0, in: folder) }
      .sorted { $0.usedAt < $1.usedAt }
    var total = entries.reduce(0) { $0 + $1.sizeBytes }
    for entry in entries where total > maxBytes && entry.name != kept {
      Self.discard("\(folder)/\(entry.name)", in: folder)
      total -= entry.sizeBytes
    }
  }

  /// nil when another process has removed it meanwhile.
  private static func entry(_ name: String, in folder: String) -> Entry? {
    let path = "\(folder)/\(name)"
    let files = FileManager.default
    guard let usedAt = try? files.attributesOfItem(atPath: path)[.modificationDate] as? Date,
      let names = try? files.contentsOfDirectory(atPath: path)
    else { return nil }
    let sizes = names.map { file in
      (try? files.attributesOfItem(atPath: "\(path)/\(file)")[.size] as? Int) ?? 0
    }
    return Entry(name: name, usedAt: usedAt, sizeBytes: sizes.reduce(0, +))
  }

  private func sweep(_ name: String) {
    let path = "\(folder)/\(name)"
    let changed =
      try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    guard let changed, Date().timeIntervalSince(changed) > Self.staleSeconds else { return }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// In one step for others, whose links stay.
  private static func discard(_ entry: String, in folder: String) {
    let gone = "\(folder)/.gone-\(getpid())-\(UUID())"
    // Another process may be first.
    guard rename(entry, gone) == 0 else { return }
    try? FileManager.default.removeItem(atPath: gone)
  }

  private static func makeFolder(_ path: String) throws {
    try naming {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true,
        attributes: [.posixPermissions: NSNumber(value: 0o700)])
    }
  }

  /// Foundation's errors under our own code.
  private static func naming<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw JobsError(.storageError, "The folder of models cannot be written", cause: "\(error)")
    }
  }
}
