import Hummingbird
import Jobs
import ObjectDetection

/// Runs another model over the pictures of a completed job, and says what is other in its results.
struct ComparisonRoutes: Sendable {
  let service: Service

  /// `POST /api/v1/jobs/{job_id}/compare`
  @Sendable func compare(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let id = try context.jobID()
    let intake = JobIntake(service: service)
    let body = try await intake.jsonBody(of: request)
    let idempotency = try intake.idempotencyKey(
      of: request, body: Array("compare \(id) ".utf8) + body, context)
    if let answer = try await intake.firstAnswer(to: idempotency) { return answer }
    let wish = try CompareRequest(parsing: body)
    let base = try await service.completedJob(id)
    // Both go together, which may be at any time.
    guard let upload = try await service.uploads.upload(base.uploadID) else {
      throw APIError.noSuchJob
    }
    let model = try await service.chosenModel(named: wish.model, field: "model")
    guard try await !ran(base, model) else {
      throw JSONFields.invalid([
        .field("model", "INVALID_VALUE", "The job has run \(model.name) already")
      ])
    }
    var job = try await service.comparisonJob(over: upload, like: base, model)
    job.priority = wish.priority
    job.owner = upload.owner
    job.comparison = JobComparison(base: base.id, isShadow: false)
    job.estimatedAt = try await service.estimates.completion(ofNew: job)
    return try await intake.queue(job, idempotency, context)
  }

  /// Whether the job was done by this version. Models of the operator's folder have none: their files may be others by
  /// now.
  private func ran(_ job: Job, _ model: InstalledModel) async throws -> Bool {
    if job.model != nil || model.pin != nil { return job.model == model.pin }
    guard let first = job.fileIDs.first else { return false }
    let results = try await service.results(of: job, only: first)
    return results.model.name == model.name && results.model.sha256 == model.sha256
  }

  /// `GET /api/v1/jobs/{job_id}/comparison`
  @Sendable func comparison(
    _ request: Request, _ context: HarrierContext
  ) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["base"])
    let job = try await service.completedJob(context.jobID())
    let base = try await base(of: job, query["base"], context.caller)
    let tag = EntityTag(
      of: job.id.description, "\(job.version)", base.id.description, "\(base.version)",
      request.uri.path, request.uri.query ?? "")
    if let answer = request.notModified(tag, .revalidated) { return answer }
    let pair = try await service.pair(job, with: base)
    guard !pair.images.isEmpty else {
      throw QueryParameters.invalid([
        .field("base", "INVALID_VALUE", "The two jobs have no file in common")
      ])
    }
    let report = try await service.compare(pair)
    return .json(
      Envelope.success { report.write(to: &$0) }, headers: .validators(tag, .revalidated))
  }

  /// The job that `base` names, else the one with which this was made to be compared.
  private func base(of job: Job, _ text: String?, _ caller: Caller) async throws -> Job {
    let id: JobID
    if let text {
      guard let named = JobID(text) else { throw APIError.noSuchJob }
      id = named
    } else if let own = job.comparison?.base {
      id = own
    } else {
      throw QueryParameters.invalid([
        .field("base", "REQUIRED", "The job was not made to be compared: name the other one")
      ])
    }
    guard id != job.id else {
      throw QueryParameters.invalid([.field("base", "INVALID_VALUE", "Must be another job")])
    }
    // Another one's job is none, whatever its state.
    guard let base = try await service.jobs.job(id), caller.sees(base.owner) else {
      throw APIError.noSuchJob
    }
    guard base.state == .completed else {
      throw APIError(
        .resultsNotReady, "The base has no results",
        details: "The job \(id) is \(base.state.rawValue)", field: "base")
    }
    return base
  }
}

/// The body of `POST /api/v1/jobs/{job_id}/compare`.
struct CompareRequest: Sendable, Equatable {
  /// A reference: `harbour@candidate`.
  let model: String
  let priority: JobPriority

  /// - Throws: `APIError`: `.invalidRequest` for malformed JSON; `.invalidConfig` with every field at fault;
  ///   `.modelNotFound` for what can name no model.
  init(parsing body: [UInt8]) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let name = fields.requiredString("model")
    if let name, ModelReference(resource: name) == nil {
      fields.notFound("model", .modelNotFound, "Nothing of this name is installed")
    }
    priority = fields.choice(
      "priority", among: JobPriority.allCases.map { ($0.contractName, $0) }, default: .normal)
    try fields.finish()
    model = name ?? ""
  }
}
