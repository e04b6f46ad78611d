public import Foundation
import Synchronization

/// Blobs in memory: the reference of the conformance suite, and what tests of others use. Its temporary files are
/// in a folder of the system's, which goes with the object. Calls block for the time of small files.
public final class MemoryBlobStore: BlobStore {
  private struct Blob {
    var bytes: [UInt8]
    var modifiedAt = Date()
  }

  private let blobs = Mutex<[String: Blob]>([:])
  private let folder: URL

  /// - Throws: when the temporary folder cannot be made.
  public init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "harrier-blobs-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit {
    // The system empties its temporary folder too.
    try? FileManager.default.removeItem(at: folder)
  }

  public func temporaryPath() async throws -> String {
    folder.appendingPathComponent(UUID().uuidString).path
  }

  public func keep(fileAt path: String, as key: String) async throws {
    let key = try checked(key)
    let bytes = try naming { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }
    blobs.withLock { $0[key] = Blob(bytes: bytes) }
    try naming { try FileManager.default.removeItem(atPath: path) }
  }

  public func put(_ bytes: [UInt8], as key: String) async throws {
    let key = try checked(key)
    blobs.withLock { $0[key] = Blob(bytes: bytes) }
  }

  public func open(_ key: String) async throws -> (any BlobReader)? {
    let key = try checked(key)
    return blobs.withLock { $0[key].map { MemoryBlobReader(bytes: $0.bytes) } }
  }

  public func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let key = try checked(key)
    guard let bytes = blobs.withLock({ $0[key]?.bytes }) else {
      throw JobsError(.blobNotFound, "The stored file is gone")
    }
    let file = folder.appendingPathComponent(UUID().uuidString)
    try naming { try Data(bytes).write(to: file) }
    // `body` may have removed it.
    defer { try? FileManager.default.removeItem(at: file) }
    return try await body(file.path)
  }

  public func delete(_ keys: [String]) async throws {
    let keys = try keys.map(checked)
    blobs.withLock { blobs in
      for key in keys { blobs[key] = nil }
    }
  }

  public func names(
    under prefix: String, after name: String?, limit: Int
  ) async throws -> [BlobName] {
    let folder = try checked(prefix) + "/"
    var found: [String: Date] = [:]
    blobs.withLock { blobs in
      for (key, blob) in blobs where key.hasPrefix(folder) {
        let name = String(key.dropFirst(folder.count).prefix { $0 != "/" })
        found[name] = max(blob.modifiedAt, found[name] ?? .distantPast)
      }
    }
    return found.filter { entry in name.map { entry.key > $0 } ?? true }
      .map { BlobName(name: $0.key, modifiedAt: $0.value) }
      .sorted { $0.name < $1.name }.prefix(limit).map(\.self)
  }

  public func deleteAll(under prefix: String) async throws {
    let folder = try checked(prefix) + "/"
    blobs.withLock { blobs in
      blobs = blobs.filter { !$0.key.hasPrefix(folder) }
    }
  }

  public func sweepTemporaryFiles(olderThan time: Date) async throws -> Int {
    try naming {
      let files = try FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.contentModificationDateKey])
      var swept = 0
      for file in files {
        let values = try file.resourceValues(forKeys: [.contentModificationDateKey])
        guard let changed = values.contentModificationDate, changed < time else { continue }
        try FileManager.default.removeItem(at: file)
        swept += 1
      }
      return swept
    }
  }

  public func checkWritable() async throws {}

  private func checked(_ key: String) throws -> String {
    guard BlobKey.isValid(key) else { throw JobsError.invalidBlobKey(key) }
    return key
  }

  /// Foundation's errors under our own code.
  private func naming<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw JobsError(.storageError, "The file store failed", cause: "\(error)")
    }
  }
}

private struct MemoryBlobReader: BlobReader {
  let bytes: [UInt8]
  var sizeBytes: Int { bytes.count }

  func read(at offset: Int, count: Int) async throws -> [UInt8] {
    let start = min(max(0, offset), bytes.count)
    return [UInt8](bytes[start...].prefix(max(0, count)))
  }
}
