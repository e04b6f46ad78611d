import HTTPTypes
import Hummingbird
import Jobs

extension APIError {
  static let noSuchJob = APIError(.jobNotFound, "No such job")
  static let noSuchFile = APIError(.fileNotFound, "No such file")
  static let noSuchUpload = APIError(.uploadNotFound, "No such upload")
}

extension HarrierContext {
  /// The id in the path; what is no id names nothing.
  func jobID() throws -> JobID {
    guard let id = parameters.get("job_id").flatMap({ JobID($0) }) else {
      throw APIError.noSuchJob
    }
    return id
  }

  func fileID() throws -> FileID {
    guard let id = parameters.get("file_id").flatMap({ FileID($0) }) else {
      throw APIError.noSuchFile
    }
    return id
  }

  func uploadID() throws -> UploadID {
    guard let id = parameters.get("upload_id").flatMap({ UploadID($0) }) else {
      throw APIError.noSuchUpload
    }
    return id
  }
}

/// The query of a request, checked: every name is known and there once.
struct QueryParameters {
  private let values: [String: String]

  /// - Throws: `APIError(.invalidRequest)` with an entry for each parameter that is unknown or repeated.
  init(_ request: Request, allowing names: Set<String>) throws {
    var values: [String: String] = [:]
    var entries: [APIErrorEntry] = []
    for (name, value) in request.uri.queryParameters {
      let (name, value) = (String(name), String(value))
      if !names.contains(name) {
        let known = names.sorted().joined(separator: ", ")
        entries.append(
          .field(
            name, "UNKNOWN_PARAMETER",
            names.isEmpty ? "This route has no query parameters" : "Known are: \(known)"))
      } else if values.updateValue(value, forKey: name) != nil {
        entries.append(.field(name, "DUPLICATE_PARAMETER", "Must be there once"))
      }
    }
    guard entries.isEmpty else { throw Self.invalid(entries) }
    self.values = values
  }

  /// A text; nil when it is not there, and an empty one counts as not there.
  subscript(name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let text = values[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw Self.invalid([
        .field(
          name, "OUT_OF_RANGE",
          "Must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      ])
    }
    return value
  }

  func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let text = values[name] else { return nil }
    guard let value = Double(text), range.contains(value) else {
      throw Self.invalid([
        .field(
          name, "OUT_OF_RANGE", "Must be a number from \(range.lowerBound) to \(range.upperBound)")
      ])
    }
    return value
  }

  /// One of the raw values of an enumeration.
  func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, of type: Choice.Type = Choice.self
  ) throws -> Choice? where Choice.RawValue == String {
    guard let text = values[name] else { return nil }
    guard let value = Choice(rawValue: text) else {
      let choices = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Self.invalid([.field(name, "INVALID_VALUE", "Must be one of \(choices)")])
    }
    return value
  }

  static func invalid(_ entries: [APIErrorEntry]) -> APIError {
    APIError(.invalidRequest, "Invalid query parameter", entries: entries)
  }
}
