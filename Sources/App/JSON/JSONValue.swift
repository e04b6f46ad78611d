/// A JSON value (RFC 8259) as a client sent it.
enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Reads a whole document.
  /// - Throws: `APIError(.invalidRequest)`, whose details name line and column.
  init(parsing bytes: [UInt8]) throws(APIError) {
    do {
      var parser = JSONParser(bytes)
      self = try parser.document()
    } catch {
      throw APIError(.invalidRequest, "Malformed JSON", details: error.description(in: bytes))
    }
  }
}

/// A finite number.
struct JSONNumber: Sendable, Equatable {
  /// The nearest double.
  var double: Double
  /// Its exact value when it is whole, however written (`640`, `640.0`, `64e1`), and fits.
  var integer: Int?
}

/// Members in the order sent; no key is there twice.
struct JSONObject: Sendable, Equatable {
  struct Member: Sendable, Equatable {
    let key: String
    let value: JSONValue
  }

  private(set) var members: [Member] = []
  private var places: [String: Int] = [:]

  subscript(key: String) -> JSONValue? { places[key].map { members[$0].value } }

  /// False when the key is there already; then nothing changes.
  mutating func insert(_ value: JSONValue, forKey key: String) -> Bool {
    guard places.updateValue(members.count, forKey: key) == nil else { return false }
    members.append(Member(key: key, value: value))
    return true
  }
}
