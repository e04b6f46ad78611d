import Testing

@testable import Inference

@Suite("Rule files with mistakes")
struct RefusedRulesTests {
  /// The text, and what it is refused with. Places are counted by hand.
  static let mistakes = [
    ("f(a).\n  confidence_modifier(c d,1).\n", "rules.pl:2:25: Syntax error: Operator expected"),
    ("f(a).\n\n g(c,[d,1).", "rules.pl:3:10: Syntax error: Illegal start of term"),
    ("f(a).\ng(b)", "rules.pl:2:5: Syntax error: Unexpected end of file"),
    ("f(a).\n  :- shell(ls).", "rules.pl:2:3: the directive shell(ls) is not allowed"),
    ("atom_length(_,3).", "rules.pl:1:1: atom_length/2 cannot be defined in rules"),
    ("a, b.", "rules.pl:1:1: (',')/2 cannot be defined in rules"),
    ("[a].", "rules.pl:1:1: '[|]'/2 cannot be defined in rules"),
    ("X.", "rules.pl:1:1: a variable is no clause"),
    ("3 :- true.", "rules.pl:1:1: 3 cannot be defined in rules"),
    ("f :- 3.", "rules.pl:1:1: Type error: `callable' expected, found `3' (an integer)"),
    (" a --> b.", "rules.pl:1:2: grammar rules (-->) are not supported"),
    ("?- true.", "rules.pl:1:1: a query is not allowed"),
    ("user:f(a).", "rules.pl:1:1: clauses of other modules are not allowed"),
    ("user:f(a) :- true.", "rules.pl:1:1: clauses of other modules are not allowed"),
    ("", "rules.pl: there is no confidence_modifier/3"),
    ("confidence_modifier(a,b).", "rules.pl: there is no confidence_modifier/3"),
    (
      "f(a).\nconfidence_modifier(A,b,1) :-\n  vehicel(A).",
      "rules.pl:2:1: there is no predicate vehicel/1"
    ),
    (
      "confidence_modifier(A,b,1) :- maplist(vehicel, [A]).",
      "rules.pl:1:1: there is no predicate vehicel/1"
    ),
    (
      "confidence_modifier(ship, Harbor, 1.2).",
      "rules.pl: confidence_modifier(ship, _, 1.2): the second class is not an atom or a string"
    ),
    (
      "confidence_modifier(3, b, 1).",
      "rules.pl: confidence_modifier(3, b, 1): the first class is not an atom or a string"
    ),
    (
      "confidence_modifier(a, b, much).",
      "rules.pl: confidence_modifier(a, b, much): the weight is not a number"
    ),
    (
      "confidence_modifier(a, b, _).",
      "rules.pl: confidence_modifier(a, b, _): the weight is not a number"
    ),
    (
      "confidence_modifier(a, b, -0.5).",
      "rules.pl: confidence_modifier(a, b, -0.5): the weight is negative"
    ),
    (
      "confidence_modifier(a,b,W) :- W is foo + 1.",
      "rules.pl: is/2: Arithmetic: `foo/0' is not a function"
    ),
    (
      "confidence_modifier(a,b,W) :- W is inf.",
      "rules.pl: confidence_modifier(a, b, 1.0Inf): the weight is not finite"
    ),
    (
      "confidence_modifier(a,b,W) :- W is nan.",
      "rules.pl: confidence_modifier(a, b, 1.5NaN): the weight is not finite"
    ),
    ("confidence_modifier(a,b,1) :- throw(oops).", "rules.pl: Unknown message: oops"),
    (
      "confidence_modifier('\\xD800\\',b,1).", "rules.pl:1:24: Syntax error: Illegal character code"
    ),
  ]

  @Test("a mistake is named with its place", arguments: mistakes)
  func mistake(text: String, message: String) async throws {
    #expect(try await RuleFixture.refusal(text) == message)
  }

  @Test("bytes that are no text are named with their place")
  func noText() async throws {
    let fact = Array("f(é).\n".utf8)
    #expect(
      try await RuleFixture.refusal(fact + [0x20, 0xC3, 0x28])
        == "rules.pl:2:2: the text is not UTF-8")
    #expect(
      try await RuleFixture.refusal(fact + Array("f('a\0b').".utf8))
        == "rules.pl:2:5: there is a NUL byte in the text")
    #expect(
      try await RuleFixture.refusal([UInt8](repeating: 0x20, count: (1 << 20) + 1))
        == "rules.pl: the text is longer than 1048576 bytes")
  }

  @Test("a quoted atom that does not end is refused where its clause begins")
  func openQuote() async throws {
    let message = try await RuleFixture.refusal("f(a).\ng(a,'b).\n")
    #expect(message == "rules.pl:2:1: Syntax error: End of file in quoted atom")
  }

  @Test("a long message is cut")
  func longMessage() async throws {
    let message = try await RuleFixture.refusal(
      "confidence_modifier(\(String(repeating: "x", count: 10_000)), b, c).")
    #expect(message.count < 300)
  }
}
