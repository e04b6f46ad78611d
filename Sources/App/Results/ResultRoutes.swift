import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ObjectDetection

/// The results of a job in every format. Section 4 of the contract.
struct ResultRoutes: Sendable {
  let service: Service

  /// `GET /api/v1/jobs/{job_id}/results`
  @Sendable func results(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(
      request, allowing: ResultFilter.parameters.union(["format", "file_id"]))
    let format: ResultFormat = try query.choice("format") ?? .json
    _ = try ResultFilter.minConfidence(query)
    let job = try await service.completedJob(context.jobID())
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job, only: query.fileID())
    let filter = try ResultFilter(query, model: results.model)
    return try await answer(results, filter, format, format.contentType, tag, context) { overview in
      Self.document(format, job.id, overview)
    }
  }

  /// `GET /api/v1/jobs/{job_id}/results/{file_id}/labels.txt`
  @Sendable func labels(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let job = try await service.completedJob(context.jobID())
    let fileID = try context.fileID()
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job, only: fileID)
    if case .failed(let failure) = results.images.first?.outcome {
      throw APIError(
        .fileNotFound, "The image has no labels",
        details: "It has failed: \(failure.code): \(failure.message)")
    }
    return try await answer(results, .everything, .yolo, "text/plain; charset=utf-8", tag, context)
    {
      overview in
      ResultFormat.yolo.document(of: overview)
    }
  }

  private func answer(
    _ results: JobResults, _ filter: ResultFilter, _ format: ResultFormat, _ contentType: String,
    _ tag: EntityTag, _ context: HarrierContext,
    document: @escaping @Sendable (ResultOverview) -> any ResultDocument
  ) async throws -> Response {
    var headers = HTTPFields.validators(tag, .revalidated)
    headers[.contentType] = contentType
    let service = service
    // Before the head: a stored file that is damaged is an error, not an answer that breaks off.
    let overview = try await results.overview(for: format, filter, service)
    let body = ResponseBody.stream(context) { writer in
      var pieces = ResultPieces(document(overview), of: results, overview, filter, service)
      while let piece = try await pieces.next() {
        try await writer.write(ByteBuffer(string: piece))
      }
    }
    return Response(status: .ok, headers: headers, body: body)
  }

  private static func document(
    _ format: ResultFormat, _ job: JobID, _ overview: ResultOverview
  ) -> any ResultDocument {
    var json = JSONWriter()
    json.beginObject()
    json.string("status", "success")
    json.beginObject("data")
    json.string("job_id", job.description)
    json.string("format", format.rawValue)
    return switch format {
    case .json: DetectionsJSON(overview, inside: json)
    case .yolo, .voc: LabelFiles(format, of: overview, job: job, inside: json)
    case .coco, .csv, .geojson: format.document(of: overview)
    }
  }
}

extension EntityTag {
  /// Of what is made from an ended job, which never changes: known without reading anything.
  init(of job: Job, _ request: Request) {
    self.init(of: job.id.description, "\(job.version)", request.uri.path, request.uri.query ?? "")
  }
}

extension QueryParameters {
  /// - Throws: `APIError(.fileNotFound)` for what is no id.
  func fileID() throws -> FileID? {
    try self["file_id"].map { text in
      guard let id = FileID(text) else { throw APIError.noSuchFile }
      return id
    }
  }
}

extension ResultFormat {
  /// Of the answer: YOLO and VOC come inside the envelope.
  var contentType: String {
    switch self {
    case .json, .yolo, .voc, .coco: "application/json; charset=utf-8"
    case .csv: "text/csv; charset=utf-8"
    case .geojson: "application/geo+json"
    }
  }
}
