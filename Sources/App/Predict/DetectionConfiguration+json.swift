import ObjectDetection

extension DetectionConfiguration {
  /// The configuration as a document: every field of the contract, always in this order, and the rules that
  /// were chosen. Without a map or thresholds of classes it has no such member, so that workers of an older version,
  /// which know none, can do the job. The same configuration always reads the same.
  var json: String {
    var json = JSONWriter()
    json.object { json in
      json.string("model", model)
      json.shortest(
        "confidence_threshold",
        classSettings.confidenceThreshold ?? ClassSettings.standardConfidence)
      json.shortest("iou_threshold", merging.threshold)
      json.integer("max_detections", maxDetections)
      if let classes {
        json.array("classes") { json in for name in classes { json.element(name) } }
      } else {
        json.null("classes")
      }
      json.members(of: classSettings)
      json.object("sahi") { json in
        json.bool("enabled", isSliced)
        json.integer("slice_width", slicing.width)
        json.integer("slice_height", slicing.height)
        json.shortest("overlap_ratio", slicing.overlapRatio)
        json.bool("full_image", slicing.includesFullImage)
        json.string("merge", merging.method.rawValue)
        json.string("merge_metric", merging.metric.rawValue)
      }
      json.object("symbolic_reasoning") { json in
        json.bool("enabled", isReasoned)
        if let rules { json.string("rules", rules) } else { json.null("rules") }
        json.string("geometry", geometry.rawValue)
        if let reasoner { json.members(of: reasoner) }
      }
      json.object("visualization") { json in
        json.bool("enabled", isAnnotated)
        json.bool("show_labels", annotationOptions.showsLabels)
        json.bool("confidence_display", annotationOptions.showsConfidence)
        if let width = annotationOptions.lineWidth {
          json.shortest("line_width", width)
        } else {
          json.null("line_width")
        }
        json.string("format", annotationOptions.format.rawValue)
      }
    }
    return json.text
  }

  /// Reads what `json` wrote.
  /// - Throws: `APIError(.invalidConfig)` or `.invalidRequest` when it is none.
  init(json: String) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: Array(json.utf8)))
    self.init(&fields, defaultModel: "", isKept: true)
    try fields.finish()
    guard !model.isEmpty else {
      throw JSONFields.invalid([.field("model", "REQUIRED", "Is required")])
    }
  }
}

extension JSONWriter {
  /// The shortest text that reads as the same double.
  fileprivate mutating func shortest(_ key: String, _ value: Double) { raw(key, "\(value)") }
}

extension JSONWriter {
  fileprivate mutating func members(of reasoner: RuleReasoner) {
    string("rules_name", reasoner.rules.name)
    string("rules_sha256", reasoner.rules.sha256)
    array("modifiers") { json in
      for modifier in reasoner.table.modifiers {
        json.element(modifier.first)
        json.element(modifier.second)
        json.element("\(modifier.weight)")
      }
    }
  }
}

extension JSONFields {
  /// The rules that `members(of:)` wrote; nil where there were none.
  mutating func reasoner(_ rules: String?, _ geometry: RuleGeometry) -> RuleReasoner? {
    let name = optionalString("rules_name")
    let sha256 = optionalString("rules_sha256")
    let texts = optionalStrings("modifiers", count: 0...RuleTable.maxPairs * 3)
    guard let name, let sha256, let texts else { return nil }
    let modifiers = stride(from: 0, to: texts.count - texts.count % 3, by: 3).compactMap { index in
      Double(texts[index + 2]).map {
        ConfidenceModifier(first: texts[index], second: texts[index + 1], weight: $0)
      }
    }
    guard modifiers.count * 3 == texts.count, let table = try? RuleTable(modifiers) else {
      note("modifiers", "INVALID_VALUE", "Must be classes and weights")
      return nil
    }
    return RuleReasoner(
      RuleSetIdentity(name: name, sha256: sha256), table: table, geometry: geometry)
  }
}
