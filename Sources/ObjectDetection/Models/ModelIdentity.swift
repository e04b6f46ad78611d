/// Which model results come from: what stays known of it after it was unloaded, or removed.
public struct ModelIdentity: Sendable, Equatable {
  public var name: String
  /// nil where nothing but the name is known.
  public var task: ModelTask?
  /// Lower-case hexadecimal; nil where nothing but the name is known.
  public var sha256: String?
  /// Names by class id.
  public var classNames: [String]

  public init(name: String, task: ModelTask?, sha256: String?, classNames: [String]) {
    self.name = name
    self.task = task
    self.sha256 = sha256
    self.classNames = classNames
  }

  /// The label of a class id; ids beyond the model's names keep their number.
  public func className(_ classID: Int) -> String {
    classNames.indices.contains(classID) ? classNames[classID] : "class\(classID)"
  }
}

extension DetectionModel {
  public var identity: ModelIdentity {
    ModelIdentity(name: name, task: task, sha256: sha256, classNames: classNames)
  }

  /// The label of a class id; ids beyond the model's names keep their number.
  public func className(_ classID: Int) -> String { identity.className(classID) }
}
