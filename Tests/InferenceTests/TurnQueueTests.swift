import TestSupport
import Testing

@testable import Inference

@Suite("TurnQueue")
struct TurnQueueTests {
  private func drained(_ queue: TurnQueue<String, Int>) -> [Int] {
    var queue = queue
    var found: [Int] = []
    while let element = queue.popFirst() { found.append(element) }
    return found
  }

  @Test("keys are served in turn, each in its own order")
  func turns() {
    var queue = TurnQueue<String, Int>()
    for (key, element) in [("a", 1), ("a", 2), ("a", 3), ("b", 10), ("c", 20), ("b", 11)] {
      queue.append(element, for: key)
    }
    #expect(drained(queue) == [1, 10, 20, 2, 11, 3])
  }

  @Test("a key that comes late waits for one element of each other key, not for all")
  func lateKey() {
    var queue = TurnQueue<String, Int>()
    for element in 0..<200 { queue.append(element, for: "large") }
    #expect(queue.popFirst() == 0)
    queue.append(1000, for: "small")
    #expect(queue.popFirst() == 1)
    #expect(queue.popFirst() == 1000)
    #expect(queue.popFirst() == 2)
  }

  @Test("a key whose elements are all served takes a new turn, last")
  func returns() {
    var queue = TurnQueue<String, Int>()
    queue.append(1, for: "a")
    #expect(queue.popFirst() == 1)
    queue.append(10, for: "b")
    queue.append(2, for: "a")
    #expect(drained(queue) == [10, 2])
  }

  @Test("an element that is taken out is not served, and its key keeps its turn")
  func removal() {
    var queue = TurnQueue<String, Int>()
    for (key, element) in [("a", 1), ("a", 2), ("b", 10)] { queue.append(element, for: key) }
    #expect(queue.remove(for: "a") { $0 == 1 } == 1)
    #expect(drained(queue) == [2, 10])
  }

  @Test("a key whose last element is taken out has no turn")
  func removalOfLast() {
    var queue = TurnQueue<String, Int>()
    for (key, element) in [("a", 1), ("b", 10)] { queue.append(element, for: key) }
    #expect(queue.remove(for: "a") { _ in true } == 1)
    #expect(drained(queue) == [10])
    queue.append(2, for: "a")
    #expect(drained(queue) == [10, 2])
    #expect(queue.remove(for: "b") { _ in true } == 10)
    #expect(queue.remove(for: "a") { _ in true } == 2)
    #expect(queue.isEmpty)
  }

  @Test("what is not there cannot be taken out")
  func removalOfNothing() {
    var queue = TurnQueue<String, Int>()
    queue.append(1, for: "a")
    #expect(queue.remove(for: "b") { _ in true } == nil)
    #expect(queue.remove(for: "a") { $0 == 2 } == nil)
    #expect(drained(queue) == [1])
  }

  @Test("an empty queue serves nothing")
  func empty() {
    var queue = TurnQueue<String, Int>()
    #expect(queue.isEmpty)
    #expect(queue.popFirst() == nil)
  }

  @Test("random appends and removals lose nothing and serve nothing twice", arguments: 0..<20)
  func conservation(_ round: Int) {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    var queue = TurnQueue<Int, Int>()
    var waiting: [Int: [Int]] = [:]
    for element in 0..<500 {
      let key = Int.random(in: 0..<5, using: &generator)
      switch Int.random(in: 0..<4, using: &generator) {
      case 0:
        if let served = queue.popFirst() {
          let owner = waiting.first { $0.value.first == served }?.key
          #expect(owner != nil, "seed \(seed): \(served) was not first of its key")
          if let owner { waiting[owner]?.removeFirst() }
        }
      case 1:
        if let wanted = waiting[key]?.randomElement(using: &generator) {
          #expect(queue.remove(for: key) { $0 == wanted } == wanted, "seed \(seed)")
          waiting[key]?.removeAll { $0 == wanted }
        }
      default:
        queue.append(element, for: key)
        waiting[key, default: []].append(element)
      }
    }
    var rest: [Int] = []
    while let element = queue.popFirst() { rest.append(element) }
    #expect(rest.sorted() == waiting.values.flatMap(\.self).sorted(), "seed \(seed)")
  }
}
