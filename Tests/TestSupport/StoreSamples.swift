public import Foundation
public import Jobs

/// A moment that all store tests start from: whole milliseconds, as stores keep them.
public let startOfTests = Date(timeIntervalSince1970: 1_770_000_000)

/// An upload with `count` pictures, expiring a day later.
public func sampleUpload(files count: Int = 2, at time: Date = startOfTests) -> Upload {
  let id = UploadID(at: time)
  let files = (0..<count).map { index in
    let fileID = FileID(at: time)
    return UploadedFile(
      id: fileID, uploadID: id, filename: "Küste \(index), 'ü'.jpg", format: "JPEG", width: 1249,
      height: 1035, sizeBytes: 585_530, sha256: String(repeating: "ab", count: 32),
      blobKey: "uploads/\(id)/\(fileID)")
  }
  return Upload(id: id, createdAt: time, expiresAt: time + 86_400, files: files)
}

/// A job over all files of an upload.
public func sampleJob(
  over upload: Upload, priority: JobPriority = .normal, at time: Date = startOfTests
) -> Job {
  Job(
    id: JobID(at: time), uploadID: upload.id, fileIDs: upload.files.map(\.id),
    configuration: #"{"model":"tree-crowns"}"#, priority: priority, createdAt: time)
}

/// The record of one finished picture.
public func sampleRecord(of file: UploadedFile, token: Int) -> ImageRecord {
  ImageRecord(
    fileID: file.id, resultKey: "jobs/\(file.id)/\(token).json",
    annotatedKey: "jobs/\(file.id)/\(token).jpg", thumbnailKey: nil, detectionCount: 7)
}

extension Job {
  /// For comparing with a job that no store has seen yet.
  public var withoutVersion: Job {
    var job = self
    job.version = 0
    return job
  }
}

extension JobStore {
  /// The sign of a worker that has just got on with its work.
  public func beat(_ worker: WorkerID, now: Date) async throws {
    try await beat(worker, progressedAt: now, now: now)
  }
}
