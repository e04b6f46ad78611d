import CPQ
import Jobs

/// What a statement answered. Rows stay readable as long as it lives; one thread uses it.
final class PostgresResult {
  private let handle: OpaquePointer

  /// Owns the handle from here on.
  init(_ handle: OpaquePointer) { self.handle = handle }

  deinit { PQclear(handle) }

  var count: Int { Int(PQntuples(handle)) }

  /// Rows that an INSERT, UPDATE or DELETE has touched.
  var changesCount: Int { Int(String(cString: PQcmdTuples(handle))) ?? 0 }

  var rows: [PostgresRow] { (0..<count).map { PostgresRow(result: self, index: Int32($0)) } }

  var first: PostgresRow? { count > 0 ? PostgresRow(result: self, index: 0) : nil }

  /// nil for NULL.
  fileprivate func text(_ row: Int32, _ column: Int32) -> String? {
    guard PQgetisnull(handle, row, column) == 0, let value = PQgetvalue(handle, row, column)
    else { return nil }
    return String(cString: value)
  }
}

/// One row, whose columns are read by position.
struct PostgresRow {
  fileprivate let result: PostgresResult
  fileprivate let index: Int32

  subscript<Value: PostgresValue>(column: Int32) -> Value {
    get throws {
      guard let value: Value = try self[column] else { throw JobsError.unreadableColumn }
      return value
    }
  }

  subscript<Value: PostgresValue>(column: Int32) -> Value? {
    get throws {
      guard let text = result.text(index, column) else { return nil }
      guard let value = Value(postgresText: text) else { throw JobsError.unreadableColumn }
      return value
    }
  }
}

extension JobsError {
  fileprivate static let unreadableColumn = JobsError(
    .databaseError, "The metadata store holds an unreadable value")
}

/// What a parameter or a column can be, in PostgreSQL's text format.
protocol PostgresValue {
  var postgresText: String { get }
  init?(postgresText: String)
}

extension String: PostgresValue {
  var postgresText: String { self }
  init?(postgresText: String) { self = postgresText }
}

extension Int: PostgresValue {
  var postgresText: String { String(self) }
  init?(postgresText: String) { self.init(postgresText) }
}

extension Int64: PostgresValue {
  var postgresText: String { String(self) }
  init?(postgresText: String) { self.init(postgresText) }
}

extension Double: PostgresValue {
  /// Both ends write the shortest text that reads back as the same number.
  var postgresText: String { description }
  init?(postgresText: String) { self.init(postgresText) }
}

extension Bool: PostgresValue {
  var postgresText: String { self ? "t" : "f" }
  init?(postgresText: String) { self = postgresText == "t" }
}
