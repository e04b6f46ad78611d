import ObjectDetection
import TestSupport

/// A pixel by column and row.
struct Pixel: Hashable {
  var x: Int
  var y: Int
}

enum MaskSamples {
  /// A mask from a drawing: `#` is a pixel of it, the first character is (0, 0).
  static func mask(_ drawing: String) -> InstanceMask? {
    var pixels: Set<Pixel> = []
    for (y, line) in drawing.split(separator: "\n").enumerated() {
      for (x, character) in line.enumerated() where character == "#" {
        pixels.insert(Pixel(x: x, y: y))
      }
    }
    return mask(pixels)
  }

  static func mask(_ pixels: Set<Pixel>) -> InstanceMask? {
    InstanceMask(
      pixels.sorted { ($0.y, $0.x) < ($1.y, $1.x) }.map {
        InstanceMask.Run(row: UInt16($0.y), start: UInt16($0.x), end: UInt16($0.x + 1))
      })
  }

  static func pixels(_ mask: InstanceMask?) -> Set<Pixel> {
    var pixels: Set<Pixel> = []
    for run in mask?.runs ?? [] {
      for x in run.start..<run.end { pixels.insert(Pixel(x: Int(x), y: Int(run.row))) }
    }
    return pixels
  }

  /// Pixels whose centres lie inside an odd number of rings.
  static func pixels(inside rings: [[Point]], width: Int, height: Int) -> Set<Pixel> {
    var pixels: Set<Pixel> = []
    for y in 0..<height {
      let middle = Float(y) + 0.5
      var crossings: [Float] = []
      for ring in rings {
        for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1))
        where (a.y <= middle) != (b.y <= middle) {
          crossings.append(a.x + (middle - a.y) / (b.y - a.y) * (b.x - a.x))
        }
      }
      for x in 0..<width where crossings.count(where: { $0 < Float(x) + 0.5 }) % 2 == 1 {
        pixels.insert(Pixel(x: x, y: y))
      }
    }
    return pixels
  }

  /// Random pixels, each with a share of `density`.
  static func noise(
    side: Int, density: Double, using generator: inout SeededGenerator
  ) -> Set<Pixel> {
    var pixels: Set<Pixel> = []
    for y in 0..<side {
      for x in 0..<side where Double.random(in: 0..<1, using: &generator) < density {
        pixels.insert(Pixel(x: x, y: y))
      }
    }
    return pixels
  }

  /// Pixels whose centres lie in a circle.
  static func disc(x: Float, y: Float, radius: Float) -> Set<Pixel> {
    var pixels: Set<Pixel> = []
    for row in Int(y - radius) - 1...Int(y + radius) + 1 {
      for column in Int(x - radius) - 1...Int(x + radius) + 1 {
        let (dx, dy) = (Float(column) + 0.5 - x, Float(row) + 0.5 - y)
        if dx * dx + dy * dy <= radius * radius { pixels.insert(Pixel(x: column, y: row)) }
      }
    }
    return pixels
  }
}
