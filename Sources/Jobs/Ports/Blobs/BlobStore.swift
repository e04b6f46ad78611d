public import Foundation

/// The bytes of uploads and results. Every implementation passes the conformance suite in Tests/TestSupport.
///
/// Keys are relative paths of segments of `[A-Za-z0-9._-]`, none of which is `.` or `..`:
/// `uploads/upl_.../img_...`; other keys are refused. A key is written once; readers see all of its bytes or no
/// blob. No key is another one's prefix. What goes wrong is a `JobsError(.storageError)`, whose message has no path.
public protocol BlobStore: Sendable {
  /// A path for a new file that nobody else uses, on the store's own disk where it has one, so that `keep` can
  /// take the file over without copying. Who does not keep the file removes it.
  func temporaryPath() async throws -> String

  /// Keeps the file at `path` under a key and removes it from there. Returns when the bytes survive a power
  /// cut. An existing blob of that key is replaced as a whole.
  func keep(fileAt path: String, as key: String) async throws

  /// Keeps bytes that are in memory, as `keep` keeps a file.
  func put(_ bytes: [UInt8], as key: String) async throws

  /// The blob's bytes, to be read in pieces; nil when there is none.
  func open(_ key: String) async throws -> (any BlobReader)?

  /// Calls `body` with a local file that has the blob's bytes and is good while `body` runs.
  /// - Throws: `JobsError(.blobNotFound)` when there is none; what `body` throws.
  func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result

  /// A URL by which anybody gets the blob from the store itself for a while, with these headers; whether there is
  /// such a blob is not asked. nil, as by default, where all bytes go through this service.
  func temporaryURL(
    for key: String, lifetime: Duration, contentType: String, contentDisposition: String
  ) async throws -> String?

  /// Removes blobs; those that are not there do not matter.
  func delete(_ keys: [String]) async throws

  /// The names directly below a prefix (`uploads`), with the time of their last change: what a sweeper looks
  /// through for leftovers. In their order, those behind `name`, at most `limit`.
  func names(under prefix: String, after name: String?, limit: Int) async throws -> [BlobName]

  /// Removes everything below a prefix.
  func deleteAll(under prefix: String) async throws

  /// Removes temporary files that nobody has written to since; returns how many.
  func sweepTemporaryFiles(olderThan time: Date) async throws -> Int

  /// - Throws: `JobsError(.storageError)` when nothing can be written now; for the health check.
  func checkWritable() async throws
}

/// One blob that is open. Its bytes stay readable even when it is deleted meanwhile, where the store can do so.
public protocol BlobReader: Sendable {
  var sizeBytes: Int { get }

  /// `count` bytes from `offset` on; fewer only at the end.
  func read(at offset: Int, count: Int) async throws -> [UInt8]
}

/// One name below a prefix.
public struct BlobName: Sendable, Hashable {
  public var name: String
  /// Of a blob, or of the newest change directly below the name.
  public var modifiedAt: Date

  public init(name: String, modifiedAt: Date) {
    self.name = name
    self.modifiedAt = modifiedAt
  }
}

extension BlobStore {
  public func temporaryURL(
    for key: String, lifetime: Duration, contentType: String, contentDisposition: String
  ) async throws -> String? { nil }

  /// All bytes of a small blob.
  /// - Throws: `JobsError(.blobNotFound)`; `.storageError` when it is larger than `limit`.
  public func bytes(_ key: String, limit: Int) async throws -> [UInt8] {
    guard let reader = try await open(key) else {
      throw JobsError(.blobNotFound, "The stored file is gone")
    }
    guard reader.sizeBytes <= limit else {
      throw JobsError(.storageError, "A stored file is larger than it may be")
    }
    return try await reader.read(at: 0, count: reader.sizeBytes)
  }
}
