import ObjectDetection

extension DetectionConfiguration {
  /// The configuration as a document: every field of the contract, always in this order. The same
  /// configuration always reads the same, and a client could send it again.
  var json: String {
    var json = JSONWriter()
    json.object { json in
      json.string("model", model)
      json.shortest("confidence_threshold", confidenceThreshold)
      json.shortest("iou_threshold", merging.threshold)
      json.integer("max_detections", maxDetections)
      if let classes {
        json.array("classes") { json in for name in classes { json.element(name) } }
      } else {
        json.null("classes")
      }
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
    self.init(&fields, defaultModel: "")
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
