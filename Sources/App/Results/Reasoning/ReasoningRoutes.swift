import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import NIOPosix
import ObjectDetection

/// The explainability report: which detections a rule changed, from what to what, and why.
struct ReasoningRoutes: Sendable {
  enum Format: String, CaseIterable {
    case json, csv
  }

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/reasoning`
  @Sendable func reasoning(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["format"])
    let format: Format = try query.choice("format") ?? .json
    let job = try await service.completedJob(context.jobID())
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job)
    return try await report(
      on: results, format, HTTPFields.validators(tag, .revalidated), context
    ) { image in try await service.detections(of: image) }
  }

  /// `POST /api/v1/jobs/{job_id}/reasoning/preview`
  ///
  /// What another rule set would do to the detections of a finished job, as the model gave them.
  @Sendable func preview(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["format"])
    let format: Format = try query.choice("format") ?? .json
    let body = try await JobIntake(service: service).jsonBody(of: request)
    let wish = try PreviewRequest(parsing: body)
    let job = try await service.completedJob(context.jobID())
    let results = try await service.results(of: job)
    let set = try await service.ruleSet(named: wish.rules, field: "rules")
    let classNames = results.model.classNames
    let rules = try RuleReasoner(set, for: classNames, geometry: wish.geometry)
    let service = service
    return try await report(on: results, format, [:], context) { image in
      guard var found = try await service.detections(of: image) else { return nil }
      found.detections = found.reasoning?.undone(found.detections) ?? found.detections
      // In a crowd it takes a second.
      return try await NIOThreadPool.singleton.runIfActive { [found] in
        var found = found
        found.apply(rules, classNames: classNames)
        return found
      }
    }
  }

  private func report(
    on results: JobResults, _ format: Format, _ headers: HTTPFields, _ context: HarrierContext,
    reading read: @escaping @Sendable (StoredImage) async throws -> ImageDetections?
  ) async throws -> Response {
    // Totals come first; and a stored file that is damaged is an error, not an answer that breaks off.
    var totals = ReasoningReport.Totals()
    for image in results.images { totals.add(try await read(image)?.reasoning) }
    var headers = headers
    headers[.contentType] =
      format == .csv ? "text/csv; charset=utf-8" : "application/json; charset=utf-8"
    let body = ResponseBody.stream(context) { [totals] writer in
      var report = ReasoningReport(results, totals, format)
      try await writer.write(ByteBuffer(string: report.begin()))
      for image in results.images {
        let found = try await read(image)
        for piece in report.pieces(of: image, found) {
          try await writer.write(ByteBuffer(string: piece))
        }
      }
      try await writer.write(ByteBuffer(string: report.end()))
    }
    return Response(status: .ok, headers: headers, body: body)
  }
}

/// The body of a preview.
struct PreviewRequest: Sendable, Equatable {
  let rules: String
  let geometry: RuleGeometry

  /// - Throws: `APIError`: `.invalidRequest` for malformed JSON; `.invalidConfig` with every field at fault.
  init(parsing body: [UInt8]) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let name = fields.requiredString("rules")
    geometry = fields.choice("geometry", default: RuleGeometry.normalized)
    try fields.finish()
    rules = name ?? ""
  }
}

extension Service {
  /// All that is stored of an image, in memory; nil for one that failed.
  func detections(of image: StoredImage) async throws -> ImageDetections? {
    guard case .found(_, let key) = image.outcome else { return nil }
    let reader = try await storedBlob(key)
    let bytes = try await reader.read(
      at: 0, count: min(reader.sizeBytes, DetectionJob.maxResultBytes))
    return try DetectionsFile.decode(bytes).image
  }
}
