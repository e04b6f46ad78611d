extension ModelDocument {
  /// Reads a document; `path` stands in errors.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` for what is no JSON object, larger than `maxBytes`, has a key that is
  ///   not known, or a value of another type or range. It names the file and the key.
  public init(json bytes: [UInt8], path: String) throws {
    guard bytes.count <= Self.maxBytes else {
      throw DetectionError(.modelLoadError, "\(path) is larger than \(Self.maxBytes) bytes")
    }
    let value: JSONValue
    do {
      value = try JSONValue(json: bytes)
    } catch {
      throw DetectionError(
        .modelLoadError, "\(path) is no JSON: \(error.description(in: bytes))")
    }
    guard case .object(let object) = value else {
      throw DetectionError(.modelLoadError, "\(path) must hold a JSON object")
    }
    let fields = DocumentFields(object: object, path: path)
    try fields.checkKeys()
    names = try fields.names("names")
    inputSize = try fields.size("input_size")
    task = try fields.text("task")
    head = try fields.text("head")
    classSettings = ClassSettings(
      confidenceThreshold: try fields.confidence("confidence_threshold"),
      classMap: try fields.labels("class_map"),
      classThresholds: try fields.confidences("class_thresholds") ?? [:])
    precision = try fields.precision("precision")
    provenance = try fields.object("provenance")
  }

  /// The document's text, which reads as the same document: members in a fixed order, without those that say nothing.
  public var json: String {
    var json = JSONWriter()
    json.object { json in
      if let names {
        json.array("names") { json in for name in names { json.element(name) } }
      }
      if let inputSize {
        json.array("input_size") { json in
          json.element(inputSize.height)
          json.element(inputSize.width)
        }
      }
      if let task { json.string("task", task) }
      if let head { json.string("head", head) }
      if let confidence = classSettings.confidenceThreshold {
        json.raw("confidence_threshold", "\(confidence)")
      }
      json.members(of: classSettings)
      if let precision { json.string("precision", precision.rawValue) }
      if let provenance { json.value("provenance", .object(provenance)) }
    }
    return json.text + "\n"
  }
}

/// Reads the members of a document; each reader gives nil where there is none.
private struct DocumentFields {
  private static let known = [
    "names", "input_size", "task", "head", "confidence_threshold", "class_map", "class_thresholds",
    "precision", "provenance",
  ]
  /// As of pictures.
  private static let sides = 1...8192

  let object: JSONObject
  let path: String

  func checkKeys() throws {
    guard let key = object.members.map(\.key).first(where: { !Self.known.contains($0) }) else {
      return
    }
    let suggestion = closestName(to: key, among: Self.known)
    let known = "the keys are " + Self.known.joined(separator: ", ")
    throw error(
      String(key.prefix(64)),
      "is no key of it; " + (suggestion.map { "did you mean \($0)?" } ?? known))
  }

  func text(_ key: String) throws -> String? {
    guard let value = object[key] else { return nil }
    guard case .string(let text) = value else { throw error(key, "must be a string") }
    return text
  }

  func names(_ key: String) throws -> [String]? {
    guard let value = object[key] else { return nil }
    guard case .array(let elements) = value else {
      throw error(key, "must be an array of strings")
    }
    return try elements.map { element in
      guard case .string(let name) = element else {
        throw error(key, "must be an array of strings")
      }
      return name
    }
  }

  func size(_ key: String) throws -> PixelSize? {
    guard let value = object[key] else { return nil }
    var sides: [Int] = []
    if case .array(let elements) = value {
      for case .number(let number) in elements { sides.append(number.integer ?? 0) }
      if elements.count != 2 { sides = [] }
    }
    guard sides.count == 2, sides.allSatisfy(Self.sides.contains) else {
      throw error(
        key,
        "must be [height, width], whole numbers from \(Self.sides.lowerBound) to \(Self.sides.upperBound)"
      )
    }
    return PixelSize(width: sides[1], height: sides[0])
  }

  func confidence(_ key: String) throws -> Double? {
    try object[key].map { try confidence($0, key) }
  }

  func confidences(_ key: String) throws -> [String: Double]? {
    try members(of: key)?.mapValues { name, value in
      try confidence(value, "\(key).\(name.prefix(64))")
    }
  }

  func labels(_ key: String) throws -> [String: String]? {
    try members(of: key)?.mapValues { name, value in
      guard case .string(let label) = value, ClassSettings.isLabel(label) else {
        throw error(
          "\(key).\(name.prefix(64))",
          "must be a label of 1 to \(ClassSettings.maxLabelLength) characters, none of them a control character"
        )
      }
      return label
    }
  }

  func precision(_ key: String) throws -> InferencePrecision? {
    guard let text = try text(key) else { return nil }
    guard let precision = InferencePrecision(rawValue: text) else {
      let known = InferencePrecision.allCases.map(\.rawValue).joined(separator: ", ")
      throw error(key, "must be one of \(known)")
    }
    return precision
  }

  func object(_ key: String) throws -> JSONObject? {
    guard let value = object[key] else { return nil }
    guard case .object(let object) = value else { throw error(key, "must be an object") }
    return object
  }

  private func members(of key: String) throws -> [JSONObject.Member]? {
    guard let members = try object(key)?.members else { return nil }
    guard members.count <= ClassSettings.maxEntries else {
      throw error(key, "must have at most \(ClassSettings.maxEntries) entries")
    }
    return members
  }

  private func confidence(_ value: JSONValue, _ key: String) throws -> Double {
    guard case .number(let number) = value, (0...1).contains(number.double) else {
      throw error(key, "must be a number from 0 to 1")
    }
    return number.double
  }

  private func error(_ key: String, _ words: String) -> DetectionError {
    DetectionError(.modelLoadError, "\(path): \(key) \(words)")
  }
}

extension [JSONObject.Member] {
  /// Keys are there once, as the reader makes sure.
  fileprivate func mapValues<Value>(
    _ transform: (String, JSONValue) throws -> Value
  ) rethrows -> [String: Value] {
    try reduce(into: [:]) { $0[$1.key] = try transform($1.key, $1.value) }
  }
}
