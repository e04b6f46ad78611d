import Hummingbird
import ObjectDetection

/// Which rule sets are installed.
struct RuleRoutes {
  let service: Service

  /// `GET /api/v1/rules`
  @Sendable func list(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let sets = try await service.rules.ruleSets()
    return .json(
      Envelope.success { json in
        json.array("rules") { json in
          for set in sets {
            json.object { json in
              json.string("name", set.name)
              switch set.result {
              case .success(let rules):
                json.string("sha256", rules.sha256)
                json.integer("pair_count", rules.table.modifiers.count)
              case .failure(let error):
                json.string("error", error.message)
              }
              json.bool("default", set.name == service.settings.defaultRules)
            }
          }
        }
      })
  }

  /// `GET /api/v1/rules/{name}`
  @Sendable func ruleSet(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["model"])
    let set: RuleSet
    do {
      set = try await service.rules.ruleSet(named: context.parameters.get("name") ?? "")
    } catch let error as DetectionError where error.code == .rulesNotFound {
      // In a path an unknown name is an unknown thing; RULES_NOT_FOUND is a configuration's fault.
      throw APIError(.notFound, "No such rule set", cause: error.cause)
    } catch let error as DetectionError where error.code == .reasoningError {
      throw APIError(
        .rulesNotFound, "The rule set cannot be used", details: error.message, cause: error.cause)
    }
    var model: InstalledModel?
    if let name = query["model"] { model = try await service.models.model(named: name) }
    return .json(
      Envelope.success { json in
        json.string("name", set.name)
        json.string("sha256", set.sha256)
        json.bool("default", set.name == service.settings.defaultRules)
        json.string("source", set.source)
        json.array("table") { json in
          for modifier in set.table.modifiers {
            json.object { json in
              json.string("first", modifier.first)
              json.string("second", modifier.second)
              json.raw("weight", "\(modifier.weight)")
              json.string(
                "effect",
                modifier.weight > 1 ? "BOOST" : modifier.weight < 1 ? "PENALTY" : "NONE")
            }
          }
        }
        guard let model else { return }
        json.array("warnings") { json in
          for warning in set.warnings(for: model.labels) { json.element(warning) }
        }
      })
  }
}
