import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import Jobs
import ObjectDetection

/// The knowledge graph of a job: how often classes stand near, beside or on each other.
struct RelationRoutes: Sendable {
  private enum Format: String, CaseIterable {
    case json, prolog, svg

    var contentType: String {
      switch self {
      case .json: "application/json; charset=utf-8"
      case .prolog: "text/x-prolog; charset=utf-8"
      case .svg: "image/svg+xml"
      }
    }
  }

  /// Of an image, the most confident ones: when all stand together the time grows with their square.
  private static let maxDetections = 20_000

  let service: Service

  /// `GET /api/v1/jobs/{job_id}/relations`
  @Sendable func relations(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["format"])
    let format: Format = try query.choice("format") ?? .json
    let job = try await service.completedJob(context.jobID())
    let tag = EntityTag(of: job, request)
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let results = try await service.results(of: job)
    var graph = RelationGraph()
    var limitedImages = 0
    for image in results.images {
      guard let found = try await service.detections(of: image) else { continue }
      if found.detections.count > Self.maxDetections { limitedImages += 1 }
      // In a crowd it takes seconds.
      graph = try await NIOThreadPool.singleton.runIfActive { [graph] in
        var graph = graph
        graph.add(
          Array(found.detections.prefix(Self.maxDetections)), classNames: results.model.classNames)
        return graph
      }
    }
    var headers = HTTPFields.validators(tag, .revalidated)
    headers[.contentType] = format.contentType
    let text =
      switch format {
      case .json:
        Envelope.success { json in
          json.string("job_id", job.id.description)
          json.integer("limited_images", limitedImages)
          json.raw("graph", graph.json())
        }
      case .prolog: graph.prolog()
      case .svg: graph.svg()
      }
    return Response(
      status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
