import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import ObjectDetection

/// Pictures in, and out of the way again.
struct UploadRoutes {
  static let path = "/api/v1/inference/upload"

  let service: Service

  /// `POST /api/v1/inference/upload`
  @Sendable func upload(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let share = try await service.byteQuota.reserve(
      request.headers.announcedBytes, for: context.caller, at: service.now())
    let upload: Upload
    do {
      upload = try await service.receiver.receive(request, for: context.caller.owner) {
        context.channel.triggerUserOutboundEvent(BodyGate.Open(), promise: nil)
      }
    } catch {
      await giveBack(share, context)
      throw error
    }
    try await service.byteQuota.settle(share, actual: upload.files.reduce(0) { $0 + $1.sizeBytes })
    context.audited["upload_id"] = upload.id.description
    service.metrics.uploaded(
      files: upload.files.count, bytes: upload.files.reduce(0) { $0 + $1.sizeBytes })
    context.logger.info(
      "upload kept", metadata: ["upload_id": "\(upload.id)", "files": "\(upload.files.count)"])
    return .json(Self.document(upload))
  }

  /// Nothing was kept of the upload, so nothing is counted.
  private func giveBack(_ share: ByteQuota.Share?, _ context: HarrierContext) async {
    do {
      try await service.byteQuota.settle(share, actual: 0)
    } catch {
      context.logger.warning(
        "bytes of a refused upload stay counted", metadata: ["cause": "\(error)"])
    }
  }

  private static func document(_ upload: Upload) -> String {
    let count = upload.files.count
    return Envelope.success(
      message: "\(count) \(count == 1 ? "image" : "images") uploaded successfully"
    ) { json in
      json.string("upload_id", upload.id.description)
      if upload.expiresAt != .distantFuture { json.time("expires_at", upload.expiresAt) }
      json.array("uploaded_files") { json in
        for file in upload.files {
          json.object { json in
            json.string("filename", file.filename)
            json.string("file_id", file.id.description)
            json.integer("size_bytes", file.sizeBytes)
            json.string("format", file.format)
            json.array("dimensions") { json in
              json.element(file.width)
              json.element(file.height)
            }
            json.string("sha256", file.sha256)
          }
        }
      }
    }
  }

  /// `DELETE /api/v1/uploads/{upload_id}`
  @Sendable func delete(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.uploadID()
    guard let deleted = try await service.uploads.delete(id) else {
      throw APIError.noSuchUpload
    }
    for job in deleted.jobIDs { await service.watch.forget(job) }
    // The rows are gone; what cannot be removed now, the sweeper finds.
    do {
      for prefix in deleted.blobPrefixes { try await service.blobs.deleteAll(under: prefix) }
    } catch {
      context.logger.warning(
        "files of a deleted upload stay behind", metadata: ["cause": "\(error)"])
    }
    return .json(
      Envelope.success(message: "Upload deleted") { json in
        json.string("upload_id", id.description)
        json.integer("deleted_files", deleted.upload.files.count)
        // Shadows are not the client's.
        json.integer("deleted_jobs", deleted.jobIDs.count - deleted.shadowCount)
      })
  }
}
