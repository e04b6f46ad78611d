import TestSupport
import Testing

@testable import ObjectDetection

@Suite("InstanceMask")
struct InstanceMaskTests {
  private func run(_ row: UInt16, _ start: UInt16, _ end: UInt16) -> InstanceMask.Run {
    InstanceMask.Run(row: row, start: start, end: end)
  }

  @Test("runs that touch are one, empty ones none, and no pixels are no mask")
  func runs() throws {
    let mask = try #require(
      InstanceMask([run(3, 1, 4), run(3, 4, 6), run(3, 8, 8), run(3, 9, 10), run(7, 0, 2)]))
    #expect(mask.runs == [run(3, 1, 6), run(3, 9, 10), run(7, 0, 2)])
    #expect(mask.areaPixels == 5 + 1 + 2)
    #expect(mask.bounds == BoundingBox(xMin: 0, yMin: 3, xMax: 10, yMax: 8))
    #expect(InstanceMask([]) == nil)
    #expect(InstanceMask([run(0, 5, 5)]) == nil)
  }

  @Test("a pixel is found by column and row")
  func contains() throws {
    let mask = try #require(InstanceMask([run(3, 1, 6), run(3, 9, 10), run(7, 0, 2)]))
    let inside = [(1, 3), (5, 3), (9, 3), (0, 7), (1, 7)]
    let outside = [(0, 3), (6, 3), (8, 3), (10, 3), (2, 7), (1, 5), (1, 2), (1, 8), (-1, 7)]
    for (x, y) in inside { #expect(mask.contains(x: x, y: y), "\(x), \(y)") }
    for (x, y) in outside { #expect(!mask.contains(x: x, y: y), "\(x), \(y)") }
  }

  @Test("masks of the same pixels are equal, and go by the same hash")
  func equality() throws {
    let one = try #require(InstanceMask([run(3, 1, 4), run(3, 4, 6)]))
    let other = try #require(InstanceMask([run(3, 1, 6)]))
    #expect(one == other)
    #expect(Set([one, other]).count == 1)
    #expect(one != InstanceMask([run(3, 1, 5)]))
  }

  @Test("the union has the pixels of either", arguments: [1, UInt64.random(in: 0 ... .max)])
  func union(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for density in [0.02, 0.3, 0.9] {
      for _ in 0..<20 {
        let one = MaskSamples.noise(side: 16, density: density, using: &generator)
        let other = MaskSamples.noise(side: 16, density: density, using: &generator)
        guard let mine = MaskSamples.mask(one), let theirs = MaskSamples.mask(other) else {
          continue
        }
        #expect(MaskSamples.pixels(mine.union(theirs)) == one.union(other), "seed \(seed)")
        #expect(mine.union(theirs) == theirs.union(mine), "seed \(seed)")
      }
    }
  }

  @Test("a mask of noise is closed where it has gaps until it fits, and covers what it covered")
  func bound() throws {
    // 250 rows of 100 pixels with a gap of one between, every fourth with a gap of three.
    var runs: [InstanceMask.Run] = []
    for row in 0..<250 {
      for column in 0..<100 {
        let start = UInt16(column * 2 + column / 4 * 2)
        runs.append(run(UInt16(row), start, start + 1))
      }
    }
    let mask = try #require(InstanceMask(runs))
    #expect(runs.count > InstanceMask.maxRuns)
    // Gaps of one pixel are closed first: 25 runs a row are left.
    #expect(mask.runs.count == 250 * 25)
    #expect(mask.runs.prefix(2) == [run(0, 0, 7), run(0, 10, 17)])
  }
}
