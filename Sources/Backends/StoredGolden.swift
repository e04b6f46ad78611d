import Foundation
import Jobs

/// A value as a column keeps it: JSON whose members are in one order.
func storedText(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// A value from its column.
func storedValue<Value: Decodable>(_ text: String) throws -> Value {
  do {
    return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
  } catch {
    throw JobsError(
      .databaseError, "The metadata store holds unreadable golden pictures", cause: "\(error)")
  }
}
