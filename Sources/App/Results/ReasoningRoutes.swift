import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import ObjectDetection

/// The explainability report: which detections a rule changed, from what to what, and why.
struct ReasoningRoutes: Sendable {
  private enum Format: String, CaseIterable {
    case json, csv
  }

  /// Of the CSV report, one line a changed detection.
  private static let columns = [
    "file_id", "filename", "class_id", "class_name", "x_min", "y_min", "x_max", "y_max",
    "confidence_before", "confidence_after", "rules",
  ]

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/reasoning`
  @Sendable func reasoning(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["format"])
    let format: Format = try query.choice("format") ?? .json
    let job = try await service.completedJob(context.jobID())
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job)
    var headers = HTTPFields.validators(tag, .revalidated)
    switch format {
    case .json: return .json(Self.report(results), headers: headers)
    case .csv:
      headers[.contentType] = "text/csv; charset=utf-8"
      let text = Self.columns.joined(separator: ",") + "\n"
      return Response(
        status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
  }

  /// Detections are stored as the model gave them: no rule set has been applied, so none has changed.
  private static func report(_ results: JobResults) -> String {
    Envelope.success { json in
      json.string("job_id", results.job.id.description)
      json.null("rules")
      json.integer("total_images", results.images.count)
      json.integer("total_changes", 0)
      json.array("results") { json in
        for image in results.images {
          json.object { json in
            json.string("file_id", image.file.id.description)
            json.string("filename", image.file.filename)
            switch image.outcome {
            case .failed(let failure):
              json.imageError(code: failure.code, message: failure.message)
            case .found:
              json.array("changes") { _ in }
            }
          }
        }
      }
    }
  }
}
