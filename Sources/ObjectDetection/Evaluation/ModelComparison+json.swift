extension ComparisonFigures {
  /// Enough that what is read again adds up as it did.
  private static let places = 6

  /// Reads what `members(of:)` wrote.
  /// - Returns: nil for what is none.
  public init?(_ json: JSONObject) {
    guard let base = json.count("base_boxes"), let candidate = json.count("candidate_boxes"),
      let matched = json.count("matched")
    else { return nil }
    self.init(
      baseBoxes: base, candidateBoxes: candidate, matched: matched,
      meanIoU: json.double("mean_iou"),
      meanConfidenceChange: json.double("mean_confidence_change"))
  }

  fileprivate func write(to json: inout JSONWriter) {
    json.integer("base_boxes", baseBoxes)
    json.integer("candidate_boxes", candidateBoxes)
    json.integer("matched", matched)
    json.integer("only_base", onlyBase)
    json.integer("only_candidate", onlyCandidate)
    json.number("agreement", agreement, places: Self.places)
    for (name, mean) in [("mean_iou", meanIoU), ("mean_confidence_change", meanConfidenceChange)] {
      if let mean { json.number(name, mean, places: Self.places) } else { json.null(name) }
    }
  }
}

extension ModelComparison {
  /// Of an answer: the most frequent ones. Two models with a hundred classes each can have ten thousand.
  public static let maxRelabellings = 1000

  /// Reads what `members(of:)` wrote.
  /// - Parameter images: which the members do not say.
  /// - Returns: nil for what is none.
  public init?(_ json: JSONObject, images: Int) {
    guard case .object(let whole)? = json["figures"], let figures = ComparisonFigures(whole),
      case .array(let classes)? = json["classes"],
      case .array(let relabelled)? = json["relabelled"]
    else { return nil }
    self.init(images: images, figures: figures, classes: [:], relabelled: [:])
    for element in classes {
      guard case .object(let entry) = element, case .string(let label)? = entry["class"],
        let figures = ComparisonFigures(entry)
      else { return nil }
      self += ModelComparison(
        images: 0, figures: ComparisonFigures(), classes: [label: figures], relabelled: [:])
    }
    for element in relabelled {
      guard case .object(let entry) = element, case .string(let base)? = entry["base"],
        case .string(let candidate)? = entry["candidate"], let count = entry.count("count")
      else { return nil }
      self += ModelComparison(
        images: 0, figures: ComparisonFigures(), classes: [:],
        relabelled: [Relabelling(base: base, candidate: candidate): count])
    }
  }

  /// The labels with most boxes first.
  public var sortedClasses: [(label: String, figures: ComparisonFigures)] {
    classes.map { (label: $0.key, figures: $0.value) }.sorted { left, right in
      let boxes = [left, right].map { $0.figures.baseBoxes + $0.figures.candidateBoxes }
      return boxes[0] == boxes[1] ? left.label < right.label : boxes[0] > boxes[1]
    }
  }

  /// The most frequent ones first.
  public var sortedRelabellings: [(relabelling: Relabelling, count: Int)] {
    relabelled.map { (relabelling: $0.key, count: $0.value) }.sorted { left, right in
      if left.count != right.count { return left.count > right.count }
      return (left.relabelling.base, left.relabelling.candidate)
        < (right.relabelling.base, right.relabelling.candidate)
    }
  }
}

extension JSONWriter {
  /// `base_boxes` up to `mean_confidence_change`.
  public mutating func members(of figures: ComparisonFigures) { figures.write(to: &self) }

  /// `figures`, `classes` and `relabelled`.
  public mutating func members(of comparison: ModelComparison) {
    object("figures") { $0.members(of: comparison.figures) }
    array("classes") { json in
      for (label, figures) in comparison.sortedClasses {
        json.object { json in
          json.string("class", label)
          json.members(of: figures)
        }
      }
    }
    array("relabelled") { json in
      for (relabelling, count) in comparison.sortedRelabellings.prefix(
        ModelComparison.maxRelabellings)
      {
        json.object { json in
          json.string("base", relabelling.base)
          json.string("candidate", relabelling.candidate)
          json.integer("count", count)
        }
      }
    }
  }
}

extension JSONObject {
  fileprivate func count(_ key: String) -> Int? {
    guard case .number(let number)? = self[key], let count = number.integer, count >= 0 else {
      return nil
    }
    return count
  }

  /// nil also for null.
  fileprivate func double(_ key: String) -> Double? {
    guard case .number(let number)? = self[key] else { return nil }
    return number.double
  }
}
