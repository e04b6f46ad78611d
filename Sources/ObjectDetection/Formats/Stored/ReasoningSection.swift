/// What rules did to the detections of a `DetectionsFile`, with its exact floats.
///
/// Little-endian; texts are 4 bytes of length and UTF-8:
///
///     texts: name and SHA-256 of the rule set
///     4  modifiers, each: texts: first, second class   8  weight (double)
///     4  changed detections, each: 4  its place   4  the model's confidence
///     8  actions that are not told of
///     4  actions, each: 4  modifier   4  flags (bit 0: boost, bit 1: the second one is suppressed)
///        and for both detections: 4  place   8  confidence before (double)   8  after
enum ReasoningSection {
  /// Two hundred times as much as `RuleReasoner` keeps.
  static let maxBytes: UInt64 = 1 << 30

  static func encode(_ reasoning: ImageReasoning) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(text: reasoning.rules.name)
    bytes.append(text: reasoning.rules.sha256)
    bytes.append(number: UInt32(clamping: reasoning.modifiers.count))
    for modifier in reasoning.modifiers {
      bytes.append(text: modifier.first)
      bytes.append(text: modifier.second)
      bytes.append(number: modifier.weight.bitPattern)
    }
    bytes.append(number: UInt32(clamping: reasoning.confidencesBefore.count))
    for (place, confidence) in reasoning.confidencesBefore.sorted(by: { $0.key < $1.key }) {
      bytes.append(number: UInt32(clamping: place))
      bytes.append(float: confidence)
    }
    bytes.append(number: UInt64(clamping: reasoning.droppedActions))
    bytes.append(number: UInt32(clamping: reasoning.actions.count))
    for action in reasoning.actions {
      bytes.append(number: UInt32(clamping: action.modifier))
      bytes.append(number: UInt32((action.isBoost ? 1 : 0) | (action.suppressesSecond ? 2 : 0)))
      for object in [action.first, action.second] {
        bytes.append(number: UInt32(clamping: object.detection))
        bytes.append(number: object.confidenceBefore.bitPattern)
        bytes.append(number: object.confidenceAfter.bitPattern)
      }
    }
    return bytes
  }

  /// - Throws: `DetectionError(.storageError)` for bytes that are not as they were written.
  static func decode(_ bytes: [UInt8], detectionCount: Int) throws -> ImageReasoning {
    var cursor = ByteCursor(bytes)
    var reasoning = ImageReasoning(
      rules: RuleSetIdentity(name: try cursor.text(), sha256: try cursor.text()))
    // Nothing is reserved ahead: a wrong count ends with the bytes.
    for _ in 0..<(try cursor.number(UInt32.self)) {
      reasoning.modifiers.append(
        ConfidenceModifier(
          first: try cursor.text(), second: try cursor.text(), weight: try double(&cursor)))
    }
    for _ in 0..<(try cursor.number(UInt32.self)) {
      let place = try self.place(&cursor, below: detectionCount)
      let confidence = try cursor.float()
      guard confidence.isFinite else { throw DetectionsFile.damaged("impossible numbers") }
      reasoning.confidencesBefore[place] = confidence
    }
    reasoning.droppedActions = Int(clamping: try cursor.number(UInt64.self))
    for _ in 0..<(try cursor.number(UInt32.self)) {
      let modifier = try place(&cursor, below: reasoning.modifiers.count)
      let flags: UInt32 = try cursor.number()
      guard flags < 4 else { throw DetectionsFile.damaged("unknown flags") }
      reasoning.actions.append(
        RuleAction(
          modifier: modifier, isBoost: flags & 1 != 0,
          first: try object(&cursor, below: detectionCount),
          second: try object(&cursor, below: detectionCount), suppressesSecond: flags & 2 != 0))
    }
    guard cursor.isAtEnd else { throw DetectionsFile.damaged("a file that is too long") }
    return reasoning
  }

  private static func object(
    _ cursor: inout ByteCursor, below count: Int
  ) throws -> RuleAction.Object {
    RuleAction.Object(
      detection: try place(&cursor, below: count), confidenceBefore: try double(&cursor),
      confidenceAfter: try double(&cursor))
  }

  private static func place(_ cursor: inout ByteCursor, below count: Int) throws -> Int {
    let place = Int(try cursor.number(UInt32.self))
    guard place < count else { throw DetectionsFile.damaged("a place behind the last one") }
    return place
  }

  private static func double(_ cursor: inout ByteCursor) throws -> Double {
    let value = Double(bitPattern: try cursor.number())
    guard value.isFinite else { throw DetectionsFile.damaged("impossible numbers") }
    return value
  }
}
