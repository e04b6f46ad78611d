public import Foundation
public import Jobs

/// Files that are measured.
public struct ObservedBlobStore: BlobStore {
  private let store: any BlobStore
  private let observe: StoreObserver

  public init(_ store: any BlobStore, observer: StoreObserver) {
    self.store = store
    observe = observer
  }

  public func temporaryPath() async throws -> String { try await store.temporaryPath() }

  public func keep(fileAt path: String, as key: String) async throws {
    try await observe("keep") { try await store.keep(fileAt: path, as: key) }
  }

  public func put(_ bytes: [UInt8], as key: String) async throws {
    try await observe("put") { try await store.put(bytes, as: key) }
  }

  public func open(_ key: String) async throws -> (any BlobReader)? {
    try await observe("open") { try await store.open(key) }
      .map { ObservedBlobReader(reader: $0, observe: observe) }
  }

  /// What is measured is until the file is there; what `body` does with it is not the store's time.
  public func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let fetch = observe.begin("fetch")
    do {
      return try await store.withLocalFile(key) { path in
        fetch.end()
        return try await body(path)
      }
    } catch {
      // Of the body it is none of the store's business, and it has ended then.
      fetch.end(error)
      throw error
    }
  }

  public func temporaryURL(
    for key: String, lifetime: Duration, contentType: String, contentDisposition: String
  ) async throws -> String? {
    try await store.temporaryURL(
      for: key, lifetime: lifetime, contentType: contentType,
      contentDisposition: contentDisposition)
  }

  public func delete(_ keys: [String]) async throws {
    try await observe("delete") { try await store.delete(keys) }
  }

  public func names(
    under prefix: String, after name: String?, limit: Int
  ) async throws -> [BlobName] {
    try await observe("list") {
      try await store.names(under: prefix, after: name, limit: limit)
    }
  }

  public func deleteAll(under prefix: String) async throws {
    try await observe("delete") { try await store.deleteAll(under: prefix) }
  }

  public func sweepTemporaryFiles(olderThan time: Date) async throws -> Int {
    try await store.sweepTemporaryFiles(olderThan: time)
  }

  public func checkWritable() async throws {
    try await observe("check") { try await store.checkWritable() }
  }
}

private struct ObservedBlobReader: BlobReader {
  let reader: any BlobReader
  let observe: StoreObserver

  var sizeBytes: Int { reader.sizeBytes }

  func read(at offset: Int, count: Int) async throws -> [UInt8] {
    try await observe("read") { try await reader.read(at: offset, count: count) }
  }
}
