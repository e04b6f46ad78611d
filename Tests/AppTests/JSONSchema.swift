import Foundation

/// As much of JSON Schema 2020-12 as the document uses. A keyword that it does not know is a problem too, so that
/// no rule is passed over in silence.
struct JSONSchema {
  /// The document in which references are looked up.
  let document: [String: Any]

  private static let annotations: Set<String> = [
    "description", "default", "deprecated", "examples", "format",
  ]

  /// What is wrong with a value, each with the place in it; empty when nothing is.
  func problems(of value: Any, against schema: [String: Any], at place: String = "$") -> [String] {
    schema.keys.sorted().flatMap { keyword -> [String] in
      guard let rule = schema[keyword], !Self.annotations.contains(keyword) else { return [] }
      return problems(of: value, keyword: keyword, rule, in: schema, at: place)
    }
  }

  /// What a reference such as `#/components/schemas/Job` names.
  func resolve(_ reference: String) -> [String: Any]? {
    guard reference.hasPrefix("#/") else { return nil }
    var node: Any = document
    for step in reference.dropFirst(2).split(separator: "/") {
      guard let next = (node as? [String: Any])?[String(step)] else { return nil }
      node = next
    }
    return node as? [String: Any]
  }

  private func problems(
    of value: Any, keyword: String, _ rule: Any, in schema: [String: Any], at place: String
  ) -> [String] {
    switch keyword {
    case "$ref":
      guard let target = (rule as? String).flatMap(resolve) else {
        return ["\(place): \(rule) names nothing"]
      }
      return problems(of: value, against: target, at: place)
    case "allOf": return schemas(rule).flatMap { problems(of: value, against: $0, at: place) }
    case "anyOf", "oneOf":
      let found = schemas(rule).map { problems(of: value, against: $0, at: place) }
      let fitting = found.count { $0.isEmpty }
      if keyword == "oneOf" ? fitting == 1 : fitting > 0 { return [] }
      return ["\(place): fits \(fitting) of \(keyword): \(found.flatMap(\.self))"]
    case "type":
      let types = rule as? [String] ?? [rule as? String ?? ""]
      return types.contains { isType($0, value) } ? [] : ["\(place): is no \(types)"]
    case "const": return isEqual(value, rule) ? [] : ["\(place): is not \(rule)"]
    case "enum":
      let choices = rule as? [Any] ?? []
      return choices.contains { isEqual(value, $0) } ? [] : ["\(place): is none of \(choices)"]
    case "required", "properties", "additionalProperties", "maxProperties":
      guard let object = value as? [String: Any] else { return [] }
      return objectProblems(of: object, keyword: keyword, rule, in: schema, at: place)
    case "items", "minItems", "maxItems", "uniqueItems":
      guard let array = value as? [Any] else { return [] }
      return arrayProblems(of: array, keyword: keyword, rule, at: place)
    default: return scalarProblems(of: value, keyword: keyword, rule, at: place)
    }
  }

  private func objectProblems(
    of object: [String: Any], keyword: String, _ rule: Any, in schema: [String: Any],
    at place: String
  ) -> [String] {
    let properties = schema["properties"] as? [String: Any] ?? [:]
    switch keyword {
    case "required":
      return (rule as? [String] ?? []).filter { object[$0] == nil }.map { "\(place): lacks \($0)" }
    case "maxProperties":
      let bound = rule as? Int ?? 0
      return object.count <= bound ? [] : ["\(place): has more than \(bound) members"]
    case "properties":
      return object.flatMap { name, member -> [String] in
        guard let schema = properties[name] as? [String: Any] else { return [] }
        return problems(of: member, against: schema, at: "\(place).\(name)")
      }
    default:
      let others = object.filter { properties[$0.key] == nil }
      if let schema = rule as? [String: Any] {
        return others.flatMap { problems(of: $1, against: schema, at: "\(place).\($0)") }
      }
      return others.keys.map { "\(place): \($0) is unknown" }
    }
  }

  private func arrayProblems(
    of array: [Any], keyword: String, _ rule: Any, at place: String
  ) -> [String] {
    let bound = rule as? Int ?? 0
    switch keyword {
    case "items":
      let schema = rule as? [String: Any] ?? [:]
      return array.enumerated().flatMap {
        problems(of: $1, against: schema, at: "\(place)[\($0)]")
      }
    case "minItems": return array.count >= bound ? [] : ["\(place): has less than \(bound) items"]
    case "maxItems": return array.count <= bound ? [] : ["\(place): has more than \(bound) items"]
    default:
      return Set(array.map { "\($0)" }).count == array.count ? [] : ["\(place): repeats an item"]
    }
  }

  private func scalarProblems(
    of value: Any, keyword: String, _ rule: Any, at place: String
  ) -> [String] {
    let bound = (rule as? NSNumber)?.doubleValue ?? 0
    let number = isType("number", value) ? (value as? NSNumber)?.doubleValue : nil
    let text = value as? String
    switch keyword {
    case "minimum": return number.map { $0 >= bound } ?? true ? [] : ["\(place): below \(bound)"]
    case "exclusiveMinimum":
      return number.map { $0 > bound } ?? true ? [] : ["\(place): not above \(bound)"]
    case "maximum": return number.map { $0 <= bound } ?? true ? [] : ["\(place): above \(bound)"]
    case "minLength":
      return text.map { $0.count >= Int(bound) } ?? true ? [] : ["\(place): is too short"]
    case "maxLength":
      return text.map { $0.unicodeScalars.count <= Int(bound) } ?? true
        ? [] : ["\(place): is too long"]
    case "pattern":
      guard let text, let pattern = rule as? String else { return [] }
      return text.range(of: pattern, options: .regularExpression) != nil
        ? [] : ["\(place): does not match \(pattern)"]
    default: return ["\(place): the keyword \(keyword) is not known here"]
    }
  }

  private func schemas(_ rule: Any) -> [[String: Any]] { rule as? [[String: Any]] ?? [] }

  private func isType(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "string": value is String
    case "null": value is NSNull
    case "boolean": isBoolean(value)
    case "number": value is NSNumber && !isBoolean(value)
    case "integer":
      (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
        && !isBoolean(value)
    default: false
    }
  }

  /// Foundation's numbers of JSON's true and false are like 1 and 0 but for their type.
  private func isBoolean(_ value: Any) -> Bool {
    (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
  }

  private func isEqual(_ left: Any, _ right: Any) -> Bool {
    switch (left, right) {
    case (is NSNull, is NSNull): true
    case (let left as String, let right as String): left == right
    case (let left as NSNumber, let right as NSNumber): left == right
    default: false
    }
  }
}
