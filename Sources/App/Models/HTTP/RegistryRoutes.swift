import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import ObjectDetection

/// Registers models, moves their aliases, and deletes them: for administrators.
struct RegistryRoutes {
  static let path = "/api/v1/models/{name}/versions"

  let service: Service

  /// `POST /api/v1/models/{name}/versions`
  @Sendable func publish(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = try context.modelName()
    context.audited["model"] = name
    // Before a gigabyte is on its way.
    try await service.registry.checkName(name)
    do {
      let registration = try await service.modelReceiver.receive(request) { upload in
        try await service.registry.publish(
          upload.candidate, as: name, alias: upload.alias,
          idempotency: { sha256 in
            // The same request sent twice has the same parts.
            let parts = [
              name, sha256, upload.alias ?? "",
              String(decoding: upload.candidate.document ?? [], as: UTF8.self),
            ]
            return try JobIntake(service: service).idempotencyKey(
              of: request, body: Array(parts.joined(separator: "\n").utf8), context)
          }, by: context.caller.owner)
      }
      return try await answer(registration, context)
    } catch let error as DetectionError where error.code == .modelLoadError {
      service.metrics.modelUploaded(.refused)
      throw APIError(
        .invalidModel, "The model cannot be used", details: error.message, cause: error.cause)
    } catch let refusal as GoldenRefusal {
      // The version is there; only its alias is not.
      service.metrics.modelUploaded(.registered)
      context.audited["model"] = refusal.version.description
      var error = APIError(refusal)
      error.headers[.location] = "/api/v1/models/\(refusal.version)"
      throw error
    } catch {
      service.metrics.modelUploaded(.failed)
      throw error
    }
  }

  private func answer(
    _ registration: ModelRegistration, _ context: HarrierContext
  ) async throws -> Response {
    let version = registration.version
    context.audited["model"] = version.id.description
    let isKnown = if case .known = registration { true } else { false }
    service.metrics.modelUploaded(isKnown ? .known : .registered)
    context.logger.info(
      "model registered",
      metadata: ["model": "\(version.id)", "sha256": "\(version.content.sha256)"])
    let model = try await service.registry.store.registeredModel(named: version.id.name)
    return .json(
      Envelope.success(
        message: isKnown ? "This model is a version already" : "Version registered"
      ) { json in
        json.members(
          of: version, model, isDefault: service.isDefault(version, model),
          isAdmin: context.caller.isAdmin)
      }, status: isKnown ? .ok : .created,
      headers: [.location: "/api/v1/models/\(version.id)"])
  }

  /// `DELETE /api/v1/models/{name}/versions/{version}`
  @Sendable func deleteVersion(
    _ request: Request, _ context: HarrierContext
  ) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.modelVersion()
    context.audited["model"] = id.description
    let version = try await Self.inPath { try await service.registry.deleteVersion(id) }
    return .json(
      Envelope.success(message: "Version deleted") { json in
        json.string("name", id.name)
        json.integer("version", id.number)
        json.integer("deleted_bytes", version.content.sizeBytes)
      })
  }

  /// `DELETE /api/v1/models/{name}`
  @Sendable func deleteModel(
    _ request: Request, _ context: HarrierContext
  ) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = try context.modelName()
    context.audited["model"] = name
    let versions = try await Self.inPath { try await service.registry.deleteModel(named: name) }
    return .json(
      Envelope.success(message: "Model deleted") { json in
        json.string("name", name)
        json.integer("deleted_versions", versions.count)
        json.integer("deleted_bytes", versions.reduce(0) { $0 + $1.content.sizeBytes })
      })
  }

  // MARK: - Aliases

  /// `GET /api/v1/models/{name}/aliases/{alias}`
  @Sendable func alias(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let (name, alias) = (try context.modelName(), try context.modelAlias())
    let model = try await service.registry.store.registeredModel(named: name)
    let moves = try await service.registry.store.moves(of: alias, of: name)
    guard let model, !moves.isEmpty else { throw APIError(.notFound, "No such alias") }
    return .json(
      Envelope.success { json in
        json.string("name", name)
        json.string("alias", alias)
        json.optional("version", model.aliases[alias])
        json.array("moves") { json in
          for move in moves.reversed() { json.object { $0.members(of: move) } }
        }
      })
  }

  /// `PUT /api/v1/models/{name}/aliases/{alias}`
  @Sendable func move(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let (name, alias) = (try context.modelName(), try context.modelAlias())
    context.audited["model"] = name
    context.audited["alias"] = alias
    let body = try await JobIntake(service: service).jsonBody(of: request)
    let wish = try AliasRequest(parsing: body)
    if wish.golden == .unchecked { context.audited["golden"] = "unchecked" }
    let move = try await Self.inPath {
      try await service.registry.move(
        alias, of: name, to: wish.version, expecting: wish.expectation, wish.golden,
        by: context.caller.owner)
    }
    context.audited["model"] = "\(name)@\(wish.version)"
    let isNew = move.map { $0.from == nil } ?? false
    return .json(
      Self.document(name, alias, wish.version, move), status: isNew ? .created : .ok,
      headers: isNew ? [.location: "/api/v1/models/\(name)/aliases/\(alias)"] : [:])
  }

  /// `POST /api/v1/models/{name}/aliases/{alias}/rollback`
  @Sendable func rollBack(_ request: Request, _ context: HarrierContext) async throws -> Response {
    try await undo(request, context) { name, alias, expectation in
      try await service.registry.store.rollBack(
        alias, of: name, expecting: expectation, by: context.caller.owner, now: service.now())
    }
  }

  /// `DELETE /api/v1/models/{name}/aliases/{alias}`
  @Sendable func removeAlias(
    _ request: Request, _ context: HarrierContext
  ) async throws -> Response {
    try await undo(request, context) { name, alias, expectation in
      try await service.registry.store.remove(
        alias, of: name, expecting: expectation, by: context.caller.owner, now: service.now())
    }
  }

  private func undo(
    _ request: Request, _ context: HarrierContext,
    _ body: (String, String, AliasExpectation) async throws -> AliasMove
  ) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["expected"])
    let expected = try query.integer("expected", in: 1...Int.max)
    let (name, alias) = (try context.modelName(), try context.modelAlias())
    context.audited["model"] = name
    context.audited["alias"] = alias
    let move = try await Self.inPath {
      try await body(name, alias, expected.map { .at($0) } ?? .anywhere)
    }
    if let number = move.to { context.audited["model"] = "\(name)@\(number)" }
    return .json(Self.document(name, alias, move.to, move))
  }

  private static func document(
    _ name: String, _ alias: String, _ number: Int?, _ move: AliasMove?
  ) -> String {
    Envelope.success(message: move == nil ? "It is there already" : "Alias moved") { json in
      json.string("name", name)
      json.string("alias", alias)
      json.optional("version", number)
      json.bool("moved", move != nil)
      if let move { json.optional("from", move.from) }
    }
  }

  /// In a path an unknown name is an unknown thing; MODEL_NOT_FOUND is a configuration's fault.
  static func inPath<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
      return try await body()
    } catch let error as JobsError where error.code == .modelNotFound {
      throw APIError(.notFound, error.message)
    }
  }
}

/// The body of `PUT .../aliases/{alias}`.
struct AliasRequest: Sendable, Equatable {
  let version: Int
  /// Where the alias must be; `null` for nowhere, absent for anywhere.
  let expectation: AliasExpectation
  /// Whether golden pictures are asked.
  let golden: GoldenGuard

  /// - Throws: `APIError(.invalidRequest)` for malformed JSON, `.invalidConfig` with every field at fault.
  init(parsing body: [UInt8]) throws {
    let value = try JSONValue(parsing: body)
    var fields = try JSONFields(value)
    let number = fields.integer("version", in: 0...Int.max, default: 0)
    if number == 0 { fields.note("version", "REQUIRED", "Must be a version of the model") }
    let isNowhere = fields.take("expected") == .null
    let expected = isNowhere ? 0 : fields.integer("expected", in: 1...Int.max, default: 0)
    golden = fields.bool("unchecked", default: false) ? .unchecked : .checked
    try fields.finish()
    version = number
    expectation = isNowhere ? .at(nil) : expected == 0 ? .anywhere : .at(expected)
  }
}

extension HarrierContext {
  /// The model in the path; what can be no name names nothing.
  func modelName() throws -> String {
    guard let name = parameters.get("name"), ResourceName.isValid(name) else {
      throw APIError(.notFound, "No such model")
    }
    return name
  }

  /// The version in the path.
  func modelVersion() throws -> ModelVersionID {
    let name = try modelName()
    guard let text = parameters.get("version"), let number = Int(text), number > 0,
      text == "\(number)"
    else { throw APIError(.notFound, "No such version") }
    return ModelVersionID(name: name, number: number)
  }

  /// The alias in the path.
  func modelAlias() throws -> String {
    guard let alias = parameters.get("alias"), ModelAlias.isValid(alias) else {
      throw APIError(
        .notFound, "No such alias", details: "A letter and at most 31 letters, digits and hyphens")
    }
    return alias
  }
}
