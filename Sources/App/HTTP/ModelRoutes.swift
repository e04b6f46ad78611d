import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import ObjectDetection

/// Which models there are: those of the operator's folder, and those that are registered.
struct ModelRoutes {
  private static let pageSizes = 1...1000
  private static let pageSize = 100

  let service: Service

  /// `GET /api/v1/models`
  ///
  /// Registered models come in pages; the folder's, which are few, are on the first one.
  @Sendable func list(_ request: Request, _ context: HarrierContext) async throws -> Response {
    let query = try QueryParameters(request, allowing: ["limit", "cursor"])
    let limit = try query.integer("limit", in: Self.pageSizes) ?? Self.pageSize
    let cursor = query["cursor"]
    if let cursor, !ResourceName.isValid(cursor) {
      throw QueryParameters.invalid([
        .field("cursor", "INVALID_VALUE", "Must be the next_cursor of an earlier answer")
      ])
    }
    var entries: [(name: String, json: String)] = []
    if cursor == nil {
      for model in try await service.models.folder.models() {
        let isDefault = model.name == service.settings.defaultModel
        entries.append((model.name, Self.object { $0.members(of: model, isDefault: isDefault) }))
      }
    }
    let folderNames = Set(entries.map(\.name))
    // One more tells whether there is a next page.
    let store = service.registry.store
    let registered = try await store.registeredModels(after: cursor, limit: limit + 1)
    for model in registered.prefix(limit) {
      // It may be gone by now.
      guard let version = try await store.modelVersion(ModelReference(name: model.name)) else {
        continue
      }
      let isDefault = !folderNames.contains(model.name) && service.isDefault(version, model)
      entries.append(
        (
          model.name,
          Self.object { json in
            json.members(of: InstalledModel(version), isDefault: isDefault)
            json.members(of: model)
          }
        ))
    }
    entries.sort { $0.name < $1.name }
    let next = registered.count > limit ? registered[limit - 1].name : nil
    return .json(
      Envelope.success { json in
        json.array("models") { json in
          for entry in entries { json.rawElement(entry.json) }
        }
        if let next { json.string("next_cursor", next) } else { json.null("next_cursor") }
      })
  }

  private static func object(_ body: (inout JSONWriter) -> Void) -> String {
    var json = JSONWriter()
    json.object(nil, body)
    return json.text
  }

  /// `GET /api/v1/models/{name}`
  @Sendable func model(_ request: Request, _ context: HarrierContext) async throws -> Response {
    _ = try QueryParameters(request, allowing: [])
    // Some clients write @ as %40.
    let name = context.parameters.get("name")?.removingPercentEncoding ?? ""
    let found: InstalledModel
    do {
      found = try await service.models.model(named: name)
    } catch let error as DetectionError where error.code == .modelNotFound {
      // In a path an unknown name is an unknown thing; MODEL_NOT_FOUND is a configuration's fault.
      throw APIError(.notFound, "No such model", cause: error.cause)
    }
    let body = try await document(found, isAdmin: context.caller.isAdmin)
    let tag = EntityTag(of: body)
    if let unchanged = request.notModified(tag, .revalidated) { return unchanged }
    return .json(body, headers: .validators(tag, .revalidated))
  }

  private func document(_ model: InstalledModel, isAdmin: Bool) async throws -> String {
    let store = service.registry.store
    guard let pin = model.pin,
      let version = try await store.modelVersion(
        ModelReference(name: pin.id.name, selector: .number(pin.id.number)))
    else {
      let isDefault = model.name == service.settings.defaultModel
      return Envelope.success { $0.members(of: model, isDefault: isDefault) }
    }
    let registered = try await store.registeredModel(named: pin.id.name)
    return Envelope.success { json in
      json.members(
        of: version, registered, isDefault: service.isDefault(version, registered),
        isAdmin: isAdmin)
    }
  }
}
