import Jobs
import TestSupport
import Testing

@Suite("Model references")
struct ModelReferenceTests {
  @Test(
    "a name is followed by nothing, a version or an alias",
    arguments: [
      ("aerial", ModelReference.Selector.standard), ("aerial@3", .number(3)),
      ("aerial@candidate", .alias("candidate")), ("a.b-c_d@v2-x", .alias("v2-x")),
      ("aerial@a", .alias("a")),
      ("aerial@a2345678901234567890123456789012", .alias("a2345678901234567890123456789012")),
    ])
  func parsed(text: String, selector: ModelReference.Selector) throws {
    let reference = try #require(ModelReference(text))
    #expect(reference.selector == selector)
    #expect(reference.description == text)
  }

  @Test(
    "what is neither is refused",
    arguments: [
      "aerial@", "aerial@0", "aerial@03", "aerial@+3", "aerial@-1", "aerial@3.0", "aerial@3a",
      "aerial@Candidate", "aerial@a_b", "aerial@a@b", "aerial@ü", "aerial@ 3",
      "aerial@99999999999999999999", "aerial@a23456789012345678901234567890123",
    ])
  func refused(text: String) { #expect(ModelReference(text) == nil) }

  /// By hand: each move is `from>to`, a rollback `from<to` with the move that it undoes.
  @Test("a rollback undoes the newest move that stands")
  func rollback() throws {
    func moves(_ steps: [(from: Int?, to: Int?, undoes: Int?)]) -> [AliasMove] {
      steps.enumerated().map { index, step in
        AliasMove(
          number: index + 1, alias: "production", from: step.from, to: step.to,
          movedAt: startOfTests, movedBy: nil, undoes: step.undoes)
      }
    }
    let all = [1, 2, 3, 4]
    #expect(moves([]).rollback(among: all) == nil)
    #expect(moves([(nil, 1, nil)]).rollback(among: all) == nil)
    let forth = moves([(nil, 1, nil), (1, 2, nil), (2, 3, nil)])
    #expect(try #require(forth.rollback(among: all)) == (2, 3))
    #expect(try #require(forth.rollback(among: [1, 3])) == (1, 2))
    #expect(forth.rollback(among: [3]) == nil)
    let back = moves([(nil, 1, nil), (1, 2, nil), (2, 3, nil), (3, 2, 3)])
    #expect(try #require(back.rollback(among: all)) == (1, 2))
    let again = moves([(nil, 1, nil), (1, 2, nil), (2, 3, nil), (3, 2, 3), (2, 4, nil)])
    #expect(try #require(again.rollback(among: all)) == (2, 5))
    // Removed and made anew: before that it was at 2.
    let anew = moves([(nil, 1, nil), (1, 2, nil), (2, nil, nil), (nil, 3, nil)])
    #expect(try #require(anew.rollback(among: all)) == (2, 3))
    #expect(moves([(nil, 1, nil), (1, nil, nil)]).rollback(among: all) == nil)
  }
}
