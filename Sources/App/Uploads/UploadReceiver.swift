import Foundation
import Hummingbird
import Jobs
import Logging
import NIOCore
import NIOPosix
import ObjectDetection

/// Takes in the body of an upload: all of its files are kept, or none.
struct UploadReceiver: Sendable {
  let settings: ServiceSettings
  let blobs: any BlobStore
  let uploads: any UploadStore
  let threads: NIOThreadPool
  let slots: WorkSlots
  let logger: Logger
  let now: @Sendable () -> Date

  /// Reads the body to its end and keeps its files under a new upload.
  /// `open` is called when its turn has come: only then its bytes are wanted.
  func receive(
    _ request: Request, for owner: String? = nil, open: @Sendable () -> Void
  ) async throws -> Upload {
    let limit = settings.maxUploadBytes
    if let length = request.headers.announcedBytes, length > limit {
      throw tooLarge
    }
    let boundary = try MultipartBoundary(contentType: request.headers[.contentType] ?? "")
    return try await slots.withSlot {
      open()
      // Asking the store again for each file would suspend in the middle of a thread's work.
      let path = try await blobs.temporaryPath()
      let sink = UploadSink(
        boundary: boundary, limits: settings, makePath: { "\(path)-\($0)" })
      do {
        try await BodyIntake(threads: threads, maxBytes: limit, tooLarge: tooLarge)
          .fill(sink, from: request.body)
        let files = try await threads.runIfActive { try sink.finish() }
        let upload = try await keep(files, for: owner)
        await remove(sink)
        return upload
      } catch {
        await remove(sink)
        throw error
      }
    }
  }

  /// Files first, then the rows: a row never names a file that a power cut could take.
  private func keep(_ files: [ReceivedFile], for owner: String?) async throws -> Upload {
    let time = now()
    let id = UploadID(at: time)
    let uploaded = files.map { file in
      let fileID = FileID(at: time)
      return UploadedFile(
        id: fileID, uploadID: id, filename: file.filename,
        format: file.header.format.rawValue, width: file.header.width,
        height: file.header.height, sizeBytes: file.sizeBytes, sha256: file.sha256,
        blobKey: "\(BlobKey.prefix(of: id))/\(fileID)")
    }
    let days = settings.retentionDays
    let upload = Upload(
      id: id, createdAt: time,
      expiresAt: days > 0 ? time.addingTimeInterval(days * 86_400) : .distantFuture,
      files: uploaded, owner: owner)
    do {
      for (file, kept) in zip(files, uploaded) {
        try await blobs.keep(fileAt: file.path, as: kept.blobKey)
      }
      Failpoint.filesKept.reach()
      try await uploads.insert(upload)
      Failpoint.uploadInserted.reach()
    } catch {
      await forget(uploaded)
      throw error
    }
    return upload
  }

  /// Removes what was kept of an upload that failed; what cannot be removed is swept later.
  private func forget(_ files: [UploadedFile]) async {
    do {
      try await uncancelled { [blobs] in try await blobs.delete(files.map(\.blobKey)) }
    } catch {
      logger.warning("files of a failed upload stay behind", metadata: ["cause": "\(error)"])
    }
  }

  private func remove(_ sink: UploadSink) async {
    do {
      try await uncancelled { [threads] in
        try await threads.runIfActive { sink.removeTemporaryFiles() }
      }
    } catch {
      logger.warning("temporary files stay behind", metadata: ["cause": "\(error)"])
    }
  }

  private var tooLarge: APIError {
    APIError(
      .uploadTooLarge, "The upload is too large",
      details: "At most \(settings.maxUploadBytes) bytes in one request")
  }
}
