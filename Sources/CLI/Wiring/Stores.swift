import App
import Backends
import Foundation
import Jobs
import Logging

/// Where jobs and files are kept: on this machine's disk, or where the settings say.
struct Stores: Sendable {
  /// A worker renews its lease while it writes what it has done.
  static let workerConnections = 3

  /// Reads and writes of files: more threads than disks have heads do not help.
  private static let fileThreads = 4

  private(set) var metadata: any MetadataStore
  private(set) var blobs: any BlobStore
  /// nil where they are kept in the data folder.
  let secrets: (any SecretStore)?
  /// How the API process hears of what others have written.
  let changes: ChangeHint
  /// For people: which stores these are, without passwords.
  let name: String
  /// nil without Redis.
  let redis: RedisLinks?
  /// Woken when clients would see a job changed.
  private let changed: WakeSignal
  /// Hears as long as it lives.
  private let listener: PostgresListener?

  /// What an API process runs as long as it answers; nil where nothing has to.
  var listening: (@Sendable () async -> Void)? {
    guard let redis else { return nil }
    return { [changed] in await redis.listen(changed) }
  }

  /// The same stores, measured.
  func observed(by telemetry: Telemetry, _ settings: ServiceSettings) -> Stores {
    var stores = self
    stores.metadata = ObservedStore(
      metadata,
      observer: telemetry.observer(
        "database", system: settings.databaseURL == nil ? "sqlite" : "postgresql"))
    stores.blobs = ObservedBlobStore(
      blobs,
      observer: telemetry.observer(
        "files", system: settings.storageURL == nil ? "directory" : "s3"))
    return stores
  }

  /// - Parameters:
  ///   - connections: to the database, at most.
  ///   - work: is woken when a job waits; workers have one.
  /// - Throws: `JobsError` when the folder cannot be made or the database not be opened.
  static func open(
    _ settings: ServiceSettings, connections: Int, logger: Logger, work: WakeSignal? = nil
  ) async throws -> Stores {
    let folder = settings.dataDirectory
    switch try DataFolder.prepare(folder) {
    case .closed: break
    case .justClosed:
      logger.notice(
        "The data folder was open to other users, and is closed to them now",
        metadata: ["data_dir": "\(folder)"])
    case .open(let reason):
      logger.warning(
        "The data folder is open to other users",
        metadata: ["data_dir": "\(folder)", "left_so_because": "\(reason)"])
    }
    let (blobs, files) = try openBlobs(settings)
    guard let url = settings.databaseURL else {
      let store = try SQLiteStore(path: databasePath(in: folder))
      try await store.check()
      return Stores(
        metadata: store, blobs: blobs, secrets: nil, changes: .polled,
        name: "SQLite in \(folder), \(files)", redis: nil, changed: WakeSignal(), listener: nil)
    }
    let postgres = try PostgresSettings(url: url, connections: connections)
    let store = try await patiently(logger) { try await PostgresStore(postgres) }
    let redis = try settings.redisURL.map { try RedisLinks(url: $0, logger: logger) }
    let changed = WakeSignal()
    let listener = PostgresListener(postgres) { event in
      switch event {
      case .change: changed.wake()
      // Redis wakes one worker, this all of them.
      case .work: if redis?.client.isAvailable != true { work?.wake() }
      }
    }
    return Stores(
      metadata: store, blobs: blobs, secrets: store, changes: ChangeHint(signal: changed),
      name: "PostgreSQL at \(postgres.place)\(redis == nil ? "" : ", Redis"), \(files)",
      redis: redis, changed: changed, listener: listener)
  }

  /// Of SQLite, which has more files beside it.
  static func databasePath(in folder: String) -> String { "\(folder)/harrier.sqlite" }

  /// The files' store, and its name for people.
  static func openBlobs(_ settings: ServiceSettings) throws -> (any BlobStore, String) {
    let folder = settings.dataDirectory
    guard let url = settings.storageURL else {
      let store = try DirectoryBlobStore(path: folder, threads: thread(fileThreads))
      return (store, "files in \(folder)")
    }
    let location = try S3Location(url)
    let store = try S3BlobStore(
      location: location, credentials: credentials(settings),
      temporaryFolder: DataFolder.temporary(in: folder), presigns: settings.storagePresign,
      threads: thread(fileThreads))
    return (store, "files in s3://\(location.bucket)/\(location.prefix)")
  }

  private static func credentials(_ settings: ServiceSettings) -> S3CredentialsSource {
    guard let id = settings.storageAccessKey, let secret = settings.storageSecretKey else {
      return .standard(environment: ProcessInfo.processInfo.environment)
    }
    return .explicit(S3Credentials(accessKeyID: id, secretAccessKey: secret))
  }

  /// Asks whether the database answers, and which it is; for people. Makes and changes nothing.
  /// - Throws: `JobsError` when it does not.
  static func askDatabase(_ settings: ServiceSettings) async throws -> String {
    guard let url = settings.databaseURL else { return "SQLite in \(settings.dataDirectory)" }
    let postgres = try PostgresSettings(url: url, connections: 1)
    return "PostgreSQL \(try await PostgresStore.version(of: postgres)) at \(postgres.place)"
  }

  /// Asks whether files can be written, where that is not this machine's disk.
  static func askFiles(_ settings: ServiceSettings) async throws -> String {
    guard settings.storageURL != nil else { return "files in \(settings.dataDirectory)" }
    let (store, name) = try openBlobs(settings)
    try await store.checkWritable()
    return name
  }
}
