import HTTPTypes
import Hummingbird
import ObjectDetection

/// Which models are installed.
struct ModelRoutes {
  let service: Service

  /// `GET /api/v1/models`
  @Sendable func list(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let models = try await service.models.models()
    return .json(
      Envelope.success { json in
        json.array("models") { json in
          for model in models { json.object { write(model, to: &$0) } }
        }
      })
  }

  /// `GET /api/v1/models/{name}`
  @Sendable func model(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    let name = context.parameters.get("name") ?? ""
    do {
      let model = try await service.models.model(named: name)
      return .json(Envelope.success { write(model, to: &$0) })
    } catch let error as DetectionError where error.code == .modelNotFound {
      // In a path an unknown name is an unknown thing; MODEL_NOT_FOUND is a configuration's fault.
      throw APIError(.notFound, "No such model", cause: error.cause)
    }
  }

  private func write(_ model: InstalledModel, to json: inout JSONWriter) {
    json.string("name", model.name)
    if let task = model.task { json.string("task", task.rawValue) }
    json.array("classes") { json in
      for name in model.labels { json.element(name) }
    }
    if let map = model.defaults.classMap, !map.isEmpty {
      json.object("class_map") { json in
        for (name, label) in map.sorted(by: { $0.key < $1.key }) { json.string(name, label) }
      }
    }
    json.object("defaults") { json in
      let confidence = model.defaults.confidenceThreshold ?? ClassSettings.standardConfidence
      json.raw("confidence_threshold", "\(confidence)")
      json.object("class_thresholds") { json in
        for (name, threshold) in model.defaults.classThresholds.sorted(by: { $0.key < $1.key }) {
          json.raw(name, "\(threshold)")
        }
      }
    }
    json.array("input_size") { json in
      json.element(model.inputSize.width)
      json.element(model.inputSize.height)
    }
    json.integer("size_bytes", model.sizeBytes)
    json.string("sha256", model.sha256)
    json.bool("default", model.name == service.settings.defaultModel)
  }
}
