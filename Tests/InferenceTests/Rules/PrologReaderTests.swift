import ObjectDetection
import Testing

@testable import Inference

/// Expected tables are what the texts say, read by hand.
@Suite("Rule files that can be used")
struct PrologReaderTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var text: String
    var table: [ConfidenceModifier]

    init(_ name: String, _ text: String, _ table: [(String, String, Double)]) {
      testDescription = name
      self.text = text
      self.table = table.map { ConfidenceModifier($0.0, $0.1, $0.2) }
    }
  }

  static let samples = [
    Sample(
      "facts, in their order, repeated ones too",
      "confidence_modifier(b,a,2). confidence_modifier(a,b,0.5).\nconfidence_modifier(b,a,3).",
      [("b", "a", 2), ("a", "b", 0.5), ("b", "a", 3)]),
    Sample(
      "a rule with a body",
      "confidence_modifier(A,b,1.5) :- v(A).\nv(car). v(bus).",
      [("car", "b", 1.5), ("bus", "b", 1.5)]),
    Sample(
      "negation", "confidence_modifier(A,b,1) :- v(A), \\+ big(A).\nv(car). v(bus). big(bus).",
      [("car", "b", 1)]),
    Sample(
      "inequality of three kinds",
      """
      confidence_modifier(A,B,1) :- v(A), v(B), A \\= B.
      confidence_modifier(A,B,2) :- v(A), v(B), A \\== B.
      confidence_modifier(A,B,3) :- dif(A, B), v(A), v(B).
      v(x). v(y).
      """,
      [
        ("x", "y", 1), ("y", "x", 1), ("x", "y", 2), ("y", "x", 2), ("x", "y", 3), ("y", "x", 3),
      ]),
    Sample(
      "comments and quoted atoms",
      "% line\nconfidence_modifier('Bridge', /* block */ 'two words', 1.25). % end",
      [("Bridge", "two words", 1.25)]),
    Sample(
      "lists", "confidence_modifier(A,b,1) :- member(A, [x,y]), memberchk(A, [y,z]).",
      [("y", "b", 1)]),
    Sample("strings", #"confidence_modifier("ship", "a\tb", 1)."#, [("ship", "a\tb", 1)]),
    Sample(
      "names that hold whatever an atom may",
      #"confidence_modifier('a\nb\\"\t', 'Brücke 🚢 é\x65\', 1). confidence_modifier('', '\0\', 1)."#,
      [("a\nb\\\"\t", "Brücke 🚢 ée", 1), ("", "\0", 1)]),
    Sample(
      "a name like the end of the answer", "confidence_modifier('done\ndone\n', done, 1).",
      [("done\ndone\n", "done", 1)]),
    Sample(
      "weights of all kinds",
      "confidence_modifier(a,b,2). confidence_modifier(a,b,1r4). confidence_modifier(a,b,1.0e-3).\n"
        + "confidence_modifier(a,b,0). confidence_modifier(a,b,-0.0). confidence_modifier(a,b,0.1).",
      [
        ("a", "b", 2), ("a", "b", 0.25), ("a", "b", 0.001), ("a", "b", 0), ("a", "b", 0),
        ("a", "b", 0.1),
      ]),
    Sample(
      "harmless directives",
      """
      #!/usr/bin/env swipl
      :- module(rules, [confidence_modifier/3]).
      :- encoding(utf8).
      :- use_module(library(lists)).
      :- use_module(library(apply), [maplist/3]).
      :- ensure_loaded(library(lists)).
      :- discontiguous confidence_modifier/3, v/1.
      :- dynamic nothing/1, more/2.
      :- multifile confidence_modifier/3.
      :- style_check(-singleton).
      confidence_modifier(a,b,1) :- \\+ nothing(a), \\+ more(_, _).
      v(x).
      confidence_modifier(c,d,1).
      """, [("a", "b", 1), ("c", "d", 1)]),
    Sample(
      "operators of one's own",
      ":- op(700, xfx, near).\nship near harbor.\n"
        + "confidence_modifier(A,B,1.25) :- A near B.", [("ship", "harbor", 1.25)]),
    Sample(
      "double_quotes as atoms",
      ":- set_prolog_flag(double_quotes, atom).\n"
        + #"confidence_modifier(A,b,1) :- A = "x", atom(A)."#, [("x", "b", 1)]),
    Sample(
      "arithmetic", "confidence_modifier(a,b,W) :- between(1,3,N), W is N / 2 + 2 ** -1.",
      [("a", "b", 1), ("a", "b", 1.5), ("a", "b", 2)]),
    Sample(
      "cut and if-then-else",
      "confidence_modifier(A,b,W) :- v(A), ( A == x -> W = 1 ; W = 2 ).\n"
        + "confidence_modifier(A,c,1) :- v(A), !.\nv(x). v(y).",
      [("x", "b", 1), ("y", "b", 2), ("x", "c", 1)]),
    Sample(
      "findall, forall, setof, aggregate_all, maplist and lambda",
      """
      confidence_modifier(a,b,N) :- findall(X, v(X), L), length(L, N), forall(member(X, L), atom(X)).
      confidence_modifier(a,c,N) :- setof(X, v(X), L), length(L, N).
      confidence_modifier(a,d,N) :- aggregate_all(count, v(_), N).
      confidence_modifier(A,e,1) :- maplist([X,Y]>>(Y = X), [x], [A]).
      v(x). v(y).
      """, [("a", "b", 2), ("a", "c", 2), ("a", "d", 2), ("x", "e", 1)]),
    Sample(
      "predicates named as those of libraries",
      "confidence_modifier(A,b,1) :- member(A).\nmember(x).\nappend(_,_,z).\n"
        + "confidence_modifier(A,c,1) :- append(1,2,A).", [("x", "b", 1), ("z", "c", 1)]),
    Sample("an empty table", ":- dynamic confidence_modifier/3.", []),
    Sample(
      "what it prints goes nowhere",
      #"confidence_modifier(a,b,1) :- writeln(done), format("error 1 1~nx~n")."#,
      [("a", "b", 1)]),
    Sample(
      "lines that end as on Windows",
      "confidence_modifier(a,b,1).\r\nconfidence_modifier(c,d,2).\r\n",
      [("a", "b", 1), ("c", "d", 2)]),
    Sample("a byte order mark", "\u{FEFF}confidence_modifier(a,b,1).", [("a", "b", 1)]),
  ]

  @Test("a file gives its table", arguments: samples)
  func table(sample: Sample) async throws {
    #expect(try await RuleFixture.table(sample.text) == sample.table)
  }

  @Test("a file as large as is allowed gives its table")
  func largeFile() async throws {
    let text = (0..<25_000).map { "confidence_modifier(a\($0), b\($0), 1.5).\n" }.joined()
    #expect(text.utf8.count <= PrologLimits().textBytes)
    let table = try await RuleFixture.table(text)
    #expect(table == (0..<25_000).map { ConfidenceModifier("a\($0)", "b\($0)", 1.5) })
  }
}
