import Foundation
import Hummingbird
import Jobs
import ObjectDetection

/// The bytes of originals and of the pictures that jobs drew. Section 5 of the contract.
struct FileRoutes: Sendable {
  /// Clients follow a redirect at once; a download that has begun goes on.
  private static let lentFor = Duration.seconds(900)

  let service: Service

  /// `GET /api/v1/files/{file_id}/original`
  @Sendable func original(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let file = try await file(context)
    let tag = EntityTag(opaque: file.sha256)
    if let answer = request.notModified(tag, .unchanging) { return answer }
    if let answer = try await redirect(
      to: file.blobKey, file.contentType, filename: file.filename, request)
    {
      return answer
    }
    let answer = FileAnswer(
      reader: try await service.storedBlob(file.blobKey), contentType: file.contentType,
      filename: file.filename, tag: tag, policy: .unchanging)
    return try answer.response(to: request, context)
  }

  /// `GET /api/v1/files/{file_id}/annotated`
  @Sendable func annotated(_ request: Request, _ context: HarrierContext) async throws -> Response {
    try await picture("annotated", \.annotatedKey, request, context)
  }

  /// `GET /api/v1/files/{file_id}/thumbnail`
  @Sendable func thumbnail(_ request: Request, _ context: HarrierContext) async throws -> Response {
    try await picture("thumbnail", \.thumbnailKey, request, context)
  }

  private func file(_ context: HarrierContext) async throws -> UploadedFile {
    guard let file = try await service.uploads.file(context.fileID()) else {
      throw APIError.noSuchFile
    }
    return file
  }

  private func picture(
    _ kind: String, _ key: KeyPath<ImageRecord, String?>, _ request: Request,
    _ context: HarrierContext
  ) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["job_id"])
    let file = try await file(context)
    let record: ImageRecord?
    // The newest job may be another one tomorrow; what one job drew stays as it is.
    let policy: CachePolicy
    if let text = query["job_id"] {
      record = try await self.record(of: file, jobID: text, context.caller)
      policy = .unchanging
    } else {
      record = try await service.jobs.newestPicture(of: file.id)
      policy = .revalidated
    }
    guard let key = record?[keyPath: key] else {
      throw APIError(
        .fileNotFound, "The file has no such picture",
        details: record?.failure.map { "The image has failed: \($0.code): \($0.message)" }
          ?? "Pictures are drawn by jobs whose visualization is enabled")
    }
    // The key names job, attempt and file, and is written once.
    let tag = EntityTag(of: key)
    if let answer = request.notModified(tag, policy) { return answer }
    let reader = try await service.storedBlob(key)
    let format = try await reader.pictureFormat()
    let stem = (file.filename as NSString).deletingPathExtension
    let filename = "\(stem).\(kind).\(format.fileExtension)"
    if let answer = try await redirect(to: key, format.contentType, filename: filename, request) {
      return answer
    }
    let answer = FileAnswer(
      reader: reader, contentType: format.contentType, filename: filename, tag: tag,
      policy: policy)
    return try answer.response(to: request, context)
  }

  /// To the file store itself, where it lends URLs. They are signed for GET alone.
  private func redirect(
    to key: String, _ contentType: String, filename: String, _ request: Request
  ) async throws -> Response? {
    guard request.method == .get,
      let url = try await service.blobs.temporaryURL(
        for: key, lifetime: Self.lentFor, contentType: contentType,
        contentDisposition: contentDisposition("inline", filename: filename))
    else { return nil }
    return Response(status: .found, headers: [.location: url, .cacheControl: "no-store"])
  }

  private func record(
    of file: UploadedFile, jobID text: String, _ caller: Caller
  ) async throws -> ImageRecord? {
    guard let id = JobID(text) else { throw APIError.noSuchJob }
    // Another one's job is none, whatever its state.
    guard let known = try await service.jobs.job(id), caller.sees(known.owner) else {
      throw APIError.noSuchJob
    }
    let job = try await service.completedJob(id)
    guard job.fileIDs.contains(file.id) else {
      throw APIError(.fileNotFound, "The job has no such file")
    }
    return try await service.jobs.records(of: job.id).first { $0.fileID == file.id }
  }
}

extension BlobReader {
  /// What a picture of a worker is: its key does not say.
  /// - Throws: `JobsError(.storageError)` when it is none.
  func pictureFormat() async throws -> ImageFormat {
    guard let format = ImageFormat(firstBytes: try await read(at: 0, count: 8)) else {
      throw JobsError(.storageError, "A stored picture is damaged")
    }
    return format
  }
}
