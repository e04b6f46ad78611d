import TestSupport
import Testing

@testable import ObjectDetection

@Suite("MaskPolygons")
struct MaskPolygonsTests {
  private func points(_ corners: [(Float, Float)]) -> [Point] {
    corners.map { Point(x: $0.0, y: $0.1) }
  }

  private func area(_ ring: [Point]) -> Double {
    zip(ring, ring.dropFirst() + ring.prefix(1)).reduce(0) { sum, side in
      sum + Double(side.0.x * side.1.y - side.1.x * side.0.y) / 2
    }
  }

  @Test("a rectangle keeps its corners, at the pixels' outer edges")
  func rectangle() throws {
    let mask = try #require(MaskSamples.mask("......\n.####.\n.####."))
    let polygons = MaskPolygons(mask)
    #expect(polygons.rings == [points([(1, 1), (5, 1), (5, 3), (1, 3)])])
    #expect(polygons.holes.isEmpty)
  }

  @Test("stairs become the line through the middles of their steps")
  func stairs() throws {
    // Five steps of a pixel; the shape's own corners stay.
    let mask = try #require(MaskSamples.mask("#.....\n##....\n###...\n####..\n#####.\n######"))
    let ring = try #require(MaskPolygons(mask).rings.first)
    #expect(ring.count <= 6)
    #expect(Set(ring).isSuperset(of: points([(0, 0), (6, 6), (0, 6)])))
    // Half of 6 x 6 and the six half pixels on the diagonal.
    #expect(abs(area(ring) - 21) < 0.5)
  }

  @Test(
    "a polygon has the pixels and the area of a smooth mask, with few points",
    arguments: [Float(4), 10.3, 31, 100])
  func disc(radius: Float) throws {
    let pixels = MaskSamples.disc(x: 120.2, y: 119.7, radius: radius)
    let polygons = MaskPolygons(try #require(MaskSamples.mask(pixels)))
    let ring = try #require(polygons.rings.first)
    let found = MaskSamples.pixels(inside: [ring], width: 240, height: 240)
    let common = Double(found.intersection(pixels).count)
    #expect(common / Double(found.union(pixels).count) >= 0.99)
    #expect(abs(area(ring) - Double(pixels.count)) <= 0.02 * Double(pixels.count))
    #expect(Float(ring.count) <= 12 + 9 * radius.squareRoot())
  }

  @Test(
    "the polygons of any mask do not cross themselves",
    arguments: [1, UInt64.random(in: 0 ... .max)])
  func crossings(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for density in [0.3, 0.5, 0.7] {
      for _ in 0..<60 {
        let pixels = MaskSamples.noise(side: 12, density: density, using: &generator)
        guard let mask = MaskSamples.mask(pixels) else { continue }
        for part in MaskPolygons(mask).parts {
          #expect(!RingCrossings.exist(in: [part.ring] + part.holes), "seed \(seed)")
          #expect(([part.ring] + part.holes).allSatisfy { $0.count >= 3 }, "seed \(seed)")
        }
      }
    }
  }

  @Test("crossing sides are found, touching ones are none")
  func crossing() {
    let bowTie = points([(0, 0), (4, 4), (4, 0), (0, 4)])
    let square = points([(0, 0), (4, 0), (4, 4), (0, 4)])
    #expect(RingCrossings.exist(in: [bowTie]))
    #expect(!RingCrossings.exist(in: [square]))
    #expect(!RingCrossings.exist(in: [square, points([(4, 4), (6, 4), (6, 6), (4, 6)])]))
    #expect(RingCrossings.exist(in: [square, points([(3, 3), (6, 3), (6, 6), (3, 6)])]))
  }

  @Test("a mask of many parts and points is written with few, the largest part among them")
  func limit() throws {
    var generator = SeededGenerator(seed: 5)
    var pixels = MaskSamples.noise(side: 150, density: 0.2, using: &generator)
    pixels.formUnion(MaskSamples.disc(x: 75, y: 75, radius: 30))
    let polygons = MaskPolygons(try #require(MaskSamples.mask(pixels)))
    let count = (polygons.rings + polygons.holes).reduce(0) { $0 + $1.count }
    #expect((4...MaskPolygons.maxPoints).contains(count))
    #expect(polygons.rings.contains { area($0) > 2000 })
  }

  @Test("several parts are joined into one ring of the same area, by lines there and back")
  func joined() throws {
    let mask = try #require(
      MaskSamples.mask(
        """
        ###....##
        ###....##
        ###......
        .........
        ......##.
        ......##.
        """))
    let polygons = MaskPolygons(mask)
    #expect(polygons.rings.count == 3)
    let ring = polygons.joinedRing
    // Each of the other two adds its points, its first one again, and where it was left.
    #expect(ring.count == 4 + 2 * (4 + 2))
    #expect(area(ring) == 9 + 4 + 4)
    #expect(
      MaskSamples.pixels(inside: [ring], width: 12, height: 8) == MaskSamples.pixels(mask))
  }

  @Test("well-known text closes rings and puts holes behind theirs")
  func text() throws {
    let mask = try #require(MaskSamples.mask("###..\n#.#..\n###.#"))
    #expect(
      MaskPolygons(mask).wellKnownText
        == "MULTIPOLYGON (((0 0, 3 0, 3 3, 0 3, 0 0), (1 2, 2 2, 2 1, 1 1, 1 2)), "
        + "((4 2, 5 2, 5 3, 4 3, 4 2)))")
  }
}
