import TestSupport
import Testing

@testable import ObjectDetection

@Suite("PackedRTree")
struct PackedRTreeTests {
  private func found(_ tree: PackedRTree, _ window: BoundingBox) -> [Int] {
    var indices: [Int] = []
    tree.forEach(intersecting: window) { indices.append($0) }
    return indices.sorted()
  }

  private func touching(
    _ boxes: [BoundingBox], _ window: BoundingBox, without removed: Set<Int>
  ) -> [Int] {
    boxes.indices.filter { index in
      let box = boxes[index]
      return !removed.contains(index) && box.xMin <= window.xMax && window.xMin <= box.xMax
        && box.yMin <= window.yMax && window.yMin <= box.yMax
    }
  }

  @Test(
    "answers are those of a look at every box, also after removals",
    arguments: [1, 2, 15, 16, 17, 255, 256, 257, 1000, 4200], UInt64(1)...2)
  func bruteForce(count: Int, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let boxes = (0..<count).map { _ in BoundingBox.random(extent: 500, using: &random) }
    var tree = PackedRTree(boxes)
    var removed: Set<Int> = []
    for _ in 0..<20 {
      let window = BoundingBox.random(extent: 500, using: &random)
      #expect(found(tree, window) == touching(boxes, window, without: removed), "seed \(seed)")
      for _ in 0..<(count / 15 + 1) {
        let index = Int.random(in: 0..<count, using: &random)
        tree.remove(index)
        removed.insert(index)
        #expect(!tree.contains(index))
      }
      #expect(tree.count == count - removed.count)
    }
    for index in boxes.indices { #expect(tree.contains(index) != removed.contains(index)) }
  }

  @Test("a tree that lost every box finds nothing", arguments: [1, 16, 40])
  func removeAll(count: Int) {
    let boxes = (0..<count).map { index in
      BoundingBox(xMin: Float(index), yMin: 0, xMax: Float(index) + 5, yMax: 5)
    }
    var tree = PackedRTree(boxes)
    for index in boxes.indices { tree.remove(index) }
    #expect(tree.count == 0)
    #expect(found(tree, BoundingBox(xMin: -100, yMin: -100, xMax: 100, yMax: 100)) == [])
  }

  @Test("boxes that only share an edge touch")
  func edges() {
    let tree = PackedRTree([BoundingBox(xMin: 0, yMin: 0, xMax: 10, yMax: 10)])
    #expect(found(tree, BoundingBox(xMin: 10, yMin: 10, xMax: 20, yMax: 20)) == [0])
    #expect(found(tree, BoundingBox(xMin: 10.5, yMin: 0, xMax: 20, yMax: 20)) == [])
  }

  @Test("an empty tree answers nothing")
  func empty() {
    let tree = PackedRTree([])
    #expect(tree.count == 0)
    #expect(found(tree, BoundingBox(xMin: 0, yMin: 0, xMax: 1, yMax: 1)) == [])
  }

  @Test("equal boxes are all found and removed one by one")
  func copies() {
    let box = BoundingBox(xMin: 3, yMin: 3, xMax: 9, yMax: 9)
    var tree = PackedRTree(Array(repeating: box, count: 50))
    tree.remove(20)
    tree.remove(20)
    tree.remove(49)
    #expect(found(tree, box) == (0..<49).filter { $0 != 20 })
    #expect(tree.count == 48)
  }
}
