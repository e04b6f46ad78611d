import Foundation
import Jobs
import Logging
import ObjectDetection

/// One event of the log as it is written: one line, without control characters, of a limited size.
struct LogLine {
  /// Bytes of a line with its end: a log collector's usual limit.
  static let limit = 16 << 10
  /// Of a message or an error, so that the ids that follow always have room.
  private static let textLimit = 6 << 10
  private static let valueLimit = 1 << 10

  let time: Date
  let level: Logger.Level
  let label: String
  let message: String
  var fields: [(key: String, value: Value)]

  enum Value: Equatable {
    case text(String)
    /// A number or truth value, as JSON writes it.
    case literal(String)
    case list([String])
  }

  init(_ event: LogEvent, label: String, metadata: Logger.Metadata, at time: Date) {
    self.time = time
    level = event.level
    self.label = label
    message = fitting(event.message.description, bytes: Self.textLimit)
    fields = []
    if let error = event.error {
      let (text, cause) = described(error)
      fields.append(("error", .text(fitting(text, bytes: Self.valueLimit))))
      if let cause { fields.append(("cause", .text(fitting(cause, bytes: Self.valueLimit)))) }
    }
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) { add(value, as: key) }
  }

  /// A dictionary's members become fields of their own: `request.id`.
  private mutating func add(_ value: Logger.MetadataValue, as key: String) {
    switch value {
    case .dictionary(let members):
      for (name, member) in members.sorted(by: { $0.key < $1.key }) {
        add(member, as: "\(key).\(name)")
      }
    case .array(let elements):
      add(.list(elements.map { fitting($0.description, bytes: Self.valueLimit) }), as: key)
    case .string(let text): add(.text(fitting(text, bytes: Self.valueLimit)), as: key)
    case .stringConvertible(let value):
      switch value {
      case let number as Int: add(.literal(String(number)), as: key)
      case let number as Double where number.isFinite: add(.literal("\(number)"), as: key)
      case let flag as Bool: add(.literal(String(flag)), as: key)
      default: add(.text(fitting(value.description, bytes: Self.valueLimit)), as: key)
      }
    }
  }

  /// No name is there twice: JSON readers keep only one of them.
  private mutating func add(_ value: Value, as key: String) {
    var key = fitting(key, bytes: 128)
    let taken = ["time", "level", "message", "logger", "truncated"] + fields.map(\.key)
    while taken.contains(key) { key = "metadata.\(key)" }
    fields.append((key, value))
  }

  /// `{"time":...,"level":...,"message":...,"logger":...}` and the fields; what has no room is left out, and
  /// `"truncated":true` says so.
  func json() -> String {
    // Room for the member that says so and the line's end.
    let limit = Self.limit - 20
    var json = JSONWriter()
    json.object { json in
      json.time("time", time)
      json.string("level", level.rawValue)
      json.string("message", message)
      json.string("logger", fitting(label, bytes: 128))
      var isTruncated = false
      for (key, value) in fields {
        var longer = json
        switch value {
        case .text(let text): longer.string(key, text)
        case .literal(let literal): longer.raw(key, literal)
        case .list(let elements):
          longer.array(key) { json in elements.forEach { json.element($0) } }
        }
        if longer.text.utf8.count <= limit { json = longer } else { isTruncated = true }
      }
      if isTruncated { json.bool("truncated", true) }
    }
    return json.text + "\n"
  }

  /// `2026-02-02T18:54:57.324Z warning The worker died job_id=job_... status=9`
  func text() -> String {
    var line = "\(time.rfc3339) \(level.rawValue) \(readable(message))"
    for (key, value) in fields {
      let text =
        switch value {
        case .text(let text): quotedIfNeeded(text)
        case .literal(let literal): literal
        case .list(let elements): "[\(elements.map(quotedIfNeeded).joined(separator: ","))]"
        }
      let field = " \(readable(key))=\(text)"
      // Room for the dots and the line's end.
      guard line.utf8.count + field.utf8.count <= Self.limit - 8 else {
        line += " ..."
        break
      }
      line += field
    }
    return line + "\n"
  }
}

private func quotedIfNeeded(_ text: String) -> String {
  let needs = text.isEmpty || text.contains { $0 == " " || $0 == "\"" || $0 == "=" }
  return needs ? "\"\(readable(text.replacing("\"", with: "\\\"")))\"" : readable(text)
}

/// Control characters as escapes: a terminal obeys them, and a line end would forge a line.
private func readable(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  return text.unicodeScalars.reduce(into: "") { result, scalar in
    if isControl(scalar) {
      result += "\\u{\(String(scalar.value, radix: 16))}"
    } else {
      result.unicodeScalars.append(scalar)
    }
  }
}

private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029: true
  // They turn the direction of what follows: a line would read other than it is.
  case 0x202a...0x202e, 0x2066...0x2069: true
  default: false
  }
}

/// The text, cut where its escaped form would pass so many bytes. Control characters beyond ASCII, which
/// JSON need not escape, are replaced.
private func fitting(_ text: String, bytes limit: Int) -> String {
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    // Either format escapes a control character with six: \u001b, \u{1b}.
    let size = isControl(scalar) ? 6 : scalar == "\"" || scalar == "\\" ? 2 : UTF8.width(scalar)
    count += size
    guard count <= limit else { return result + "…" }
    let isReplaced = isControl(scalar) && !scalar.isASCII
    result.unicodeScalars.append(isReplaced ? "\u{fffd}" : scalar)
  }
  return result
}

/// What an error says, and what is for the log only.
private func described(_ error: any Error) -> (text: String, cause: String?) {
  switch error {
  case let error as APIError: ("\(error.code.rawValue): \(error.message)", error.cause)
  case let error as JobsError: ("\(error.code.rawValue): \(error.message)", error.cause)
  case let error as DetectionError: ("\(error.code.rawValue): \(error.message)", error.cause)
  default: ("\(error)", nil)
  }
}
