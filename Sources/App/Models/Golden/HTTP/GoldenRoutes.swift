import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOPosix
import ObjectDetection

/// Golden pictures of registered models, and what versions find in them: for administrators.
struct GoldenRoutes {
  static let path = "/api/v1/models/{name}/golden"
  static let checkPath = "\(RegistryRoutes.path)/{version}/check"

  /// Of the parts beside the pictures, and of what stands between them.
  static let otherBytes = GoldenUploadSink.maxExpectedBytes + 1 << 20

  let service: Service
  private var registry: ModelRegistry { service.registry }

  /// `PUT /api/v1/models/{name}/golden`
  @Sendable func put(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = try context.modelName()
    context.audited["model"] = name
    // Before a quarter of a gigabyte is on its way.
    guard try await registry.store.registeredModel(named: name) != nil else {
      throw APIError(.notFound, "No such model")
    }
    let isJSON = request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true
    let set = try await RegistryRoutes.inPath {
      isJSON ? try await ofJob(request, name, context) : try await uploaded(request, name, context)
    }
    context.audited["golden_set"] = set.id.description
    return .json(
      Envelope.success(message: "Golden pictures kept") { $0.members(of: set, []) },
      status: .created, headers: [.location: "/api/v1/models/\(name)/golden"])
  }

  private func ofJob(
    _ request: Request, _ name: String, _ context: HarrierContext
  ) async throws -> GoldenSet {
    let body = try await JobIntake(service: service).jsonBody(of: request)
    let wish = try GoldenRequest(parsing: body)
    context.audited["job_id"] = wish.jobID.description
    return try await service.modelReceiver.slots.withSlot {
      try await service.putGoldenSet(wish, of: name, by: context.caller.owner)
    }
  }

  private func uploaded(
    _ request: Request, _ name: String, _ context: HarrierContext
  ) async throws -> GoldenSet {
    let limit = service.settings.maxGoldenBytes + Self.otherBytes
    let tooLarge = APIError(
      .uploadTooLarge, "The golden pictures are too large",
      details: "At most \(service.settings.maxGoldenBytes) bytes of pictures for one model")
    if let length = request.headers.announcedBytes, length > limit { throw tooLarge }
    let boundary = try MultipartBoundary(contentType: request.headers[.contentType] ?? "")
    let threads = service.modelReceiver.threads
    return try await service.modelReceiver.slots.withSlot {
      let sink = GoldenUploadSink(
        boundary: boundary, stem: try await service.blobs.temporaryPath(),
        settings: service.settings)
      do {
        try await BodyIntake(threads: threads, maxBytes: limit, tooLarge: tooLarge)
          .fill(sink, from: request.body)
        let upload = try await threads.runIfActive { try sink.finish() }
        let set = try await registry.putGoldenSet(
          try draft(upload), of: name, by: context.caller.owner)
        await remove(sink)
        return set
      } catch {
        await remove(sink)
        throw error
      }
    }
  }

  private func draft(_ upload: GoldenUpload) throws -> GoldenDraft {
    do {
      return try GoldenDraft(
        pictures: upload.pictures, marked: upload.marked, demand: upload.demand,
        maxBytes: service.settings.maxGoldenBytes)
    } catch let error as DetectionError where error.code == .invalidFormat {
      throw GoldenUploadSink.invalid(
        "expected", "INVALID_VALUE",
        error.message.prefix(1).uppercased() + error.message.dropFirst())
    }
  }

  private func remove(_ sink: GoldenUploadSink) async {
    do {
      try await uncancelled { [threads = service.modelReceiver.threads] in
        try await threads.runIfActive { sink.removeTemporaryFiles() }
      }
    } catch {
      service.logger.warning("temporary files stay behind", metadata: ["cause": "\(error)"])
    }
  }

  /// `GET /api/v1/models/{name}/golden`
  @Sendable func golden(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let set = try await set(of: try context.modelName())
    let verdicts = try await registry.store.verdicts(
      by: set.id, limit: service.settings.maxModelVersions)
    return .json(Envelope.success { $0.members(of: set, verdicts) })
  }

  /// `DELETE /api/v1/models/{name}/golden`
  @Sendable func remove(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = try context.modelName()
    context.audited["model"] = name
    let set = try await RegistryRoutes.inPath { try await registry.removeGoldenSet(of: name) }
    context.audited["golden_set"] = set.id.description
    return .json(
      Envelope.success(message: "Golden pictures deleted") { json in
        json.string("name", name)
        json.string("set_id", set.id.description)
        json.integer("deleted_bytes", set.sizeBytes)
      })
  }

  // MARK: - Checks

  /// `POST /api/v1/models/{name}/versions/{version}/check`
  @Sendable func check(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.modelVersion()
    context.audited["model"] = id.description
    let verdict = try await RegistryRoutes.inPath {
      try await registry.check(id, by: context.caller.owner)
    }
    return try await answer(
      verdict, verdict.passed ? "The version passes" : "The version does not pass")
  }

  /// `GET /api/v1/models/{name}/versions/{version}/check`
  @Sendable func kept(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.modelVersion()
    let set = try await set(of: id.name)
    guard let verdict = try await registry.store.verdict(of: id, by: set.id) else {
      throw APIError(.notFound, "The version was not checked with these golden pictures")
    }
    return try await answer(verdict, nil)
  }

  private func answer(_ verdict: GoldenVerdict, _ message: String?) async throws -> Response {
    let set = try await set(of: verdict.version.name)
    guard set.id == verdict.setID else {
      throw JobsError.goldenSetReplaced(verdict.version.name)
    }
    return .json(
      Envelope.success(message: message) { json in json.members(of: verdict, set.demand) })
  }

  private func set(of name: String) async throws -> GoldenSet {
    guard let set = try await registry.store.goldenSet(of: name) else {
      throw APIError(.notFound, "The model has no golden pictures")
    }
    return set
  }
}
