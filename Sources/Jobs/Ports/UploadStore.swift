public import Foundation

/// The truth about uploads. Every implementation passes the conformance suite in Tests/TestSupport.
public protocol UploadStore: Sendable {
  /// Keeps the upload and all its files, or nothing.
  func insert(_ upload: Upload) async throws

  func upload(_ id: UploadID) async throws -> Upload?
  func file(_ id: FileID) async throws -> UploadedFile?

  /// Uploads whose time is over and that no queued or running job uses, shadows aside, oldest first, at most `limit`.
  func expired(at now: Date, limit: Int) async throws -> [Upload]

  /// Deletes the upload, its files, its jobs and their records; its blobs are the caller's to delete.
  /// - Returns: what was deleted, so that the blobs can follow; nil when there was no such upload.
  /// - Throws: `JobsError(.uploadInUse)` while a queued or running job uses it. Shadows go with it: the next write of
  ///   their worker is refused.
  func delete(_ id: UploadID) async throws -> DeletedUpload?
}

/// An upload that is gone, and what was made from it.
public struct DeletedUpload: Sendable, Equatable {
  public var upload: Upload
  /// All jobs over the upload.
  public var jobIDs: [JobID]
  /// How many of them were shadows, which whoever owns the upload does not know of.
  public var shadowCount: Int

  public init(upload: Upload, jobIDs: [JobID], shadowCount: Int = 0) {
    self.upload = upload
    self.jobIDs = jobIDs
    self.shadowCount = shadowCount
  }

  /// Everything below them in the blob store belongs to nobody any more.
  public var blobPrefixes: [String] {
    [BlobKey.prefix(of: upload.id)] + jobIDs.map { BlobKey.prefix(of: $0) }
  }
}
