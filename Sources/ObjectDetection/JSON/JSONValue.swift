/// A JSON value (RFC 8259) as somebody else wrote it.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Reads a whole document in UTF-8: no key twice, at most 32 arrays and objects inside each other.
  public init(json bytes: [UInt8]) throws(JSONSyntaxError) {
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

/// A finite number.
public struct JSONNumber: Sendable, Equatable {
  /// The nearest double.
  public var double: Double
  /// Its exact value when it is whole, however written (`640`, `640.0`, `64e1`), and fits.
  public var integer: Int?

  public init(double: Double, integer: Int?) {
    self.double = double
    self.integer = integer
  }
}

/// Members in the order sent; no key is there twice.
public struct JSONObject: Sendable, Equatable {
  /// A key and its value.
  public struct Member: Sendable, Equatable {
    public let key: String
    public let value: JSONValue
  }

  public private(set) var members: [Member] = []
  private var places: [String: Int] = [:]

  public init() {}

  public subscript(key: String) -> JSONValue? { places[key].map { members[$0].value } }

  /// False when the key is there already; then nothing changes.
  public mutating func insert(_ value: JSONValue, forKey key: String) -> Bool {
    guard places.updateValue(members.count, forKey: key) == nil else { return false }
    members.append(Member(key: key, value: value))
    return true
  }
}

extension JSONWriter {
  /// A member with a value that was read.
  public mutating func value(_ key: String, _ value: JSONValue) {
    write(value, key)
  }

  private mutating func write(_ value: JSONValue, _ key: String?) {
    switch value {
    case .null: scalar("null", key)
    case .bool(let bool): scalar(bool ? "true" : "false", key)
    case .number(let number): scalar(number.integer.map { "\($0)" } ?? "\(number.double)", key)
    case .string(let text):
      if let key { string(key, text) } else { element(text) }
    case .array(let elements):
      array(key) { json in for element in elements { json.write(element, nil) } }
    case .object(let object):
      self.object(key) { json in
        for member in object.members { json.write(member.value, member.key) }
      }
    }
  }

  private mutating func scalar(_ text: String, _ key: String?) {
    if let key { raw(key, text) } else { rawElement(text) }
  }
}
