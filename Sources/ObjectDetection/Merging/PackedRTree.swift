/// A static R-tree over boxes that answers intersection queries and forgets boxes one by one.
///
/// Built once by sorting into tiles (Leutenegger et al., "STR: A Simple and Efficient Algorithm for R-Tree
/// Packing", 1997). Memory is linear in the boxes however crowded they are; a removed box costs nothing in
/// later queries, because leaves keep their remaining boxes in front and empty nodes are skipped.
struct PackedRTree {
  /// Boxes a leaf, and children a node: two cache lines of one coordinate.
  private static let nodeSize = 16

  private struct Entry {
    var box: BoundingBox
    var index: Int32
  }

  private struct Level {
    var boxes: [BoundingBox]
    /// Boxes that are still there, below each node.
    var remaining: [Int32]
  }

  private var entries: [Entry]
  /// Where each box stands in `entries`.
  private var slots: [Int32]
  /// `levels[0]` are the leaves, the last level is the root alone.
  private var levels: [Level]
  private(set) var count: Int

  init(_ boxes: [BoundingBox]) {
    count = boxes.count
    entries = boxes.enumerated().map { Entry(box: $1, index: Int32($0)) }
    Self.sortIntoTiles(&entries)
    slots = Array(repeating: 0, count: boxes.count)
    for (slot, entry) in entries.enumerated() { slots[Int(entry.index)] = Int32(slot) }
    levels = []
    var below = entries.map { (box: $0.box, remaining: Int32(1)) }
    while below.count > 1 || levels.isEmpty, !below.isEmpty {
      let nodes = stride(from: 0, to: below.count, by: Self.nodeSize).map { start in
        below[start..<min(start + Self.nodeSize, below.count)]
          .reduce(into: (box: below[start].box, remaining: Int32(0))) {
            $0.box = $0.box.union($1.box)
            $0.remaining += $1.remaining
          }
      }
      levels.append(Level(boxes: nodes.map(\.box), remaining: nodes.map(\.remaining)))
      below = nodes
    }
  }

  private static func sortIntoTiles(_ entries: inout [Entry]) {
    let leaves = (entries.count + nodeSize - 1) / nodeSize
    let columns = max(1, Int(Double(leaves).squareRoot().rounded(.up)))
    let perColumn = columns * nodeSize
    entries.sort { $0.box.centerX < $1.box.centerX }
    for start in stride(from: 0, to: entries.count, by: perColumn) {
      entries[start..<min(start + perColumn, entries.count)].sort {
        $0.box.centerY < $1.box.centerY
      }
    }
  }

  /// Whether the box is still in the tree.
  func contains(_ index: Int) -> Bool {
    let slot = Int(slots[index])
    let leaf = slot / Self.nodeSize
    return slot - leaf * Self.nodeSize < Int(levels[0].remaining[leaf])
  }

  /// Takes a box out of all later queries; nothing happens if it is out already.
  mutating func remove(_ index: Int) {
    guard contains(index) else { return }
    let slot = Int(slots[index])
    let leaf = slot / Self.nodeSize
    let last = leaf * Self.nodeSize + Int(levels[0].remaining[leaf]) - 1
    entries.swapAt(slot, last)
    slots[Int(entries[slot].index)] = Int32(slot)
    slots[Int(entries[last].index)] = Int32(last)
    var node = leaf
    for level in levels.indices {
      levels[level].remaining[node] -= 1
      node /= Self.nodeSize
    }
    count -= 1
  }

  /// Calls `body` with each remaining box that intersects `window`, in no particular order.
  @inline(__always)
  func forEach(intersecting window: BoundingBox, _ body: (Int) -> Void) {
    guard let root = levels.indices.last else { return }
    // The depth is at most log16 of the count, and a node pushes at most 16 children.
    withUnsafeTemporaryAllocation(
      of: (level: Int, node: Int).self, capacity: levels.count * Self.nodeSize + 1
    ) { stack in
      var depth = 1
      stack[0] = (root, 0)
      while depth > 0 {
        depth -= 1
        let (level, node) = stack[depth]
        guard levels[level].remaining[node] > 0, levels[level].boxes[node].touches(window) else {
          continue
        }
        let start = node * Self.nodeSize
        if level == 0 {
          for slot in start..<(start + Int(levels[0].remaining[node]))
          where entries[slot].box.touches(window) {
            body(Int(entries[slot].index))
          }
        } else {
          for child in start..<min(start + Self.nodeSize, levels[level - 1].boxes.count) {
            stack[depth] = (level - 1, child)
            depth += 1
          }
        }
      }
    }
  }
}

extension BoundingBox {
  @inline(__always)
  fileprivate func touches(_ other: BoundingBox) -> Bool {
    xMin <= other.xMax && other.xMin <= xMax && yMin <= other.yMax && other.yMin <= yMax
  }
}
