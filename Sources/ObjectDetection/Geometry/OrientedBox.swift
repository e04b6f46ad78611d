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

  /// Both boxes joined along this box's sides, the other one turned to the nearest right angle first.
  ///
  /// Two views of one object differ by a few degrees, or by any angle where it is round; a rectangle around
  /// the other's corners would grow by that difference with every merge.
  public func union(_ other: OrientedBox) -> OrientedBox {
    let cosine = cos(angle)
    let sine = sin(angle)
    let quarterTurns = ((other.angle - angle) / (.pi / 2)).rounded()
    // As floats: a broken model's angle may be finite and yet beyond every integer.
    let isCrosswise = quarterTurns.truncatingRemainder(dividingBy: 2) != 0
    let otherWidth = isCrosswise ? other.height : other.width
    let otherHeight = isCrosswise ? other.width : other.height
    let x = other.centerX - centerX
    let y = other.centerY - centerY
    let along = Self.span(width, otherWidth, offset: x * cosine + y * sine)
    let across = Self.span(height, otherHeight, offset: y * cosine - x * sine)
    return OrientedBox(
      centerX: centerX + along.middle * cosine - across.middle * sine,
      centerY: centerY + along.middle * sine + across.middle * cosine,
      width: along.length, height: across.length, angle: angle)
  }

  /// The span around one centred at 0 and another centred at `offset`.
  private static func span(
    _ length: Float, _ other: Float, offset: Float
  ) -> (middle: Float, length: Float) {
    let lower = min(-length / 2, offset - other / 2)
    let upper = max(length / 2, offset + other / 2)
    return ((lower + upper) / 2, upper - lower)
  }
}
