public import Foundation
public import Jobs
public import NIOPosix

/// Blobs as objects of an S3 bucket (AWS, MinIO, SeaweedFS), each under its key below the location's prefix, which
/// is the store's own. What is being written or decoded is a file of a local folder meanwhile.
public struct S3BlobStore: BlobStore {
  private let client: S3Client
  private let temporary: TemporaryFiles
  private let threads: NIOThreadPool
  private let presigns: Bool

  /// The object that `checkWritable` writes.
  private static let probe = ".writable"

  /// Makes the local folder, removes from it the copies that killed processes have left, and reads the
  /// credentials; blocks for it. No request is sent. Nothing has to be shut down.
  /// - Parameters:
  ///   - temporaryFolder: where there is room for a few of the largest files; processes may share it.
  ///   - presigns: whether there are temporary URLs, whose readers need no credentials of this service.
  /// - Throws: `JobsError(.storageError)` when the folder cannot be made, or there are no credentials.
  public init(
    location: S3Location, credentials: S3CredentialsSource, temporaryFolder: String,
    presigns: Bool = false, threads: NIOThreadPool, limits: S3Limits = S3Limits()
  ) throws {
    temporary = try TemporaryFiles(folder: temporaryFolder)
    try temporary.sweepHeld(olderThan: Date() - 60)
    self.presigns = presigns
    client = S3Client(
      location: location, limits: limits, threads: threads,
      keyring: try S3Keyring(credentials, threads: threads))
    self.threads = threads
  }

  public func temporaryPath() async throws -> String { temporary.path() }

  public func keep(fileAt path: String, as key: String) async throws {
    let object = try object(key)
    let file = try await threads.runIfActive { try OpenFile.open(path, flags: O_RDONLY) }
    guard let file else {
      throw JobsError(.storageError, "A temporary file is gone", cause: path)
    }
    try await client.put(file, as: object)
    // What is left all the same is swept later.
    unlink(path)
  }

  public func put(_ bytes: [UInt8], as key: String) async throws {
    let object = try object(key)
    let digest = try await threads.runIfActive { S3Digest(of: bytes) }
    try await client.put(.bytes(bytes, digest), as: object)
  }

  public func open(_ key: String) async throws -> (any BlobReader)? {
    let object = try object(key)
    let limit = client.limits.readAheadBytes
    guard let (state, bytes) = try await client.begin(object, limit: limit) else { return nil }
    return S3BlobReader(object: object, state: state, first: bytes, client: client)
  }

  public func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    guard let reader = try await open(key) else {
      throw JobsError(.blobNotFound, "The stored file is gone")
    }
    let (path, file) = try await threads.runIfActive { try temporary.createHeld() }
    defer {
      // What is left all the same is swept later. The lock lasts as long as the file.
      unlink(path)
      withExtendedLifetime(file) {}
    }
    var offset = 0
    while offset < reader.sizeBytes {
      let bytes = try await reader.read(at: offset, count: client.limits.pieceBytes)
      try await threads.runIfActive { try file.write(bytes) }
      offset += bytes.count
    }
    return try await body(path)
  }

  public func delete(_ keys: [String]) async throws {
    try await client.delete(try keys.map(object))
  }

  public func names(
    under prefix: String, after name: String?, limit: Int
  ) async throws -> [BlobName] {
    let root = try object(prefix) + "/"
    guard limit > 0 else { return [] }
    var page = S3NamePage(after: name, limit: limit)
    try await client.list(root, after: name.map { root + $0 }) { object in
      page.add(object.key.dropFirst(root.count), modifiedAt: object.modifiedAt)
    }
    return page.names
  }

  public func deleteAll(under prefix: String) async throws {
    let root = try object(prefix) + "/"
    var batch: [String] = []
    try await client.list(root, after: nil) { object in
      batch.append(object.key)
      if batch.count == 1000 {
        try await client.delete(batch)
        batch = []
      }
      return true
    }
    try await client.delete(batch)
  }

  /// Also throws away multipart uploads that began before the time and were never ended.
  public func sweepTemporaryFiles(olderThan time: Date) async throws -> Int {
    let files = try await threads.runIfActive { try temporary.sweep(olderThan: time) }
    let root = client.location.object("")
    let uploads = try await client.uploads(root, before: time).filter {
      $0.object.hasPrefix(root) && BlobKey.isValid(String($0.object.dropFirst(root.count)))
    }
    for upload in uploads { try await client.abort(upload) }
    return files + uploads.count
  }

  public func checkWritable() async throws {
    try await threads.runIfActive { try temporary.checkWritable() }
    // It stays, to be written over: deleting it would double what each question costs.
    try await client.with(client.limits.forHealthCheck)
      .put(.text("harrier"), as: client.location.object(Self.probe))
  }

  /// Good for seven days at most, and no longer than the session of temporary credentials.
  public func temporaryURL(
    for key: String, lifetime: Duration, contentType: String, contentDisposition: String
  ) async throws -> String? {
    let object = try object(key)
    guard presigns else { return nil }
    return client.presignedURL(
      of: object,
      query: [
        ("response-content-type", contentType),
        ("response-content-disposition", contentDisposition),
      ], seconds: Int(lifetime.components.seconds), at: Date())
  }

  private func object(_ key: String) throws -> String {
    guard BlobKey.isValid(key) else { throw JobsError.invalidBlobKey(key) }
    return client.location.object(key)
  }
}

/// The first names of a list of objects, which come in the order of their whole keys (`a-b` before `a/c`), or, from
/// SeaweedFS, in that of names.
struct S3NamePage {
  private let after: String?
  private let limit: Int
  private var times: [String: Date] = [:]

  init(after: String?, limit: Int) {
    self.after = after
    self.limit = limit
  }

  var names: [BlobName] {
    times.sorted { $0.key < $1.key }.prefix(limit).map {
      BlobName(name: $0.key, modifiedAt: $0.value)
    }
  }

  /// Takes the next key below the prefix.
  /// - Returns: whether later ones may still matter.
  mutating func add(_ key: Substring, modifiedAt: Date) -> Bool {
    let name = String(key.prefix { $0 != "/" })
    guard BlobKey.isValid(name), after.map({ name > $0 }) ?? true else { return true }
    if times[name] == nil, times.count >= limit {
      guard let last = times.keys.max() else { return false }
      // A later key can only have a smaller name when that is the beginning of a name which goes on with a
      // hyphen or a dot, the two characters before the slash.
      if name > last {
        let beginning = last.prefix { $0 != "-" && $0 != "." }
        return beginning.count < last.count && key < "\(beginning)/"
      }
      times[last] = nil
    }
    times[name] = max(times[name] ?? .distantPast, modifiedAt)
    return true
  }
}
