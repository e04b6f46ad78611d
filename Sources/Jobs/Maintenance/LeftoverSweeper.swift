public import Foundation

/// Removes blobs that belong to no row: of uploads that were killed before their rows were written, of deletions
/// that ended half-way, of models and golden pictures that were refused, of workers that wrote on after their job was gone.
public struct LeftoverSweeper: Sendable {
  /// What one run has removed.
  public struct Counts: Sendable, Equatable {
    public var uploads: Int
    public var jobs: Int
    public var models: Int
    public var temporaryFiles: Int

    public init(uploads: Int = 0, jobs: Int = 0, models: Int = 0, temporaryFiles: Int = 0) {
      self.uploads = uploads
      self.jobs = jobs
      self.models = models
      self.temporaryFiles = temporaryFiles
    }
  }

  /// Far longer than any upload needs from its first blob to its row, and than any pause between two writes.
  public static let age: TimeInterval = 3600
  /// A file of an upload that is still arriving: at 64 KB a second the largest one takes a day.
  public static let temporaryAge: TimeInterval = 24 * 3600
  /// Names that are looked at at once.
  private static let page = 500

  private let jobs: any JobStore
  private let uploads: any UploadStore
  private let models: any ModelStore
  private let blobs: any BlobStore

  public init(
    jobs: any JobStore, uploads: any UploadStore, models: any ModelStore, blobs: any BlobStore
  ) {
    self.jobs = jobs
    self.uploads = uploads
    self.models = models
    self.blobs = blobs
  }

  /// Removes what was left over an hour before `now`.
  /// - Throws: what a store throws; the next run goes on.
  public func run(now: Date) async throws -> Counts {
    let time = now.addingTimeInterval(-Self.age)
    return Counts(
      uploads: try await sweep(BlobKey.uploads, olderThan: time) { name in
        guard let id = UploadID(name) else { return nil }
        return try await uploads.upload(id) == nil ? BlobKey.prefix(of: id) : nil
      },
      jobs: try await sweep(BlobKey.jobs, olderThan: time) { name in
        guard let id = JobID(name) else { return nil }
        return try await jobs.job(id) == nil ? BlobKey.prefix(of: id) : nil
      },
      models: try await sweep(BlobKey.models, olderThan: time) { name in
        if let id = GoldenSetID(name) {
          return try await models.hasGoldenSet(id) ? nil : BlobKey.prefix(of: id)
        }
        guard let id = ModelFilesID(name) else { return nil }
        return try await models.hasModelFiles(id) ? nil : BlobKey.prefix(of: id)
      },
      temporaryFiles: try await blobs.sweepTemporaryFiles(
        olderThan: now.addingTimeInterval(-Self.temporaryAge)))
  }

  /// `leftover` answers with the prefix to remove; nil for a name in use, and for one that no upload or job
  /// has, which somebody else has put there.
  private func sweep(
    _ prefix: String, olderThan time: Date, _ leftover: (String) async throws -> String?
  ) async throws -> Int {
    var removed = 0
    var last: String?
    while true {
      let names = try await blobs.names(under: prefix, after: last, limit: Self.page)
      guard let end = names.last else { return removed }
      last = end.name
      for name in names where name.modifiedAt < time {
        try Task.checkCancellation()
        guard let prefix = try await leftover(name.name) else { continue }
        try await blobs.deleteAll(under: prefix)
        removed += 1
      }
    }
  }
}
