import Foundation
import Jobs

extension [String] {
  /// As a column keeps them: a JSON array.
  func storedJSON() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  init(storedJSON text: String) throws {
    do {
      self = try JSONDecoder().decode([String].self, from: Data(text.utf8))
    } catch {
      throw JobsError(
        .databaseError, "The metadata store holds unreadable names", cause: "\(error)")
    }
  }
}

/// The kind of a model's files, from its column.
func storedModelFormat(_ text: String) throws -> ModelFormat {
  guard let format = ModelFormat(rawValue: text) else {
    throw JobsError(.databaseError, "The metadata store holds an unknown kind of model")
  }
  return format
}

/// What a job is compared with, from its columns; nil where it is none.
func storedComparison(base: String?, isShadow: Int?) throws -> JobComparison? {
  guard let base, let isShadow else { return nil }
  return JobComparison(base: try storedIdentifier(base), isShadow: isShadow != 0)
}

/// The version of a job, from its columns; nil where it has none.
func storedModelPin(name: String?, number: Int?, sha256: String?) -> ModelPin? {
  guard let name, let number, let sha256 else { return nil }
  return ModelPin(id: ModelVersionID(name: name, number: number), sha256: sha256)
}
