import ObjectDetection

extension JSONFields {
  mutating func bool(_ key: String, default standard: Bool) -> Bool {
    switch take(key) {
    case nil: return standard
    case .bool(let value)?: return value
    default:
      note(key, "WRONG_TYPE", "Must be true or false")
      return standard
    }
  }

  /// A whole number, however written.
  mutating func integer(
    _ key: String, in range: ClosedRange<Int>, default standard: Int
  ) -> Int {
    guard let value = take(key) else { return standard }
    guard case .number(let number) = value, number.double == number.double.rounded() else {
      note(key, "WRONG_TYPE", "Must be a whole number")
      return standard
    }
    guard let integer = number.integer, range.contains(integer) else {
      note(key, "OUT_OF_RANGE", "Must be between \(range.lowerBound) and \(range.upperBound)")
      return standard
    }
    return integer
  }

  mutating func number(
    _ key: String, in range: ClosedRange<Double>, default standard: Double
  ) -> Double {
    guard let value = take(key) else { return standard }
    return number(value, key, in: range) ?? standard
  }

  /// nil when absent.
  mutating func number(_ key: String, in range: ClosedRange<Double>) -> Double? {
    take(key).flatMap { number($0, key, in: range) }
  }

  /// nil when absent or null.
  mutating func optionalNumber(_ key: String, in range: ClosedRange<Double>) -> Double? {
    guard let value = take(key), value != .null else { return nil }
    return number(value, key, in: range)
  }

  private mutating func number(
    _ value: JSONValue, _ key: String, in range: ClosedRange<Double>
  ) -> Double? {
    guard case .number(let number) = value else {
      note(key, "WRONG_TYPE", "Must be a number")
      return nil
    }
    guard range.contains(number.double) else {
      note(key, "OUT_OF_RANGE", "Must be between \(range.lowerBound) and \(range.upperBound)")
      return nil
    }
    return number.double
  }

  /// One of the raw values of an enumeration.
  mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, default standard: Choice
  ) -> Choice where Choice.RawValue == String {
    choice(key, among: Choice.allCases.map { ($0.rawValue, $0) }, default: standard)
  }

  /// One of the names.
  mutating func choice<Choice>(
    _ key: String, among choices: [(name: String, value: Choice)], default standard: Choice
  ) -> Choice {
    guard let value = take(key) else { return standard }
    guard case .string(let name) = value else {
      note(key, "WRONG_TYPE", "Must be a string")
      return standard
    }
    guard let choice = choices.first(where: { $0.name == name }) else {
      let names = choices.map(\.name).joined(separator: ", ")
      note(key, "INVALID_VALUE", "Must be one of \(names)")
      return standard
    }
    return choice.value
  }

  /// nil when absent or null.
  mutating func optionalString(_ key: String) -> String? {
    guard let value = take(key), value != .null else { return nil }
    guard case .string(let string) = value else {
      note(key, "WRONG_TYPE", "Must be a string or null")
      return nil
    }
    return string
  }

  mutating func requiredString(_ key: String) -> String? {
    switch take(key) {
    case .string(let string)?: return string
    case nil: note(key, "REQUIRED", "Is required")
    default: note(key, "WRONG_TYPE", "Must be a string")
    }
    return nil
  }

  /// Strings, as many as `count` allows; nil when absent or null.
  mutating func optionalStrings(_ key: String, count: ClosedRange<Int>) -> [String]? {
    guard let value = take(key), value != .null else { return nil }
    guard case .array(let elements) = value else {
      note(key, "WRONG_TYPE", "Must be an array of strings or null")
      return nil
    }
    guard count.contains(elements.count) else {
      note(key, "OUT_OF_RANGE", "Must have \(count.lowerBound) to \(count.upperBound) elements")
      return nil
    }
    let strings = elements.enumerated().map { index, element -> String? in
      if case .string(let string) = element { return string }
      note(key, at: index, "WRONG_TYPE", "Must be a string")
      return nil
    }
    return strings.contains(nil) ? nil : strings.compactMap(\.self)
  }

  /// Numbers by names that the client chooses, at most `limit`; nil when absent or null.
  mutating func optionalNumbers(
    _ key: String, in range: ClosedRange<Double>, atMost limit: Int
  ) -> [String: Double]? {
    optionalMembers(key, atMost: limit) { $0.number($2, $1, in: range) }
  }

  /// Strings by names that the client chooses, at most `limit`; nil when absent or null.
  mutating func optionalStrings(
    _ key: String, atMost limit: Int, _ isValid: (String) -> Bool, else words: String
  ) -> [String: String]? {
    optionalMembers(key, atMost: limit) { fields, name, value in
      guard case .string(let string) = value else {
        fields.note(name, "WRONG_TYPE", "Must be a string")
        return nil
      }
      guard isValid(string) else {
        fields.note(name, "INVALID_VALUE", words)
        return nil
      }
      return string
    }
  }

  private mutating func optionalMembers<Value>(
    _ key: String, atMost limit: Int,
    _ read: (_ fields: inout JSONFields, _ name: String, _ value: JSONValue) -> Value?
  ) -> [String: Value]? {
    guard let value = take(key), value != .null else { return nil }
    guard case .object(let object) = value else {
      note(key, "WRONG_TYPE", "Must be an object or null")
      return nil
    }
    guard object.members.count <= limit else {
      note(key, "OUT_OF_RANGE", "Must have at most \(limit) members")
      return nil
    }
    var values: [String: Value] = [:]
    for member in object.members {
      values[member.key] = read(&self, Self.name(of: member.key, in: key), member.value)
    }
    return values
  }

  /// `class_thresholds.plane`; of long names the beginning.
  static func name(of member: String, in key: String) -> String { "\(key).\(member.prefix(64))" }
}
