public import Foundation

/// The truth about uploads. Every implementation passes the conformance suite in Tests/TestSupport.
public protocol UploadStore: Sendable {
  /// Keeps the upload and all its files, or nothing.
  func insert(_ upload: Upload) async throws

  func upload(_ id: UploadID) async throws -> Upload?
  func file(_ id: FileID) async throws -> UploadedFile?

  /// Uploads whose time is over and that no queued or running job uses, oldest first, at most `limit`.
  func expired(at now: Date, limit: Int) async throws -> [Upload]

  /// Deletes the upload, its files, its jobs and their records.
  /// - Returns: what was deleted, so that the blobs can follow; nil when there was no such upload.
  /// - Throws: `JobsError(.uploadInUse)` while a queued or running job uses it.
  func delete(_ id: UploadID) async throws -> DeletedUpload?
}

/// What the blob store can drop after an upload was deleted.
public struct DeletedUpload: Sendable, Equatable {
  public var upload: Upload
  /// Of all jobs over the upload.
  public var records: [ImageRecord]

  public init(upload: Upload, records: [ImageRecord]) {
    self.upload = upload
    self.records = records
  }

  public var blobKeys: [String] {
    upload.files.map(\.blobKey)
      + records.flatMap { [$0.resultKey, $0.annotatedKey, $0.thumbnailKey].compactMap(\.self) }
  }
}
