import HTTPTypes
import Hummingbird
import Jobs
import ObjectDetection

/// Which candidate runs beside a model, and how it compares: for administrators.
struct ShadowRoutes {
  static let path = "/api/v1/models/{name}/shadow"

  let service: Service

  /// `GET /api/v1/models/{name}/shadow`
  @Sendable func shadow(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["base", "candidate"])
    let base = try query.integer("base", in: 1...Int.max)
    let candidate = try query.integer("candidate", in: 1...Int.max)
    let name = try context.modelName()
    let summary: ShadowSummary
    do {
      summary = try await service.registry.store.shadowSummary(
        of: name, base: base, candidate: candidate)
    } catch let error as JobsError where error.code == .modelNotFound {
      throw APIError(.notFound, error.message)
    }
    return .json(Envelope.success { $0.members(of: summary) })
  }

  /// `PUT /api/v1/models/{name}/shadow`
  @Sendable func set(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = try context.modelName()
    context.audited["model"] = name
    let wish = try ShadowRequest(
      parsing: try await JobIntake(service: service).jsonBody(of: request))
    let rule = ShadowRule(
      name: name, candidate: wish.candidate, share: wish.share, setAt: service.now(),
      setBy: context.caller.owner)
    context.audited["candidate"] = rule.reference.description
    let store = service.registry.store
    guard try await store.registeredModel(named: name) != nil else {
      throw APIError(.notFound, "No model \(name) is registered")
    }
    let before: ShadowRule?
    do {
      before = try await store.setShadowChecked(rule)
    } catch let error as JobsError where error.code == .modelNotFound {
      throw APIError(
        .modelNotFound, "No such model",
        entries: [.field("candidate", APIErrorCode.modelNotFound.rawValue, error.message)])
    }
    return .json(
      Self.document(rule, before == nil ? "Rule set" : "Rule replaced"),
      status: before == nil ? .created : .ok,
      headers: before == nil ? [.location: "/api/v1/models/\(name)/shadow"] : [:])
  }

  /// `DELETE /api/v1/models/{name}/shadow`
  @Sendable func remove(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = try context.modelName()
    context.audited["model"] = name
    guard let rule = try await service.registry.store.removeShadow(of: name) else {
      throw APIError(.notFound, "Nothing runs beside this model")
    }
    return .json(Self.document(rule, "Rule removed"))
  }

  private static func document(_ rule: ShadowRule, _ message: String) -> String {
    Envelope.success(message: message) { json in
      json.string("name", rule.name)
      json.object("rule") { $0.members(of: rule) }
    }
  }
}

/// The body of `PUT .../shadow`.
struct ShadowRequest: Sendable, Equatable {
  let candidate: ModelReference.Selector
  let share: Double

  /// - Throws: `APIError(.invalidRequest)` for malformed JSON, `.invalidConfig` with every field at fault.
  init(parsing body: [UInt8]) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let candidate = fields.candidate("candidate")
    share = fields.share("share")
    try fields.finish()
    self.candidate = candidate ?? .standard
  }
}

extension JSONFields {
  /// A version's number, or an alias.
  fileprivate mutating func candidate(_ key: String) -> ModelReference.Selector? {
    switch take(key) {
    case nil: note(key, "REQUIRED", "Must be a version or an alias of the model")
    case .number(let number)?:
      if let number = number.integer, number > 0 { return .number(number) }
      note(key, "OUT_OF_RANGE", "Must be a version's number, from 1")
    case .string(let alias)?:
      if ModelAlias.isValid(alias) { return .alias(alias) }
      note(key, "INVALID_VALUE", "Must be a letter and at most 31 letters, digits and hyphens")
    default: note(key, "WRONG_TYPE", "Must be a whole number or a string")
    }
    return nil
  }

  fileprivate mutating func share(_ key: String) -> Double {
    let share = number(key, in: 0...1, default: ShadowRule.standardShare)
    if share == 0 { note(key, "OUT_OF_RANGE", "Must be above 0 and at most 1") }
    return share
  }
}

extension JSONWriter {
  fileprivate mutating func members(of rule: ShadowRule) {
    switch rule.candidate {
    case .number(let number): integer("candidate", number)
    case .alias(let alias): string("candidate", alias)
    case .standard: string("candidate", ModelAlias.production)
    }
    raw("share", "\(rule.share)")
    time("set_at", rule.setAt)
    if let name = rule.setBy { string("set_by", name) }
  }

  fileprivate mutating func members(of summary: ShadowSummary) {
    string("name", summary.name)
    if let rule = summary.rule { object("rule") { $0.members(of: rule) } } else { null("rule") }
    optional("base_version", summary.base)
    optional("candidate_version", summary.candidate)
    guard let report = summary.report else { return null("report") }
    object("report") { $0.members(of: report) }
  }

  private mutating func members(of report: ShadowReport) {
    integer("jobs", report.jobs)
    integer("failed", report.failed)
    integer("pending", report.pending)
    integer("images", report.comparison.images)
    members(of: report.comparison)
    array("failures") { json in
      for (failure, count) in report.sortedFailures {
        json.object { json in
          json.string("side", failure.side.rawValue)
          json.string("code", failure.code)
          json.integer("count", count)
        }
      }
    }
    array("worst") { json in
      for pair in report.worst {
        json.object { json in
          json.string("job_id", pair.baseJob.description)
          json.string("shadow_job_id", pair.shadowJob.description)
          json.number("agreement", pair.agreement, places: 6)
          json.time("compared_at", pair.comparedAt)
        }
      }
    }
  }
}
