import ObjectDetection
import Testing

@testable import Inference

@Suite("The answer of SWI-Prolog")
struct PrologAnswerTests {
  @Test("records are read by their lengths")
  func records() {
    var answer = PrologAnswer("pair 3 2 1.5\na\nbéc\nerror 2 7\nwrong\nerror 0 0\nodd\ndone\n")
    #expect(answer.next() == .pair(ConfidenceModifier("a\nb", "éc", 1.5)))
    #expect(answer.next() == .error(RulePosition(line: 2, column: 7), "wrong"))
    #expect(answer.next() == .error(nil, "odd"))
    #expect(answer.next() == .done)
    #expect(answer.next() == nil)
  }

  @Test(
    "a record that is cut or garbled is none",
    arguments: [
      "", "don", "done", "pair 1 1 1.5", "pair 1 1 1.5\na", "pair 1 1 1.5\nab",
      "pair 1 1 1.5\nabc\n",
      "pair 1 1 x\nab\n", "pair -1 1 1\nab\n", "pair 9223372036854775807 1 1\nab\n", "error 1 1\nx",
      "other\n",
    ])
  func damaged(text: String) {
    var answer = PrologAnswer(text)
    #expect(answer.next() == nil)
  }
}
