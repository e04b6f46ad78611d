import ObjectDetection

/// Which detections a client asks for.
struct ResultFilter: Sendable {
  /// 0...1, included.
  var minConfidence: Float?
  var classID: Int?

  static let everything = ResultFilter()

  func callAsFunction(_ detections: [Detection]) -> [Detection] {
    guard minConfidence != nil || classID != nil else { return detections }
    return detections.filter(lets)
  }

  func lets(_ detection: Detection) -> Bool {
    detection.confidence >= minConfidence ?? -.infinity
      && detection.classID == classID ?? detection.classID
  }
}

extension ResultFilter {
  static let parameters: Set<String> = ["min_confidence", "class"]

  /// - Throws: `APIError(.invalidRequest)` for a confidence out of range or a class that the model has not.
  init(_ query: QueryParameters, model: ModelIdentity) throws {
    // As 32-bit floats both, so that 0.95 lets a detection of 0.95 through.
    minConfidence = try Self.minConfidence(query)
    classID = try query["class"].map { text in
      if let classID = model.classNames.firstIndex(of: text) { return classID }
      // Where no names are known every number may be a class.
      guard let classID = Int(text), classID >= 0,
        model.classNames.isEmpty || classID < model.classNames.count
      else {
        throw QueryParameters.invalid([
          .field("class", "INVALID_VALUE", "The model has no class \"\(text)\"")
        ])
      }
      return classID
    }
  }

  static func minConfidence(_ query: QueryParameters) throws -> Float? {
    try query.number("min_confidence", in: 0...1).map { Float($0) }
  }
}
