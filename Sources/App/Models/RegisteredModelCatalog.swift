public import Jobs
public import ObjectDetection

/// The models of the operator's folder, and those that are registered. Where both have a name the folder's is meant;
/// versions of the other one keep their names.
///
/// Every look goes to the store: what an alias is moved to holds for the next request, in every process.
public struct RegisteredModelCatalog: ModelCatalog {
  /// Of a list that is for people to choose from.
  static let listLimit = 100

  let folder: any ModelCatalog
  private let store: any ModelStore

  public init(folder: any ModelCatalog, store: any ModelStore) {
    self.folder = folder
    self.store = store
  }

  /// Those of the folder, and the version that each registered model's name means, the first hundred.
  public func models() async throws -> [InstalledModel] {
    var models = try await folder.models()
    for registered in try await store.registeredModels(after: nil, limit: Self.listLimit) {
      guard let version = try await store.modelVersion(ModelReference(name: registered.name))
      else { continue }
      models.append(InstalledModel(version))
    }
    return models
  }

  /// - Parameter name: `tree-crowns`, `aerial`, `aerial@3` or `aerial@candidate`.
  /// - Returns: of a registered model the version that is meant now, by its own name: `aerial@3`.
  public func model(named name: String) async throws -> InstalledModel {
    guard let reference = ModelReference(resource: name) else { throw Self.noModel(name) }
    if reference.selector == .standard {
      do {
        return try await folder.model(named: name)
      } catch let error as DetectionError where error.code == .modelNotFound {
        // It may be a registered one.
      }
    }
    guard let version = try await store.modelVersion(reference) else { throw Self.noModel(name) }
    return InstalledModel(version)
  }

  private static func noModel(_ name: String) -> DetectionError {
    DetectionError(.modelNotFound, "no model named \"\(name)\" is installed or registered")
  }
}

extension ModelReference {
  /// nil for what can name no model: neither one of the folder nor a registered one.
  init?(resource text: String) {
    guard let reference = ModelReference(text), ResourceName.isValid(reference.name) else {
      return nil
    }
    self = reference
  }
}

extension InstalledModel {
  init(_ version: ModelVersion) {
    let content = version.content
    self.init(
      name: version.id.description, task: ModelTask(rawValue: content.task),
      classNames: content.classNames,
      inputSize: PixelSize(width: content.inputWidth, height: content.inputHeight),
      sha256: content.sha256, sizeBytes: content.sizeBytes, defaults: Self.defaults(in: content))
  }

  /// What its document says about classes and confidences.
  private static func defaults(in content: ModelContent) -> ClassSettings {
    guard let document = content.document else { return ClassSettings() }
    // It was read when the model was tried; one that this program does not know any more says nothing.
    let read = try? ModelDocument(json: Array(document.utf8), path: ModelFormat.documentName)
    return read?.classSettings ?? ClassSettings()
  }

  /// What a job that runs it is bound to; nil for a model of the operator's folder.
  var pin: ModelPin? {
    let versioned = VersionedName(name)
    return versioned.version.map {
      ModelPin(id: ModelVersionID(name: versioned.name, number: $0), sha256: sha256)
    }
  }
}
