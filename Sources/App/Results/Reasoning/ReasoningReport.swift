import Jobs
import ObjectDetection

/// The reasoning about a job's images as one document, in pieces.
struct ReasoningReport {
  struct Totals: Sendable {
    var changes = 0
    var actions = 0
    var droppedActions = 0
    var rules: RuleSetIdentity?

    mutating func add(_ reasoning: ImageReasoning?) {
      guard let reasoning else { return }
      changes += reasoning.confidencesBefore.count
      actions += reasoning.actions.count
      droppedActions += reasoning.droppedActions
      rules = rules ?? reasoning.rules
    }
  }

  /// One line an action.
  private static let columns = [
    "file_id", "filename", "action", "rule", "weight", "first_detection", "first_class",
    "first_confidence_before", "first_confidence_after", "second_detection", "second_class",
    "second_confidence_before", "second_confidence_after", "suppressed_detection",
    "kept_detection",
  ]
  /// Of a piece: some 100 KB as JSON.
  private static let actionsAPiece = 256

  private let results: JobResults
  private let totals: Totals
  private let format: ReasoningRoutes.Format
  private var json = JSONWriter()

  init(_ results: JobResults, _ totals: Totals, _ format: ReasoningRoutes.Format) {
    self.results = results
    self.totals = totals
    self.format = format
  }

  mutating func begin() -> String {
    guard format == .json else { return Self.columns.joined(separator: ",") + "\n" }
    json.beginObject()
    json.string("status", "success")
    json.beginObject("data")
    json.string("job_id", results.job.id.description)
    if let rules = totals.rules {
      json.string("rules", rules.name)
      json.string("rules_sha256", rules.sha256)
    } else {
      json.null("rules")
    }
    json.integer("total_images", results.images.count)
    json.integer("total_changes", totals.changes)
    json.integer("total_actions", totals.actions + totals.droppedActions)
    json.integer("actions_left_out", totals.droppedActions)
    json.beginArray("results")
    return json.take()
  }

  mutating func end() -> String {
    guard format == .json else { return "" }
    json.endAll()
    return json.take()
  }

  /// - Parameter found: nil for an image that failed.
  func pieces(of image: StoredImage, _ found: ImageDetections?) -> [String] {
    format == .csv ? lines(image, found) : objects(image, found)
  }

  // MARK: - CSV

  private func lines(_ image: StoredImage, _ found: ImageDetections?) -> [String] {
    guard let found, let reasoning = found.reasoning else { return [] }
    let start = [image.file.id.description, csvText(image.file.filename)]
    return reasoning.actions.chunked(Self.actionsAPiece).map { actions in
      actions.map { action in
        let modifier = reasoning.modifiers[action.modifier]
        var cells = start + [action.kind, csvText(modifier.name), "\(modifier.weight)"]
        for object in [action.first, action.second] {
          cells += [
            "\(object.detection)", csvText(className(object, found)),
            decimal(object.confidenceBefore, places: 6), decimal(object.confidenceAfter, places: 6),
          ]
        }
        cells += [action.suppressed, action.kept].map { $0.map { "\($0.detection)" } ?? "" }
        return cells.joined(separator: ",") + "\n"
      }.joined()
    }
  }

  // MARK: - JSON

  private func objects(_ image: StoredImage, _ found: ImageDetections?) -> [String] {
    var json = JSONWriter()
    var pieces: [String] = []
    if image.number > 1 { pieces.append(",") }
    json.beginObject()
    json.string("file_id", image.file.id.description)
    json.string("filename", image.file.filename)
    if case .failed(let failure) = image.outcome {
      json.imageError(code: failure.code, message: failure.message)
    }
    if let found {
      let changes = (found.reasoning?.changes ?? [:]).sorted { $0.key < $1.key }
      json.beginArray("changes")
      for changes in changes.chunked(Self.actionsAPiece) {
        for (place, change) in changes { write(place, change, found, to: &json) }
        pieces.append(json.take())
      }
      json.end()
      json.beginArray("actions")
      for actions in (found.reasoning?.actions ?? []).chunked(Self.actionsAPiece) {
        for action in actions { write(action, found, to: &json) }
        pieces.append(json.take())
      }
    }
    json.endAll()
    pieces.append(json.take())
    return pieces
  }

  private func write(
    _ place: Int, _ change: DetectionChange, _ found: ImageDetections, to json: inout JSONWriter
  ) {
    json.object { json in
      json.integer("detection", place)
      json.string("class_name", results.model.className(found.detections[place].classID))
      json.box(found.detections[place].box)
      json.number("confidence_before", change.confidenceBefore, places: 6)
      json.number("confidence_after", found.detections[place].confidence, places: 6)
      json.array("rules") { json in for rule in change.rules { json.element(rule.name) } }
    }
  }

  private func write(_ action: RuleAction, _ found: ImageDetections, to json: inout JSONWriter) {
    let modifier = found.reasoning?.modifiers[action.modifier]
    json.object { json in
      json.string("action", action.kind)
      json.string("rule", modifier?.name ?? "")
      for (name, object) in [("first", action.first), ("second", action.second)] {
        json.object(name) { json in
          json.integer("detection", object.detection)
          json.string("class_name", className(object, found))
          json.box(found.detections[object.detection].box)
          json.number("confidence_before", object.confidenceBefore, places: 6)
          json.number("confidence_after", object.confidenceAfter, places: 6)
        }
      }
      guard !action.isBoost else { return }
      json.string("suppressed", action.suppressesSecond ? "second" : "first")
      json.string("kept", action.suppressesSecond ? "first" : "second")
    }
  }

  private func className(_ object: RuleAction.Object, _ found: ImageDetections) -> String {
    results.model.className(found.detections[object.detection].classID)
  }
}

extension JSONWriter {
  /// Corners in pixels.
  fileprivate mutating func box(_ box: BoundingBox) {
    array("bbox") { json in
      for value in [box.xMin, box.yMin, box.xMax, box.yMax] { json.element(value, places: 3) }
    }
  }
}

extension Array {
  /// Runs of at most so many elements.
  fileprivate func chunked(_ count: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: self.count, by: count).map { self[$0..<Swift.min($0 + count, self.count)] }
  }
}
