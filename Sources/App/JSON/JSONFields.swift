import ObjectDetection

/// Reads an object against the fields that it may have, and collects every problem instead of stopping at
/// the first. Readers return the default, or nil, where there is a problem; `finish()` then throws.
struct JSONFields {
  /// A body of a megabyte can hold a hundred thousand wrong fields; nobody reads so many answers.
  static let maxProblems = 100

  /// Of this object in the body: `config.sahi`; empty for the body itself.
  private let path: String
  private let object: JSONObject
  private var known: [String] = []
  private var problems: [APIErrorEntry] = []
  /// The first name that names nothing; counts only when the rest is right.
  private var missing: APIError?

  /// - Throws: `APIError(.invalidConfig)` when the body is no object.
  init(_ body: JSONValue) throws(APIError) {
    guard case .object(let object) = body else {
      throw Self.invalid([.field("body", "WRONG_TYPE", "Must be an object")])
    }
    self.init(object, at: "")
  }

  private init(_ object: JSONObject, at path: String) {
    self.object = object
    self.path = path
  }

  /// - Throws: `APIError(.invalidConfig)` with all problems, unknown fields among them; without any, the
  ///   first of those that `notFound` noted.
  mutating func finish() throws(APIError) {
    noteUnknownFields()
    guard problems.isEmpty else { throw Self.invalid(problems) }
    if let missing { throw missing }
  }

  static func invalid(_ problems: [APIErrorEntry]) -> APIError {
    APIError(.invalidConfig, "Invalid configuration", entries: problems)
  }

  /// An object inside this one; absent or null it counts as empty.
  mutating func section<Section>(
    _ key: String, _ read: (inout JSONFields) -> Section
  ) -> Section {
    var content = JSONObject()
    switch take(key) {
    case nil, .null?: break
    case .object(let object)?: content = object
    default: note(key, "WRONG_TYPE", "Must be an object")
    }
    var fields = JSONFields(content, at: name(key))
    let section = read(&fields)
    fields.noteUnknownFields()
    problems += fields.problems.prefix(Self.maxProblems - problems.count)
    missing = missing ?? fields.missing
    return section
  }

  /// The field's value, which is known from now on.
  mutating func take(_ key: String) -> JSONValue? {
    known.append(key)
    return object[key]
  }

  /// Adds a problem of a field, or of one of its elements.
  mutating func note(_ key: String, at index: Int? = nil, _ code: String, _ words: String) {
    guard problems.count < Self.maxProblems else { return }
    problems.append(.field(name(key, at: index), code, words))
  }

  /// Adds a name that is well-formed JSON but names nothing.
  mutating func notFound(
    _ key: String, at index: Int? = nil, _ code: APIErrorCode, _ words: String
  ) {
    guard missing == nil else { return }
    let entry = APIErrorEntry.field(name(key, at: index), code.rawValue, words)
    missing = APIError(code, words, entries: [entry])
  }

  private func name(_ key: String, at index: Int? = nil) -> String {
    let field = path.isEmpty ? key : "\(path).\(key)"
    return index.map { "\(field)[\($0)]" } ?? field
  }

  private mutating func noteUnknownFields() {
    let known = Set(known)
    for member in object.members where !known.contains(member.key) {
      guard problems.count < Self.maxProblems else { return }
      let suggestion = closestName(to: member.key, among: self.known)
      note(
        String(member.key.prefix(64)), "UNKNOWN_FIELD",
        "Unknown field" + (suggestion.map { "; did you mean \"\($0)\"?" } ?? ""))
    }
  }
}
