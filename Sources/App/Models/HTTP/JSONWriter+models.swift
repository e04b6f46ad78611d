import Jobs
import ObjectDetection

extension JSONWriter {
  mutating func optional(_ key: String, _ value: Int?) {
    if let value { integer(key, value) } else { null(key) }
  }

  /// What is known of any model.
  mutating func members(of model: InstalledModel, isDefault: Bool) {
    let name = VersionedName(model.name)
    string("name", name.name)
    if let version = name.version { integer("version", version) }
    if let task = model.task { string("task", task.rawValue) }
    array("classes") { json in
      for name in model.labels { json.element(name) }
    }
    defaults(of: model)
    array("input_size") { json in
      json.element(model.inputSize.width)
      json.element(model.inputSize.height)
    }
    integer("size_bytes", model.sizeBytes)
    string("sha256", model.sha256)
    bool("default", isDefault)
  }

  /// What its document says about classes and confidences, and what holds where that says nothing.
  private mutating func defaults(of model: InstalledModel) {
    if let map = model.defaults.classMap, !map.isEmpty {
      object("class_map") { json in
        for (name, label) in map.sorted(by: { $0.key < $1.key }) { json.string(name, label) }
      }
    }
    object("defaults") { json in
      let confidence = model.defaults.confidenceThreshold ?? ClassSettings.standardConfidence
      json.raw("confidence_threshold", "\(confidence)")
      json.object("class_thresholds") { json in
        for (name, threshold) in model.defaults.classThresholds.sorted(by: { $0.key < $1.key }) {
          json.raw(name, "\(threshold)")
        }
      }
    }
  }

  /// A registered version, and what else is registered of its model.
  mutating func members(
    of version: ModelVersion, _ model: RegisteredModel?, isDefault: Bool, isAdmin: Bool
  ) {
    members(of: InstalledModel(version), isDefault: isDefault)
    string("format", version.content.format.rawValue)
    time("created_at", version.createdAt)
    // Names of callers are for administrators.
    if isAdmin, let creator = version.createdBy { string("created_by", creator) }
    if let document = version.content.document { string("document", document) }
    if let model { members(of: model) }
  }

  mutating func members(of model: RegisteredModel) {
    array("versions") { json in for number in model.numbers { json.element(number) } }
    object("aliases") { json in
      for (alias, number) in model.aliases.sorted(by: { $0.key < $1.key }) {
        json.integer(alias, number)
      }
    }
  }

  mutating func members(of move: AliasMove) {
    integer("number", move.number)
    optional("from", move.from)
    optional("to", move.to)
    time("moved_at", move.movedAt)
    if let mover = move.movedBy { string("moved_by", mover) }
    if let undoes = move.undoes { integer("undoes", undoes) }
  }
}

extension Service {
  /// Whether jobs that name no model run this version.
  func isDefault(_ version: ModelVersion, _ model: RegisteredModel?) -> Bool {
    guard let reference = ModelReference(resource: settings.defaultModel) else { return false }
    return reference.name == version.id.name
      && model?.number(reference.selector) == version.id.number
  }
}
