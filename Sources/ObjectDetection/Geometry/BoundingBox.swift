/// An axis-aligned box in pixels: origin top-left, x to the right, y down, `xyxy` corners.
public struct BoundingBox: Sendable, Hashable {
  public var xMin: Float
  public var yMin: Float
  public var xMax: Float
  public var yMax: Float

  public init(xMin: Float, yMin: Float, xMax: Float, yMax: Float) {
    self.xMin = xMin
    self.yMin = yMin
    self.xMax = xMax
    self.yMax = yMax
  }

  /// A box from its centre and size, in the order in which YOLO heads write them.
  public init(centerX: Float, centerY: Float, width: Float, height: Float) {
    self.init(
      xMin: centerX - width / 2, yMin: centerY - height / 2,
      xMax: centerX + width / 2, yMax: centerY + height / 2)
  }

  public var width: Float { xMax - xMin }
  public var height: Float { yMax - yMin }
  public var centerX: Float { (xMin + xMax) / 2 }
  public var centerY: Float { (yMin + yMax) / 2 }

  /// Square pixels; negative or zero when the corners are out of order.
  public var areaPixels: Float { width * height }

  /// True when the box has no area (also when a corner is not a number).
  public var isEmpty: Bool { !(xMin < xMax && yMin < yMax) }

  /// The box moved by whole or fractional pixels.
  public func shifted(byX x: Float, y: Float) -> BoundingBox {
    BoundingBox(xMin: xMin + x, yMin: yMin + y, xMax: xMax + x, yMax: yMax + y)
  }

  /// The part of the box inside an image of `width` x `height` pixels.
  public func clipped(toWidth width: Float, height: Float) -> BoundingBox {
    BoundingBox(
      xMin: min(max(xMin, 0), width), yMin: min(max(yMin, 0), height),
      xMax: min(max(xMax, 0), width), yMax: min(max(yMax, 0), height))
  }

  /// The smallest box around both.
  public func union(_ other: BoundingBox) -> BoundingBox {
    BoundingBox(
      xMin: min(xMin, other.xMin), yMin: min(yMin, other.yMin),
      xMax: max(xMax, other.xMax), yMax: max(yMax, other.yMax))
  }
}

/// How the overlap of two boxes is measured.
public enum OverlapMetric: String, Sendable, CaseIterable {
  /// Intersection over union; probabilistic IoU for oriented boxes.
  case iou
  /// Intersection over the smaller box's area.
  case ios
}

extension BoundingBox {
  /// Overlap in 0...1, in the arithmetic of `Scalar`; 0 where the denominator is not positive.
  ///
  /// SAHI searches its pairs in 32 bits and confirms a merge in 64: both are this function.
  @inlinable
  func overlap<Scalar: BinaryFloatingPoint>(
    with other: BoundingBox, metric: OverlapMetric, in scalar: Scalar.Type
  ) -> Scalar {
    let width = min(Scalar(xMax), Scalar(other.xMax)) - max(Scalar(xMin), Scalar(other.xMin))
    let height = min(Scalar(yMax), Scalar(other.yMax)) - max(Scalar(yMin), Scalar(other.yMin))
    guard width > 0, height > 0 else { return 0 }
    let intersection = width * height
    let area = (Scalar(xMax) - Scalar(xMin)) * (Scalar(yMax) - Scalar(yMin))
    let otherArea =
      (Scalar(other.xMax) - Scalar(other.xMin)) * (Scalar(other.yMax) - Scalar(other.yMin))
    let denominator =
      switch metric {
      case .iou: area + otherArea - intersection
      case .ios: min(area, otherArea)
      }
    return denominator > 0 ? intersection / denominator : 0
  }

  /// Overlap in 0...1.
  public func overlap(with other: BoundingBox, metric: OverlapMetric = .iou) -> Float {
    overlap(with: other, metric: metric, in: Float.self)
  }
}
