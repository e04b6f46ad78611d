import Foundation
import ObjectDetection

/// Looks into answers of a service that may be older, newer or no service at all: what is not as expected is nil.
extension JSONValue {
  /// - Throws: `SourceFailure` for what is no JSON.
  init(answer bytes: [UInt8]) throws(SourceFailure) {
    do {
      self = try JSONValue(json: bytes)
    } catch {
      throw SourceFailure(.unreadable, "the answer is no JSON")
    }
  }

  /// A member of an object.
  subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  var text: String? {
    if case .string(let text) = self { text } else { nil }
  }

  var double: Double? {
    if case .number(let number) = self { number.double } else { nil }
  }

  var integer: Int? {
    if case .number(let number) = self { number.integer } else { nil }
  }

  var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  /// RFC 3339, with or without a fraction of the second.
  var time: Date? {
    guard let text else { return nil }
    do {
      return try Date(
        text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    } catch {
      return nil
    }
  }
}
