public import Foundation

/// Deletes uploads whose time is over, and all that was made from them.
///
/// The rows go first: without them nobody finds the blobs any more, and what stays when this process ends in
/// between is left to the `LeftoverSweeper`. A job that has not ended keeps its upload.
public struct Retention: Sendable {
  /// What one run has deleted.
  public struct Counts: Sendable, Equatable {
    public var uploads: Int
    public var jobs: Int

    public init(uploads: Int = 0, jobs: Int = 0) {
      self.uploads = uploads
      self.jobs = jobs
    }
  }

  /// Uploads that are looked for at once.
  private static let batch = 50
  /// Uploads of one run at most, so that a run after a long pause does not occupy the disk for hours.
  private static let uploadsPerRun = 5000

  private let uploads: any UploadStore
  private let blobs: any BlobStore

  public init(uploads: any UploadStore, blobs: any BlobStore) {
    self.uploads = uploads
    self.blobs = blobs
  }

  /// Deletes what has expired at `now`.
  /// - Throws: what a store throws; the next run goes on.
  public func run(now: Date) async throws -> Counts {
    var counts = Counts()
    while counts.uploads < Self.uploadsPerRun {
      let expired = try await uploads.expired(at: now, limit: Self.batch)
      var deleted = 0
      for upload in expired {
        try Task.checkCancellation()
        guard let gone = try await delete(upload.id) else { continue }
        deleted += 1
        counts.uploads += 1
        counts.jobs += gone.jobIDs.count
      }
      // Where others delete or use all of a batch, a further one can wait for the next run.
      if deleted == 0 { return counts }
    }
    return counts
  }

  /// nil when somebody else has deleted it, or has started a job over it.
  private func delete(_ id: UploadID) async throws -> DeletedUpload? {
    do {
      guard let gone = try await uploads.delete(id) else { return nil }
      for prefix in gone.blobPrefixes { try await blobs.deleteAll(under: prefix) }
      return gone
    } catch let error as JobsError where error.code == .uploadInUse {
      return nil
    }
  }
}
