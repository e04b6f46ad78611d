/// The borders of a mask as closed rings along its pixels' edges, followed from run to run.
///
/// Rings around pixels go clockwise on the screen, rings around holes the other way. No ring touches itself: pixels that meet
/// at a corner only are two rings, unless one ring would then surround both. After Suzuki and Abe, "Topological structural
/// analysis of digitized binary images by border following" (1985), with edges of runs in place of pixels.
struct MaskOutline {
  /// A corner of pixels.
  struct Corner: Hashable {
    var x: Int
    var y: Int
  }

  /// One ring and the holes in it.
  struct Part: Equatable {
    var ring: [Corner]
    var holes: [[Corner]] = []
  }

  /// From top to bottom, then from left to right.
  let parts: [Part]

  init(_ mask: InstanceMask) {
    parts = Border(mask.runs).parts()
  }
}

/// The vertical edges of all runs: 2n is the left one of run n, which is followed upwards, 2n + 1 the right one, which is
/// followed downwards. So the pixels are always on the right-hand side.
private struct Border {
  private let runs: [InstanceMask.Run]
  /// By edge, the one behind and the one before it on its ring.
  private var next: [Int]
  private var previous: [Int]
  /// By edge, the number of its ring.
  private var ringOf: [Int]
  private var ringCount = 0
  /// Corners where two pixels meet and nothing else: the edge above and the one below.
  private var saddles: [(up: Int, down: Int)] = []

  init(_ runs: [InstanceMask.Run]) {
    self.runs = runs
    next = Array(repeating: 0, count: runs.count * 2)
    previous = next
    ringOf = Array(repeating: -1, count: next.count)
    connect()
    splitRings()
  }

  private func x(_ edge: Int) -> Int {
    let run = runs[edge / 2]
    return Int(isLeft(edge) ? run.start : run.end)
  }

  private func isLeft(_ edge: Int) -> Bool { edge.isMultiple(of: 2) }

  // MARK: Connecting

  /// On every line between two rows, the edges that end there are connected in pairs.
  private mutating func connect() {
    var above = 0..<0
    var position = 0
    while position < runs.count || !above.isEmpty {
      var below = position..<position
      let isDue =
        above.isEmpty || runs[above.lowerBound].row + 1 == runs[min(position, runs.count - 1)].row
      if position < runs.count, isDue {
        while position < runs.count, runs[position].row == runs[below.lowerBound].row {
          position += 1
        }
        below = below.lowerBound..<position
      }
      connectLine(above: above, below: below)
      above = below
    }
  }

  /// From left to right every edge toggles whether the pixels above and below differ: between two toggles is a border.
  private mutating func connectLine(above: Range<Int>, below: Range<Int>) {
    var (up, down) = (above.lowerBound * 2, below.lowerBound * 2)
    let (upEnd, downEnd) = (above.upperBound * 2, below.upperBound * 2)
    var open: (edge: Int, isAbove: Bool)?
    while up < upEnd || down < downEnd {
      let upX = up < upEnd ? x(up) : .max
      let downX = down < downEnd ? x(down) : .max
      if upX == downX {
        if let first = open {
          // The border on the left belongs to the pixel above it or to the one below, and so do the edges.
          let isPixelAbove = !isLeft(up)
          connect(first, isPixelAbove ? (up, true) : (down, false))
          open = isPixelAbove ? (down, false) : (up, true)
          saddles.append((up, down))
        } else {
          connect((up, true), (down, false))
        }
      } else {
        let edge = upX < downX ? (edge: up, isAbove: true) : (edge: down, isAbove: false)
        if let first = open { connect(first, edge) }
        open = open == nil ? edge : nil
      }
      if upX <= downX { up += 1 }
      if downX <= upX { down += 1 }
    }
  }

  /// Of two edges that meet on a line one is left there: a right one from above, a left one from below.
  private mutating func connect(
    _ one: (edge: Int, isAbove: Bool), _ other: (edge: Int, isAbove: Bool)
  ) {
    let isLeaving = one.isAbove != isLeft(one.edge)
    follow(isLeaving ? one.edge : other.edge, with: isLeaving ? other.edge : one.edge)
  }

  private mutating func follow(_ edge: Int, with other: Int) {
    next[edge] = other
    previous[other] = edge
  }

  // MARK: Rings

  /// Where a ring touches itself, the corner's other connection makes two rings of it.
  private mutating func splitRings() {
    for edge in next.indices where ringOf[edge] < 0 { number(from: edge) }
    for (up, down) in saddles where ringOf[up] == ringOf[down] {
      // Either both edges are left at the corner or both are entered.
      let (one, other) = isLeft(up) ? (previous[up], previous[down]) : (up, down)
      let (afterOne, afterOther) = (next[one], next[other])
      follow(one, with: afterOther)
      follow(other, with: afterOne)
      number(from: one)
    }
  }

  private mutating func number(from start: Int) {
    var edge = start
    repeat {
      ringOf[edge] = ringCount
      edge = next[edge]
    } while edge != start
    ringCount += 1
  }

  private func corners(from start: Int) -> [MaskOutline.Corner] {
    var corners: [MaskOutline.Corner] = []
    var edge = start
    repeat {
      let following = next[edge]
      if x(edge) != x(following) {
        let y = Int(runs[edge / 2].row) + (isLeft(edge) ? 0 : 1)
        corners.append(MaskOutline.Corner(x: x(edge), y: y))
        corners.append(MaskOutline.Corner(x: x(following), y: y))
      }
      edge = following
    } while edge != start
    return corners
  }

  /// A ring's leftmost edge is a left one of pixels, or a right one of what is to the left of a hole.
  func parts() -> [MaskOutline.Part] {
    var leftmost = Array(repeating: -1, count: ringCount)
    for edge in next.indices {
      let known = leftmost[ringOf[edge]]
      if known < 0 || x(edge) < x(known) { leftmost[ringOf[edge]] = edge }
    }
    var parts: [MaskOutline.Part] = []
    var partOf: [Int: Int] = [:]
    // In the order of the runs, which the first edge of each ring begins.
    var isDone = Array(repeating: false, count: ringCount)
    var holes: [Int] = []
    for edge in next.indices where !isDone[ringOf[edge]] {
      let ring = ringOf[edge]
      isDone[ring] = true
      guard isLeft(leftmost[ring]) else {
        holes.append(edge)
        continue
      }
      partOf[ring] = parts.count
      parts.append(MaskOutline.Part(ring: corners(from: edge)))
    }
    for edge in holes {
      // What is left of a hole belongs to the ring that its run begins with, or that is a hole of the same part.
      var ring = ringOf[edge]
      while partOf[ring] == nil { ring = ringOf[leftmost[ring] - 1] }
      if let part = partOf[ring] { parts[part].holes.append(corners(from: edge)) }
    }
    return parts
  }
}
