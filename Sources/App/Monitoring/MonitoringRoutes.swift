import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import ObjectDetection

/// `/metrics`, `/health/live`, `/health/ready` and the dashboard. None of them may be cached.
struct MonitoringRoutes {
  let monitoring: Monitoring

  /// `GET /metrics`
  @Sendable func metrics(_ request: Request, _ context: HarrierContext) async throws -> Response {
    await monitoring.gauges.prepare()
    return .metrics(of: monitoring.registry, to: request)
  }

  /// `GET /api/v1/monitoring/dashboard`
  @Sendable func dashboard(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    return .json(
      try await monitoring.dashboard.document(), headers: [.cacheControl: "no-store"])
  }

  /// `GET /health/live`: the process answers. It asks no store: one that is down is not cured by a restart.
  @Sendable func live(_ request: Request, _ context: HarrierContext) async throws -> Response {
    .alive
  }

  /// `GET /health/ready`: the process can take work.
  @Sendable func ready(_ request: Request, _ context: HarrierContext) async throws -> Response {
    .json(try await monitoring.readiness.document(), headers: [.cacheControl: "no-store"])
  }
}

extension Response {
  /// Of a process that answers.
  static var alive: Response {
    .json(Envelope.success { $0.string("status", "ok") }, headers: [.cacheControl: "no-store"])
  }

  /// In the format that the scraper asks for.
  static func metrics(of registry: MetricRegistry, to request: Request) -> Response {
    let format = ExpositionFormat(accepting: request.headers[.accept])
    return Response(
      status: .ok,
      headers: [
        .contentType: format.contentType, .cacheControl: "no-store", .vary: "Accept",
      ],
      body: ResponseBody(byteBuffer: ByteBuffer(string: registry.exposition(format))))
  }
}
