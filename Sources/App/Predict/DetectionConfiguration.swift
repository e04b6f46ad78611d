import Jobs
import ObjectDetection

/// The `config` of a predict request with every default filled in, as a job keeps it.
struct DetectionConfiguration: Sendable, Equatable {
  var model: String
  /// As the request has it; once settled, what is in force.
  var classSettings: ClassSettings
  var maxDetections: Int
  /// Names in results of the classes to keep; nil keeps all.
  var classes: [String]?
  /// Whether the image is looked at in slices; what `slicing` says is kept all the same.
  var isSliced: Bool
  var slicing: Slicing
  /// Its threshold is `iou_threshold`.
  var merging: Merging
  var isReasoned: Bool
  /// nil is the server's default rule set.
  var rules: String?
  var geometry: RuleGeometry
  /// The rules as they were when the job was accepted, for the model's classes: a file that changes later changes no
  /// job. nil where there are none.
  var reasoner: RuleReasoner?
  /// Whether annotated pictures are made; what `annotationOptions` says is kept all the same.
  var isAnnotated: Bool
  var annotationOptions: AnnotationOptions

  /// Reads the fields of `config`; problems are noted there.
  /// - Parameter isKept: by us, with the rules; clients have no say in what a rule set holds.
  init(_ fields: inout JSONFields, defaultModel: String, isKept: Bool = false) {
    model =
      fields.resourceName(
        "model", orFileIn: "model_path", else: .modelNotFound,
        isValid: { ModelReference(resource: $0) != nil }) ?? defaultModel
    classSettings = fields.classSettings()
    let iou = fields.number("iou_threshold", in: 0...1, default: 0.45)
    maxDetections = fields.integer("max_detections", in: 1...100_000, default: 3000)
    classes = fields.optionalStrings("classes", count: 1...10_000)
    (isSliced, slicing, merging) = fields.section("sahi") { sahi in
      let isEnabled = sahi.bool("enabled", default: true)
      let slicing = Slicing(
        width: sahi.integer("slice_width", in: 256...2048, default: 640),
        height: sahi.integer("slice_height", in: 256...2048, default: 640),
        overlapRatio: sahi.number("overlap_ratio", in: 0...0.5, default: 0.2),
        includesFullImage: sahi.bool("full_image", default: true))
      let merging = Merging(
        // The contract's default whatever the threshold; SAHI itself turns to NMS below 0.1.
        method: sahi.choice("merge", default: .greedyNMM),
        metric: sahi.choice("merge_metric", default: .iou), threshold: iou)
      return (isEnabled, slicing, merging)
    }
    (isReasoned, rules, geometry, reasoner) = fields.section("symbolic_reasoning") { reasoning in
      let isEnabled = reasoning.bool("enabled", default: true)
      // A set is looked up only when reasoning is enabled, so only then its name matters.
      let rules = reasoning.resourceName(
        "rules", orFileIn: "rules_file", else: isEnabled ? .rulesNotFound : nil)
      let geometry = reasoning.choice("geometry", default: RuleGeometry.normalized)
      let reasoner = isKept ? reasoning.reasoner(rules, geometry) : nil
      return (isEnabled, isEnabled ? rules : nil, geometry, reasoner)
    }
    (isAnnotated, annotationOptions) = fields.section("visualization") { visualization in
      let isEnabled = visualization.bool("enabled", default: true)
      let options = AnnotationOptions(
        showsLabels: visualization.bool("show_labels", default: true),
        showsConfidence: visualization.bool("confidence_display", default: true),
        lineWidth: visualization.optionalNumber("line_width", in: 1...64),
        format: visualization.choice("format", default: .jpeg))
      return (isEnabled, options)
    }
  }

  /// What a job keeps: where the request says nothing, what the model's document says by now.
  /// - Throws: `APIError(.invalidConfig)` with every class that the model does not have.
  func settled(for model: InstalledModel) throws(APIError) -> DetectionConfiguration {
    var settled = self
    settled.classSettings = classSettings.over(model.defaults, classNames: model.classNames)
    let problems =
      settled.unknownClasses(of: model)
      + settled.classSettings.problems(for: model.classNames).map { problem in
        .field(
          "config." + JSONFields.name(of: problem.name, in: problem.field.rawValue),
          "INVALID_VALUE", problem.words(model.name))
      }
    guard problems.isEmpty else {
      throw JSONFields.invalid(Array(problems.prefix(JSONFields.maxProblems)))
    }
    return settled
  }

  private func unknownClasses(of model: InstalledModel) -> [APIErrorEntry] {
    guard let classes else { return [] }
    let labels = classSettings.labels(of: model.classNames)
    let known = Set(labels)
    return classes.enumerated().filter { !known.contains($0.element) }
      .prefix(JSONFields.maxProblems).map { index, name in
        // A few suggestions help; a hundred over a large vocabulary only cost.
        let suggestion = index < 5 ? classSettings.label(meantBy: name, among: labels) : nil
        return .field(
          "config.classes[\(index)]", "INVALID_VALUE",
          "The model \(model.name) has no such class"
            + (suggestion.map { "; did you mean \"\($0)\"?" } ?? ""))
      }
  }

  /// What the engine is asked for.
  /// - Throws: `DetectionError(.invalidConfig)` for a class that the model does not have.
  func options(for model: DetectionModel) throws(DetectionError) -> DetectionOptions {
    if let problem = classSettings.problems(for: model.classNames).first {
      throw DetectionError(
        .invalidConfig, "The model \(model.name) has no class \"\(problem.name)\"")
    }
    var options = DetectionOptions(
      merging: merging, slicing: isSliced ? slicing : nil, classes: try classIDs(of: model),
      maxDetections: maxDetections, rules: isReasoned ? reasoner : nil)
    options.apply(classSettings, classNames: model.classNames)
    return options
  }

  private func classIDs(of model: DetectionModel) throws(DetectionError) -> Set<Int>? {
    guard let classes else { return nil }
    let labels = classSettings.labels(of: model.classNames)
    let ids = Dictionary(grouping: labels.indices) { labels[$0] }
    var kept: Set<Int> = []
    for name in classes {
      guard let same = ids[name] else {
        throw DetectionError(.invalidConfig, "The model \(model.name) has no class \"\(name)\"")
      }
      kept.formUnion(same)
    }
    return kept
  }

  /// How pictures are annotated; nil when none are made.
  var annotation: AnnotationOptions? { isAnnotated ? annotationOptions : nil }
}

extension JSONFields {
  fileprivate mutating func classSettings() -> ClassSettings {
    ClassSettings(
      confidenceThreshold: number("confidence_threshold", in: 0...1),
      classMap: optionalStrings(
        "class_map", atMost: ClassSettings.maxEntries, ClassSettings.isLabel,
        else:
          "Must have 1 to \(ClassSettings.maxLabelLength) characters, none of them a control character"
      ),
      classThresholds: optionalNumbers(
        "class_thresholds", in: 0...1, atMost: ClassSettings.maxEntries) ?? [:])
  }
}
