import Foundation
import Hummingbird
import Jobs
import ObjectDetection

/// The bytes of originals and of the pictures that jobs drew. Section 5 of the contract.
struct FileRoutes: Sendable {
  /// Whether clients may be sent to the file store: a page cannot read what comes from another host.
  private enum Redirect: String, CaseIterable {
    case allowed = "true"
    case none = "false"
  }

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
    return try await bytes(of: file, tag, request, context)
  }

  private func bytes(
    of file: UploadedFile, _ tag: EntityTag, _ request: Request, _ context: HarrierContext
  ) async throws -> Response {
    let answer = FileAnswer(
      reader: try await service.storedBlob(file.blobKey), contentType: file.contentType,
      filename: file.filename, tag: tag, policy: .unchanging)
    return try answer.response(to: request, context)
  }

  /// `GET /api/v1/files/{file_id}/picture`: as browsers can show it, from this service itself.
  @Sendable func displayed(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["job_id"])
    let file = try await file(context)
    if file.isShownByBrowsers {
      if let text = query["job_id"] { _ = try await record(of: file, jobID: text, context.caller) }
      let tag = EntityTag(opaque: file.sha256)
      if let answer = request.notModified(tag, .unchanging) { return answer }
      return try await bytes(of: file, tag, request, context)
    }
    let (record, policy) = try await record(of: file, query, context.caller)
    guard let key = record?.plainKey else { throw noPicture(record) }
    if let answer = request.notModified(EntityTag(of: key), policy) { return answer }
    // Jobs of older versions have drawn none.
    guard let reader = try await service.blobs.open(key) else { throw noPicture(record) }
    return try await answer(key, reader, "picture", of: file, policy, request, context)
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
    let query = try QueryParameters(request, allowing: ["job_id", "redirect"])
    let redirecting: Redirect = try query.choice("redirect") ?? .allowed
    let file = try await file(context)
    let (record, policy) = try await record(of: file, query, context.caller)
    guard let record, let key = record[keyPath: key] else { throw noPicture(record) }
    // The key names job, attempt and file, and is written once.
    if let answer = request.notModified(EntityTag(of: key), policy) { return answer }
    let reader = try await service.storedBlob(key)
    return try await answer(
      key, reader, kind, of: file, policy, request, context, mayRedirect: redirecting == .allowed)
  }

  private func noPicture(_ record: ImageRecord?) -> APIError {
    APIError(
      .fileNotFound, "The file has no such picture",
      details: record?.failure.map { "The image has failed: \($0.code): \($0.message)" }
        ?? "Pictures are drawn by jobs whose visualization is enabled")
  }

  private func answer(
    _ key: String, _ reader: any BlobReader, _ kind: String, of file: UploadedFile,
    _ policy: CachePolicy, _ request: Request, _ context: HarrierContext, mayRedirect: Bool = false
  ) async throws -> Response {
    let format = try await reader.pictureFormat()
    let stem = (file.filename as NSString).deletingPathExtension
    let filename = "\(stem).\(kind).\(format.fileExtension)"
    if mayRedirect,
      let answer = try await redirect(to: key, format.contentType, filename: filename, request)
    {
      return answer
    }
    let answer = FileAnswer(
      reader: reader, contentType: format.contentType, filename: filename,
      tag: EntityTag(of: key), policy: policy)
    return try answer.response(to: request, context)
  }

  /// What the job of `job_id` has of the file, else the newest that drew it; and how long that stays so.
  private func record(
    of file: UploadedFile, _ query: QueryParameters, _ caller: Caller
  ) async throws -> (ImageRecord?, CachePolicy) {
    guard let text = query["job_id"] else {
      // The newest job may be another one tomorrow; what one job drew stays as it is.
      return (try await service.jobs.newestPicture(of: file.id), .revalidated)
    }
    return (try await record(of: file, jobID: text, caller), .unchanging)
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
