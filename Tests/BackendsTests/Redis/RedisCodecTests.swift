import Backends
import NIOCore
import TestSupport
import Testing

/// Expected values are those of the protocol's specification.
@Suite("Redis codec")
struct RedisCodecTests {
  static let values: [(String, RESPValue)] = [
    ("+OK\r\n", .simple("OK")),
    ("+\r\n", .simple("")),
    ("-ERR unknown command\r\n", .error("ERR unknown command")),
    (":1000\r\n", .integer(1000)),
    (":-9223372036854775808\r\n", .integer(.min)),
    (":+7\r\n", .integer(7)),
    ("$5\r\nhello\r\n", .bulk(ByteBuffer(string: "hello"))),
    ("$0\r\n\r\n", .bulk(ByteBuffer())),
    ("$4\r\n\r\n\r\n\r\n", .bulk(ByteBuffer(string: "\r\n\r\n"))),
    ("$3\r\n\u{0}\u{1}$\r\n", .bulk(ByteBuffer(bytes: [0, 1, 36]))),
    ("$-1\r\n", .null),
    ("*-1\r\n", .null),
    ("_\r\n", .null),
    ("*0\r\n", .array([])),
    ("*2\r\n:1\r\n*1\r\n$-1\r\n", .array([.integer(1), .array([.null])])),
    ("#t\r\n", .boolean(true)),
    ("#f\r\n", .boolean(false)),
    (",1.23\r\n", .double(1.23)),
    (",10\r\n", .double(10)),
    (",1.5e3\r\n", .double(1500)),
    (",inf\r\n", .double(.infinity)),
    (",-inf\r\n", .double(-.infinity)),
    (
      "(3492890328409238509324850943850943825024385\r\n",
      .bigNumber("3492890328409238509324850943850943825024385")
    ),
    ("!21\r\nSYNTAX invalid syntax\r\n", .error("SYNTAX invalid syntax")),
    ("=15\r\ntxt:Some string\r\n", .verbatim(format: "txt", ByteBuffer(string: "Some string"))),
    (
      "%2\r\n+first\r\n:1\r\n+second\r\n*1\r\n:2\r\n",
      .map([.simple("first"), .integer(1), .simple("second"), .array([.integer(2)])])
    ),
    ("%0\r\n", .map([])),
    ("~2\r\n:1\r\n#t\r\n", .set([.integer(1), .boolean(true)])),
    (">2\r\n+message\r\n+x\r\n", .push([.simple("message"), .simple("x")])),
    (
      "|1\r\n+key-popularity\r\n%1\r\n$1\r\na\r\n,0.1923\r\n*2\r\n:2039123\r\n:9543892\r\n",
      .array([.integer(2_039_123), .integer(9_543_892)])
    ),
    ("*2\r\n:1\r\n|1\r\n+ttl\r\n:3600\r\n:3\r\n", .array([.integer(1), .integer(3)])),
    ("|0\r\n+x\r\n", .simple("x")),
  ]

  @Test("every type is read", arguments: values)
  func types(text: String, value: RESPValue) throws {
    #expect(try parse([Array(text.utf8)]) == [value])
  }

  @Test("a value is read wherever its bytes were split", arguments: values)
  func splits(text: String, value: RESPValue) throws {
    let bytes = Array(text.utf8)
    for split in 0...bytes.count {
      #expect(try parse([Array(bytes[..<split]), Array(bytes[split...])]) == [value])
    }
    #expect(try parse(bytes.map { [$0] }) == [value])
  }

  @Test("not a number is a double")
  func notANumber() throws {
    guard case .double(let value)? = try parse([Array(",nan\r\n".utf8)]).first else {
      Issue.record("no double")
      return
    }
    #expect(value.isNaN)
  }

  @Test("values in one piece, or in random pieces, are the same", arguments: UInt64(1)...20)
  func pieces(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let chosen = (0..<200).map { _ in Self.values.randomElement(using: &generator) }
      .compactMap { $0 }
    let bytes = Array(chosen.map(\.0).joined().utf8)
    var pieces: [[UInt8]] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = min(rest.count, Int.random(in: 1...40, using: &generator))
      pieces.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(try parse([bytes]) == chosen.map(\.1))
    #expect(try parse(pieces) == chosen.map(\.1))
  }

  @Test(
    "what is no RESP is an error",
    arguments: [
      "x\r\n", "\r\n", ":\r\n", ":1.5\r\n", ":99999999999999999999\r\n", "$-2\r\n", "$x\r\n",
      "$3\r\nabcd\r\n", "*-2\r\n", "%-1\r\n", "#x\r\n", ",x\r\n", "(12a\r\n", "(\r\n", "_x\r\n",
      "=2\r\nab\r\n", "=4\r\ntxt,\r\n", "+a\n", "$?\r\n", "*?\r\n", "HTTP/1.1 400 Bad\r\n",
    ])
  func violations(text: String) throws {
    #expect(throws: RedisError.self) { try parse([Array(text.utf8)]) }
  }

  @Test("limits hold for depth, values, bytes and lines")
  func limits() throws {
    var limits = RESPParser.Limits()
    limits.depth = 3
    limits.elements = 10
    limits.bytes = 40
    limits.lineBytes = 20
    #expect(try parse(["*1\r\n*1\r\n*1\r\n:1\r\n"], limits).count == 1)
    for text in [
      "*1\r\n*1\r\n*1\r\n*1\r\n", "*11\r\n", "*10\r\n" + String(repeating: ":1\r\n", count: 10),
      "$41\r\n", "*2\r\n$30\r\n" + String(repeating: "x", count: 30) + "\r\n$30\r\n",
      "+" + String(repeating: "x", count: 21), "*9223372036854775807\r\n",
      "%9223372036854775807\r\n", "$9223372036854775807\r\n",
    ] {
      #expect(throws: RedisError.self, "\(text)") { try parse([text], limits) }
    }
    // Each reply has them for itself.
    let ten = String(repeating: "$9\r\n123456789\r\n", count: 10)
    #expect(try parse([ten], limits).count == 10)
  }

  @Test("random bytes are values or errors, never a trap", arguments: UInt64(1)...40)
  func fuzz(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let alphabet = Array("+-:$*_#,(!=%~>|0123456789\r\n\r\n\r\nabt".utf8)
    for _ in 0..<100 {
      // Half of them are good values with one byte changed.
      var bytes = (0..<64).compactMap { _ in alphabet.randomElement(using: &generator) }
      if Bool.random(using: &generator), let good = Self.values.randomElement(using: &generator) {
        bytes = Array(good.0.utf8)
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
          in: 0...255, using: &generator)
      }
      let whole = Result { try parse([bytes]) }
      let single = Result { try parse(bytes.map { [$0] }) }
      switch (whole, single) {
      case (.success(let left), .success(let right)): #expect("\(left)" == "\(right)")
      case (.failure, .failure): break
      default: Issue.record("pieces decide: \(bytes)")
      }
    }
  }

  @Test("a command is an array of bulk strings")
  func encoding() {
    var buffer = ByteBuffer()
    buffer.writeCommand(["SET", "schlüssel", .bytes(ByteBuffer(bytes: [0, 13, 10])), ""])
    let expected = Array(
      "*4\r\n$3\r\nSET\r\n$10\r\nschlüssel\r\n$3\r\n\u{0}\r\n\r\n$0\r\n\r\n".utf8)
    #expect(Array(buffer.readableBytesView) == expected)
  }

  private func parse(
    _ pieces: [[UInt8]], _ limits: RESPParser.Limits = .init()
  ) throws -> [RESPValue] {
    var parser = RESPParser(limits: limits)
    var values: [RESPValue] = []
    for piece in pieces {
      parser.feed(ByteBuffer(bytes: piece))
      while let value = try parser.next() { values.append(value) }
    }
    return values
  }

  private func parse(_ texts: [String], _ limits: RESPParser.Limits) throws -> [RESPValue] {
    try parse(texts.map { Array($0.utf8) }, limits)
  }
}
