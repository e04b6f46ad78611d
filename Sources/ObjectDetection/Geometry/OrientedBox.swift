import Foundation

/// A point in pixels of the upright image.
public struct Point: Sendable, Hashable {
  public var x: Float
  public var y: Float

  public init(x: Float, y: Float) {
    self.x = x
    self.y = y
  }
}

/// A rotated rectangle: centre and size in pixels, `angle` in radians, positive from the x axis towards
/// the y axis (clockwise on the screen), as Ultralytics' `xywhr`.
///
/// The angle is kept as the model gave it: (w, h, a) and (h, w, a + pi/2) are the same rectangle.
public struct OrientedBox: Sendable, Hashable {
  public var centerX: Float
  public var centerY: Float
  public var width: Float
  public var height: Float
  public var angle: Float

  public init(centerX: Float, centerY: Float, width: Float, height: Float, angle: Float) {
    self.centerX = centerX
    self.centerY = centerY
    self.width = width
    self.height = height
    self.angle = angle
  }

  public var angleDegrees: Float { angle * 180 / .pi }
  public var areaPixels: Float { width * height }

  /// The four corners in the order of Ultralytics' `xywhr2xyxyxyxy`: +w+h, +w-h, -w-h, -w+h.
  public var polygon: [Point] {
    let cosine = cos(angle)
    let sine = sin(angle)
    let alongX = width / 2 * cosine
    let alongY = width / 2 * sine
    let acrossX = -height / 2 * sine
    let acrossY = height / 2 * cosine
    return [
      Point(x: centerX + alongX + acrossX, y: centerY + alongY + acrossY),
      Point(x: centerX + alongX - acrossX, y: centerY + alongY - acrossY),
      Point(x: centerX - alongX - acrossX, y: centerY - alongY - acrossY),
      Point(x: centerX - alongX + acrossX, y: centerY - alongY + acrossY),
    ]
  }

  /// The axis-aligned box around the corners.
  public var enclosingBox: BoundingBox {
    let cosine = abs(cos(angle))
    let sine = abs(sin(angle))
    return BoundingBox(
      centerX: centerX, centerY: centerY,
      width: width * cosine + height * sine, height: width * sine + height * cosine)
  }

  /// The box moved by whole or fractional pixels.
  public func shifted(byX x: Float, y: Float) -> OrientedBox {
    OrientedBox(
      centerX: centerX + x, centerY: centerY + y, width: width, height: height, angle: angle)
  }

  /// The smallest rectangle in this box's direction around both boxes.
  public func union(_ other: OrientedBox) -> OrientedBox {
    let cosine = cos(angle)
    let sine = sin(angle)
    var along: ClosedRange<Float> = -width / 2...max(-width / 2, width / 2)
    var across: ClosedRange<Float> = -height / 2...max(-height / 2, height / 2)
    for corner in other.polygon {
      let x = corner.x - centerX
      let y = corner.y - centerY
      along = along.extended(to: x * cosine + y * sine)
      across = across.extended(to: y * cosine - x * sine)
    }
    let middleAlong = (along.lowerBound + along.upperBound) / 2
    let middleAcross = (across.lowerBound + across.upperBound) / 2
    return OrientedBox(
      centerX: centerX + middleAlong * cosine - middleAcross * sine,
      centerY: centerY + middleAlong * sine + middleAcross * cosine,
      width: along.upperBound - along.lowerBound, height: across.upperBound - across.lowerBound,
      angle: angle)
  }
}

extension ClosedRange<Float> {
  fileprivate func extended(to value: Float) -> ClosedRange<Float> {
    Swift.min(lowerBound, value)...Swift.max(upperBound, value)
  }
}
