import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("JSON parser")
struct JSONParserTests {
  /// Texts of RFC 8259's grammar and what they mean, by hand.
  static let accepted: [(String, JSONValue)] = [
    ("null", .null), (" true ", .bool(true)), ("\t\r\n false", .bool(false)), ("\"\"", .string("")),
    ("[]", .array([])), ("[ ]", .array([])), ("[[],null]", .array([.array([]), .null])),
    ("0", number(0, 0)), ("-0", number(-0.0, 0)), ("640", number(640, 640)),
    ("640.0", number(640, 640)), ("64e1", number(640, 640)), ("6.4E+2", number(640, 640)),
    ("-1.5", number(-1.5, nil)), ("25e-2", number(0.25, nil)), ("0e0", number(0, 0)),
    ("1e30", number(1e30, nil)), ("1e-400", number(0, 0)),
    ("9223372036854775807", number(0x1p63, .max)), ("-9223372036854775808", number(-0x1p63, .min)),
    ("9223372036854775808", number(0x1p63, nil)),
    ("123456789012345678901", number(1.2345678901234568e20, nil)),
    (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")),
    (#""\u0041\u00e9\u20AC\ud83d\ude00""#, .string("Aé€😀")), (#""\u0000""#, .string("\0")),
    ("\"é€😀\u{7f}\u{2028}\"", .string("é€😀\u{7f}\u{2028}")),
    (#"{"a":1,"b":[{}]}"#, object(("a", number(1, 1)), ("b", .array([object()])))),
    (#"{ "" : "x" , "A" : null }"#, object(("", .string("x")), ("A", .null))),
  ]

  @Test("JSON is read as RFC 8259 has it", arguments: accepted.indices)
  func accepts(index: Int) throws {
    let (text, value) = Self.accepted[index]
    let read = try JSONValue(parsing: Array(text.utf8))
    #expect(read == value, "\(text)")
  }

  /// Texts that are none, where they go wrong, and how that is said.
  static let refused: [(String, String)] = [
    ("", "line 1, column 1: Unexpected end of the text"),
    (" \n ", "line 2, column 2: Unexpected end of the text"),
    ("{\"a\": 1,\n \"b\": 2,\n  \"a\": 3}", "line 3, column 3: Duplicate key \"a\""),
    (#"{"a":1,"\u0061":2}"#, "line 1, column 8: Duplicate key \"a\""),
    ("{\"a\": }", "line 1, column 7: Unexpected character '}'"),
    ("{\"a\": 1,}", "line 1, column 9: Unexpected character '}', expected a key"),
    ("{a: 1}", "line 1, column 2: Unexpected character 'a', expected a key"),
    ("{\"a\" 1}", "line 1, column 6: Unexpected character '1', expected ':'"),
    ("{\"a\": 1 \"b\"}", "line 1, column 9: Unexpected character '\"', expected ',' or '}'"),
    ("{'a': 1}", "line 1, column 2: Unexpected character ''', expected a key"),
    ("{\"a\": 1", "line 1, column 8: Unexpected end of the text, expected ',' or '}'"),
    ("{\"é\": “x”}", "line 1, column 7: Unexpected character '“'"),
    ("[1,]", "line 1, column 4: Unexpected character ']'"),
    ("[,1]", "line 1, column 2: Unexpected character ','"),
    ("[1 2]", "line 1, column 4: Unexpected character '2', expected ',' or ']'"),
    ("[1}", "line 1, column 3: Unexpected character '}', expected ',' or ']'"),
    ("[", "line 1, column 2: Unexpected end of the text"),
    ("1 2", "line 1, column 3: Unexpected character '2' after the end of the value"),
    ("{}}", "line 1, column 3: Unexpected character '}' after the end of the value"),
    ("// no\n1", "line 1, column 1: Unexpected character '/'"),
    ("\u{0}", "line 1, column 1: Unexpected character U+0000"),
    ("\u{a0}1", "line 1, column 1: Unexpected character '\u{a0}'"),
    ("NaN", "line 1, column 1: NaN is not JSON"),
    ("[Infinity]", "line 1, column 2: Infinity is not JSON"),
    ("-Infinity", "line 1, column 2: Unexpected character 'I', expected a digit"),
    ("True", "line 1, column 1: True is not JSON"), ("nul", "line 1, column 1: nul is not JSON"),
    ("truefalse", "line 1, column 1: truefalse is not JSON"),
    ("01", "line 1, column 1: A number must not begin with 0"),
    ("-01.5", "line 1, column 1: A number must not begin with 0"),
    ("+1", "line 1, column 1: Unexpected character '+'"),
    (".5", "line 1, column 1: Unexpected character '.'"),
    ("1.", "line 1, column 3: Unexpected end of the text, expected a digit"),
    ("1.e5", "line 1, column 3: Unexpected character 'e', expected a digit"),
    ("1e", "line 1, column 3: Unexpected end of the text, expected a digit"),
    ("1e+-1", "line 1, column 4: Unexpected character '-', expected a digit"),
    ("-", "line 1, column 2: Unexpected end of the text, expected a digit"),
    ("0x10", "line 1, column 2: Unexpected character 'x' after the end of the value"),
    ("1e309", "line 1, column 1: The number is too large"),
    ("-1e999999999999", "line 1, column 1: The number is too large"),
    ("\"a", "line 1, column 3: Unexpected end of the text inside a string"),
    ("\"\\", "line 1, column 2: Unknown escape in a string"),
    ("\"a\nb\"", "line 1, column 3: The control character U+000A must be escaped"),
    ("\"\u{1f}\"", "line 1, column 2: The control character U+001F must be escaped"),
    (#""\x41""#, "line 1, column 2: Unknown escape in a string"),
    (#""\u12g4""#, "line 1, column 2: \\u must be followed by four hexadecimal digits"),
    (#""\u12""#, "line 1, column 2: \\u must be followed by four hexadecimal digits"),
    (#""\ud800""#, "line 1, column 2: Half of a surrogate pair"),
    (#""\ud800x""#, "line 1, column 2: Half of a surrogate pair"),
    (#""\ud800\n""#, "line 1, column 2: Half of a surrogate pair"),
    (#""\ud800\ud800""#, "line 1, column 2: Half of a surrogate pair"),
    (#""ab\udc00\ud800""#, "line 1, column 4: Half of a surrogate pair"),
    ("\u{feff}{}", "line 1, column 1: The text must not begin with a byte order mark"),
  ]

  @Test("what is no JSON is refused, with line, column and reason", arguments: refused)
  func refuses(text: String, details: String) {
    expectMalformed(Array(text.utf8), details)
  }

  /// Ill-formed sequences of the Unicode standard's table 3-8 and RFC 3629.
  @Test(
    "bytes that are no UTF-8 are refused where they stand",
    arguments: [
      [0x80], [0xc3], [0xc0, 0xaf], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xff],
    ] as [[UInt8]])
  func encoding(bytes: [UInt8]) {
    let text = Array("[\n\"é".utf8) + bytes + Array("\"]".utf8)
    expectMalformed(text, "line 2, column 3: The text is not UTF-8")
  }

  @Test("a byte outside of strings that is no ASCII is no crash")
  func strayByte() {
    expectMalformed([0x5b, 0xff], "line 1, column 2: Unexpected character '\u{fffd}'")
    expectMalformed(
      Array("{}".utf16).flatMap { [UInt8(truncatingIfNeeded: $0), 0] },
      "line 1, column 2: Unexpected character U+0000, expected a key")
  }

  @Test("32 levels are read, the 33rd is refused however deep it goes on")
  func depth() throws {
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    }
    var value = try JSONValue(parsing: nested(32))
    var depth = 0
    while case .array(let elements) = value {
      depth += 1
      guard let first = elements.first else { break }
      value = first
    }
    #expect(depth == 32)
    for depth in [33, 500_000] {
      expectMalformed(nested(depth), "line 1, column 33: Nested more than 32 levels deep")
    }
    let objects = String(repeating: "{\"a\":", count: 100_000)
    expectMalformed(Array(objects.utf8), "line 1, column 161: Nested more than 32 levels deep")
  }

  @Test("a number of a million digits is refused")
  func longNumber() {
    let text = String(repeating: "1", count: 1_000_000)
    expectMalformed(Array(text.utf8), "line 1, column 1: A number of more than 1000 characters")
    let exact = "0." + String(repeating: "1", count: 998)
    #expect(throws: Never.self) { try JSONValue(parsing: Array(exact.utf8)) }
  }

  @Test("members keep their order, and are found by their keys")
  func order() throws {
    guard case .object(let object) = try JSONValue(parsing: Array(#"{"z":1,"a":2,"m":3}"#.utf8))
    else {
      Issue.record("no object")
      return
    }
    #expect(object.members.map(\.key) == ["z", "a", "m"])
    #expect(object["a"] == number(2, 2))
    #expect(object["b"] == nil)
  }
}

func expectMalformed(
  _ bytes: [UInt8], _ details: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let error = #expect(throws: APIError.self, sourceLocation: sourceLocation) {
    try JSONValue(parsing: bytes)
  }
  #expect(error?.code == .invalidRequest, sourceLocation: sourceLocation)
  #expect(error?.message == "Malformed JSON", sourceLocation: sourceLocation)
  #expect(error?.details == details, sourceLocation: sourceLocation)
}

private func number(_ double: Double, _ integer: Int?) -> JSONValue {
  .number(JSONNumber(double: double, integer: integer))
}

private func object(_ members: (String, JSONValue)...) -> JSONValue {
  var object = JSONObject()
  for (key, value) in members {
    let isNew = object.insert(value, forKey: key)
    #expect(isNew)
  }
  return .object(object)
}
