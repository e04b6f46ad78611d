import Hummingbird
import Jobs

/// All routes of the service, on one page.
struct Routes {
  let service: Service
  let monitoring: Monitoring
  let access: AccessControl

  var table: RouteTable {
    RouteTable([inference, registry, jobs, files, callers, numbers, documentation].flatMap(\.self))
  }

  private var inference: [Route] {
    let uploads = UploadRoutes(service: service)
    let predictions = PredictRoutes(service: service)
    let models = ModelRoutes(service: service)
    let rules = RuleRoutes(service: service)
    return [
      Route(.post, UploadRoutes.path, uploads.upload),
      Route(.delete, "/api/v1/uploads/{upload_id}", uploads.delete),
      Route(.post, "/api/v1/inference/predict", predictions.predict),
      Route(.get, "/api/v1/models", models.list),
      Route(.get, "/api/v1/models/{name}", models.model),
      Route(.get, "/api/v1/rules", rules.list),
      Route(.get, "/api/v1/rules/{name}", rules.ruleSet),
    ]
  }

  private var registry: [Route] {
    let registry = RegistryRoutes(service: service)
    let golden = GoldenRoutes(service: service)
    let shadows = ShadowRoutes(service: service)
    let alias = "/api/v1/models/{name}/aliases/{alias}"
    return [
      Route(.post, RegistryRoutes.path, access: .scope(.admin), registry.publish),
      Route(
        .delete, "\(RegistryRoutes.path)/{version}", access: .scope(.admin),
        registry.deleteVersion),
      Route(.delete, "/api/v1/models/{name}", access: .scope(.admin), registry.deleteModel),
      Route(.get, alias, access: .scope(.admin), registry.alias),
      Route(.put, alias, access: .scope(.admin), registry.move),
      Route(.delete, alias, access: .scope(.admin), registry.removeAlias),
      Route(.post, "\(alias)/rollback", access: .scope(.admin), registry.rollBack),
      Route(.put, GoldenRoutes.path, access: .scope(.admin), golden.put),
      Route(.get, GoldenRoutes.path, access: .scope(.admin), golden.golden),
      Route(.delete, GoldenRoutes.path, access: .scope(.admin), golden.remove),
      Route(.post, GoldenRoutes.checkPath, access: .scope(.admin), golden.check),
      Route(.get, GoldenRoutes.checkPath, access: .scope(.admin), golden.kept),
      Route(.get, ShadowRoutes.path, access: .scope(.admin), shadows.shadow),
      Route(.put, ShadowRoutes.path, access: .scope(.admin), shadows.set),
      Route(.delete, ShadowRoutes.path, access: .scope(.admin), shadows.remove),
    ]
  }

  private var jobs: [Route] {
    let jobs = JobRoutes(service: service)
    let events = EventRoutes(service: service)
    let feed = FeedRoutes(service: service)
    let deliveries = DeliveryRoutes(service: service)
    let results = ResultRoutes(service: service)
    let reasoning = ReasoningRoutes(service: service)
    let relations = RelationRoutes(service: service)
    let exports = ExportRoutes(service: service)
    let attempts = AttemptRoutes(service: service)
    let retries = RetryRoutes(service: service)
    let comparisons = ComparisonRoutes(service: service)
    let logs = JobLogRoutes(service: service)
    return [
      Route(.get, "/api/v1/jobs", jobs.list),
      Route(.get, "/api/v1/jobs/events", feed.events),
      Route(.get, "/api/v1/jobs/{job_id}/status", jobs.status),
      Route(.post, "/api/v1/jobs/{job_id}/cancel", jobs.cancel),
      Route(.post, "/api/v1/jobs/{job_id}/retry", retries.retry),
      Route(.post, "/api/v1/jobs/{job_id}/compare", comparisons.compare),
      Route(.get, "/api/v1/jobs/{job_id}/comparison", comparisons.comparison),
      Route(.get, "/api/v1/jobs/{job_id}/attempts", attempts.list),
      Route(.get, "/api/v1/jobs/{job_id}/log", logs.log),
      Route(.get, "/api/v1/jobs/{job_id}/events", events.events),
      Route(.get, "/api/v1/jobs/{job_id}/deliveries", deliveries.deliveries),
      Route(.get, "/api/v1/jobs/{job_id}/results", results.results),
      Route(.get, "/api/v1/jobs/{job_id}/reasoning", reasoning.reasoning),
      Route(.post, "/api/v1/jobs/{job_id}/reasoning/preview", reasoning.preview),
      Route(.get, "/api/v1/jobs/{job_id}/relations", relations.relations),
      Route(.get, "/api/v1/jobs/{job_id}/export", exports.export),
    ]
  }

  private var files: [Route] {
    let files = FileRoutes(service: service)
    let results = ResultRoutes(service: service)
    let pictures = VisualizationRoutes(service: service)
    return [
      Route(.get, "/api/v1/jobs/{job_id}/visualization", pictures.visualization),
      Route(
        .get, "/api/v1/jobs/{job_id}/results/{file_id}/labels.txt", exempt: true, results.labels),
      Route(.get, "/api/v1/files/{file_id}/original", exempt: true, files.original),
      Route(.get, "/api/v1/files/{file_id}/picture", exempt: true, files.displayed),
      Route(.get, "/api/v1/files/{file_id}/annotated", exempt: true, files.annotated),
      Route(.get, "/api/v1/files/{file_id}/thumbnail", exempt: true, files.thumbnail),
    ]
  }

  private var callers: [Route] {
    let callers = AccessRoutes(service: service, access: access)
    return [
      Route(.post, "/api/v1/auth/token", access: .anyone, callers.token),
      Route(.get, "/api/v1/auth/me", access: .known, callers.me),
      Route(.post, "/api/v1/auth/session", access: .anyone, callers.begin),
      Route(.delete, "/api/v1/auth/session", access: .anyone, callers.end),
    ]
  }

  private var numbers: [Route] {
    let routes = MonitoringRoutes(monitoring: monitoring)
    return [
      Route(.get, "/metrics", exempt: true, access: .scope(.metrics), routes.metrics),
      Route(.get, "/health/live", exempt: true, access: .anyone, routes.live),
      Route(.get, "/health/ready", exempt: true, access: .anyone, routes.ready),
      Route(.get, "/api/v1/monitoring/dashboard", access: .scope(.metrics), routes.dashboard),
    ]
  }

  private var documentation: [Route] {
    let documentation = DocumentationRoutes(service: service)
    let console = ConsoleRoutes()
    return [
      Route(.get, "/", exempt: true, access: .anyone, console.page),
      Route(.get, "/console/{asset}", exempt: true, access: .anyone, console.asset),
      Route(.get, "/openapi.json", exempt: true, access: .anyone, documentation.openAPI),
      Route(.get, "/docs", exempt: true, access: .anyone, documentation.page),
      Route(.get, "/docs/{asset}", exempt: true, access: .anyone, documentation.asset),
    ]
  }
}
