import TestSupport
import Testing

@testable import ObjectDetection

@Suite("MaskOutline")
struct MaskOutlineTests {
  private func parts(_ drawing: String) throws -> [MaskOutline.Part] {
    MaskOutline(try #require(MaskSamples.mask(drawing))).parts
  }

  private func ring(_ corners: [(Int, Int)]) -> [MaskOutline.Corner] {
    corners.map { MaskOutline.Corner(x: $0.0, y: $0.1) }
  }

  @Test("one pixel has four corners, clockwise on the screen")
  func onePixel() throws {
    #expect(
      try parts("...\n..#") == [
        MaskOutline.Part(ring: ring([(2, 1), (3, 1), (3, 2), (2, 2)]))
      ])
  }

  @Test("a shape at the image's border ends there")
  func border() throws {
    #expect(
      try parts("##\n#.") == [
        MaskOutline.Part(ring: ring([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)]))
      ])
  }

  @Test("a hole is a ring the other way, of the part around it")
  func hole() throws {
    let part = try #require(try parts("###\n#.#\n###").first)
    #expect(part.ring == ring([(0, 0), (3, 0), (3, 3), (0, 3)]))
    #expect(part.holes.count == 1)
    #expect(Set(part.holes[0]) == Set(ring([(1, 1), (2, 1), (2, 2), (1, 2)])))
    #expect(part.holes[0].doubledArea == -2)
  }

  @Test("pixels that meet at a corner only are two parts")
  func diagonal() throws {
    for drawing in ["#.\n.#", ".#\n#."] {
      let parts = try parts(drawing)
      #expect(parts.map(\.ring.count) == [4, 4])
      #expect(parts.map(\.holes.count) == [0, 0])
    }
  }

  @Test(
    "a ring that would touch itself is two: around the pixels, and around the hole that it closes")
  func closedByCorner() throws {
    // Two holes of one and of three pixels, which meet in (2, 2); the larger one is closed where (2, 1) and (3, 2) meet.
    let parts = try parts(
      """
      ###.
      #.#.
      ##.#
      #..#
      ####
      """)
    for part in parts {
      for ring in [part.ring] + part.holes { #expect(Set(ring).count == ring.count) }
    }
    #expect(parts.map(\.ring.doubledArea) == [2 * 18])
    #expect(parts.map { $0.holes.map(\.doubledArea).sorted() } == [[-6, -2]])
  }

  @Test(
    "a shape inside a hole is a part of its own, and a hole belongs to the part right around it")
  func nested() throws {
    let parts = try parts(
      """
      #######
      #.....#
      #.###.#
      #.#.#.#
      #.###.#
      #.....#
      #######
      """)
    #expect(parts.map(\.ring.first) == ring([(0, 0), (2, 2)]).map(Optional.some))
    #expect(parts.map { $0.holes.map(\.doubledArea) } == [[-50], [-2]])
  }

  @Test("two holes side by side both find the part around them")
  func holesInARow() throws {
    let parts = try parts("######\n#.##.#\n######")
    #expect(parts.map { $0.holes.map(\.doubledArea) } == [[-2, -2]])
  }

  @Test(
    "rings of any mask enclose its pixels and no others, and none touches itself",
    arguments: [1, UInt64.random(in: 0 ... .max)])
  func anyMask(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for density in [0.1, 0.4, 0.5, 0.6, 0.9] {
      for _ in 0..<40 {
        let pixels = MaskSamples.noise(side: 12, density: density, using: &generator)
        guard let mask = MaskSamples.mask(pixels) else { continue }
        let parts = MaskOutline(mask).parts
        let rings = parts.flatMap { [$0.ring] + $0.holes }
        let points = rings.map { $0.map { Point(x: Float($0.x), y: Float($0.y)) } }
        #expect(
          MaskSamples.pixels(inside: points, width: 14, height: 14) == pixels, "seed \(seed)")
        #expect(rings.allSatisfy { Set($0).count == $0.count }, "seed \(seed)")
        for part in parts {
          #expect(part.ring.doubledArea > 0, "seed \(seed)")
          #expect(part.holes.allSatisfy { $0.doubledArea < 0 }, "seed \(seed)")
          // Its pixels and its holes' are inside its ring.
          let whole = part.ring.doubledArea + part.holes.reduce(0) { $0 + $1.doubledArea }
          #expect(whole > 0, "seed \(seed)")
        }
        #expect(rings.reduce(0) { $0 + $1.doubledArea } == 2 * pixels.count, "seed \(seed)")
      }
    }
  }
}
