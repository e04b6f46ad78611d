import Foundation
import TestSupport
import Testing

@testable import Inference

@Suite("Hostile rule files")
struct HostileRulesTests {
  /// A body of `confidence_modifier(X, b, 1)`, perhaps with more clauses behind it, and a part of what it is
  /// refused with.
  static let bodies = [
    (#"shell("touch /tmp/x")"#, "shell/1 is not allowed"),
    ("open('/tmp/x', write, S), close(S)", "open/3 is not allowed"),
    ("halt", "halt/0 is not allowed"),
    ("G = shell(ls), call(G), G", "a goal is called"),
    ("atom_to_term('shell(ls)', G, _), call(G)", "a goal is called"),
    (#"format("~@", [shell(ls)])"#, "shell/1 is not allowed"),
    (#"format(user_error, "x", [])"#, "format/3 is not allowed"),
    (#"print_message(error, format("~@", [shell(ls)]))"#, "print_message is not allowed"),
    ("use_module('tmp/evil')", "use_module is not allowed"),
    ("call(use_module, 'tmp/evil')", "use_module is not allowed"),
    ("user:shell(ls)", "user:shell/1 is not allowed"),
    ("harrier:answer(1, 1)", "harrier:answer/2 is not allowed"),
    ("read(X)", "read/1 is not allowed"),
    ("see('/etc/passwd'), get_char(X)", "see/1 is not allowed"),
    ("read_term(user_input, X, [])", "read_term/3 is not allowed"),
    ("getenv('PATH', X)", "getenv/2 is not allowed"),
    ("consult(user)", "consult/1 is not allowed"),
    ("set_prolog_flag(unknown, fail)", "set_prolog_flag is not allowed"),
    ("sleep(1000)", "sleep is not allowed"),
    ("X = {|html||<p>x</p>|}", "quasi quotations are not supported"),
    ("assertz((f(X) :- shell(ls)))", "assertz/1"),
    ("maplist(shell, [ls])", "shell/2 is not allowed"),
    ("put_attr(X, rules, v), X = a.\nattr_unify_hook(_, _) :- shell(ls)", "shell/1 is not allowed"),
    ("freeze(X, shell(ls)), X = a", "shell/1 is not allowed"),
    ("term_string(C, \"f :- shell(ls)\"), assertz(C)", "assertz/1 is not allowed"),
    ("call_cleanup(fail, shell(ls))", "shell/1 is not allowed"),
    ("'$set_source_module'(_, system)", "'$set_source_module'/2 is not allowed"),
    ("op(700, xfx, user:near)", "op/3 is not allowed"),
    ("thread_create(true, _, [])", "thread_create/3 is not allowed"),
    // What runs and does not end.
    ("l.\nl :- l", "the rules need more than 10000000 steps"),
    ("numlist(1, 100000000, _)", "the rules need"),
    ("length(_, 100000000)", "the rules need too much memory"),
    ("r(X).\nr(X) :- r(Y), X = f(Y)", "the rules need too much memory"),
    ("_ is 7 ** (7 ** 12)", "the rules need too much memory"),
    ("between(1, 1000000000, _), X = a", "there are more than 100000 solutions"),
    ("repeat, Y is 3 ** 5000000, Y =:= 1", "processor time"),
    ("c.\nc :- catch(l, _, c).\nl :- l", "the rules"),
    ("repeat, assertz(x(aaaaaaaaaaaaaaaa)), fail", "the rules"),
    ("numlist(1, 100000, L), repeat, assertz(x(L)), fail", "the rules"),
    (
      "d(aaaaaaaaaaaaaaaa, 60).\nd(_, 0).\nd(A, N) :- atom_concat(A, A, B), M is N-1, d(B, M)",
      "memory"
    ),
    ("format(atom(_), '~*c', [2000000000, 97])", "memory"),
    ("start_tabling(f(1), f(1))", "there is no predicate start_tabling/2"),
  ]

  @Test("a goal is refused or stopped", arguments: bodies)
  func body(text: String, reason: String) async throws {
    let message = try await RuleFixture.refusal("confidence_modifier(X, b, 1) :- \(text).\n")
    #expect(message.contains(reason))
  }

  static let directives = [
    "initialization(shell(ls))", "initialization(main, main)", "use_module(library(process))",
    "use_module('/tmp/evil')", "use_module(library(X))", "use_foreign_library(foreign(process))",
    "ensure_loaded('/tmp/evil')", "consult(user)", "include('/etc/passwd')", "load_files(x, [])",
    "set_prolog_flag(unknown, fail)", "table(f/1)", "if(shell(ls))", "dynamic(shell/1)",
    "dynamic(user:f/1)", "op(700, xfx, user:near)", "module(m, [op(1, xfx, user:near)])",
    "discontiguous(f/1), shell(ls)", "X", "halt", "assertz(f)",
    "term_expansion(a, b)",
  ]

  @Test("a directive is refused with its line", arguments: directives)
  func directive(text: String) async throws {
    let message = try await RuleFixture.refusal(
      "confidence_modifier(a, b, 1).\n:- \(text).\nconfidence_modifier(c, d, 1).\n")
    #expect(message.hasPrefix("rules.pl:2:1: the directive "))
    #expect(message.hasSuffix(" is not allowed"))
  }

  @Test(
    "hooks of Prolog's reading are refused",
    arguments: [
      "term_expansion(a, b)", "goal_expansion(a, b) :- true", "term_expansion(_, _, c, d)",
    ])
  func hook(clause: String) async throws {
    #expect(try await RuleFixture.refusal("\(clause).\n").contains("cannot be defined in rules"))
  }

  @Test(
    "a file is not deleted, neither by a directive nor by a goal nor by a file that is loaded",
    arguments: [
      ":- delete_file('WITNESS').", ":- initialization(delete_file('WITNESS')).",
      "confidence_modifier(a, b, 1) :- delete_file('WITNESS').",
      "confidence_modifier(a, b, 1) :- use_module('EVIL').",
      "confidence_modifier(a, b, 1) :- system:use_module('EVIL').",
      "confidence_modifier(a, b, 1) :- load_files('EVIL', []).",
    ])
  func witness(text: String) async throws {
    let folder = try TemporaryFolder()
    let witness = try folder.write("alive", to: "witness")
    let evil = try folder.write(":- delete_file('\(witness)').", to: "evil.pl")
    _ = try await RuleFixture.refusal(
      "confidence_modifier(c, d, 1).\n"
        + text.replacing("WITNESS", with: witness)
        // The sandbox lets relative paths pass, and the process runs in the root.
        .replacing("EVIL", with: evil.dropFirst()))
    #expect(FileManager.default.fileExists(atPath: witness))
  }

  /// What is inside how many times which brackets.
  static let nests = [
    ("f(", ")", 170_000), ("(", ")", 500_000), ("[", "]", 500_000), ("- ", "", 500_000),
  ]

  @Test("terms nested a hundred thousand times are refused", arguments: nests)
  func nested(open: String, close: String, depth: Int) async throws {
    let term = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
    let message = try await RuleFixture.refusal("confidence_modifier(a, b, \(term)).")
    #expect(message.hasPrefix("rules.pl"))
  }

  @Test("a number of a million digits is refused")
  func longNumber() async throws {
    let number = String(repeating: "9", count: 1_000_000)
    #expect(
      try await RuleFixture.refusal("confidence_modifier(a, b, \(number)).").hasPrefix("rules.pl"))
  }
}
