import TestSupport
import ObjectDetection

extension Detection {
  /// A fixture's row `[x1, y1, x2, y2, score, class]`.
  init(row: [Float]) {
    self.init(
      classID: Int(row[5]), confidence: row[4],
      box: BoundingBox(xMin: row[0], yMin: row[1], xMax: row[2], yMax: row[3]))
  }

  /// A fixture's row `[cx, cy, w, h, angle, score, class]`.
  init(orientedRow row: [Float]) {
    self.init(
      classID: Int(row[6]), confidence: row[5],
      orientedBox: OrientedBox(row: Array(row.prefix(5))))
  }

  init(classID: Int = 0, confidence: Float, orientedBox: OrientedBox) {
    self.init(
      classID: classID, confidence: confidence, box: orientedBox.enclosingBox,
      orientedBox: orientedBox)
  }

  /// The numbers that fixtures compare: `[x1, y1, x2, y2, score, class]`.
  var row: [Float] {
    [box.xMin, box.yMin, box.xMax, box.yMax, confidence, Float(classID)]
  }
}

extension OrientedBox {
  /// A fixture's row `[cx, cy, w, h, angle]`.
  init(row: [Float]) {
    self.init(centerX: row[0], centerY: row[1], width: row[2], height: row[3], angle: row[4])
  }

  /// Side lengths 2...40 and any direction, the centre in a square of `extent` pixels.
  static func random(extent: Float, using random: inout SeededGenerator) -> OrientedBox {
    OrientedBox(
      centerX: .random(in: 0...extent, using: &random),
      centerY: .random(in: 0...extent, using: &random),
      width: .random(in: 2...40, using: &random), height: .random(in: 2...40, using: &random),
      angle: .random(in: -.pi ... .pi, using: &random))
  }
}

extension BoundingBox {
  /// Sides 2...40, the top-left corner in a square of `extent` pixels.
  static func random(extent: Float, using random: inout SeededGenerator) -> BoundingBox {
    let x = Float.random(in: 0...extent, using: &random)
    let y = Float.random(in: 0...extent, using: &random)
    return BoundingBox(
      xMin: x, yMin: y, xMax: x + .random(in: 2...40, using: &random),
      yMax: y + .random(in: 2...40, using: &random))
  }
}

/// Whether two tables of numbers agree within `tolerance`.
func agree(_ left: [[Float]], _ right: [[Float]], within tolerance: Float) -> Bool {
  left.count == right.count
    && zip(left, right).allSatisfy { left, right in
      left.count == right.count
        && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance }
    }
}
