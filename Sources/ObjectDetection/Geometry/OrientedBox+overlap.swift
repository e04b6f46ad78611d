import Foundation

/// The Gaussian that stands for an oriented box: covariance matrix [[xx, xy], [xy, yy]] in square pixels.
///
/// Source: Llerena et al., "Gaussian Bounding Boxes and Probabilistic Intersection-over-Union for Object
/// Detection", arXiv 2106.06072, equations as in Ultralytics' `batch_probiou`.
struct BoxGaussian {
  let centerX: Float
  let centerY: Float
  let xx: Float
  let yy: Float
  let xy: Float
  /// The determinant's positive part, which every comparison needs.
  let determinant: Float

  init(_ box: OrientedBox) {
    let a = box.width * box.width / 12
    let b = box.height * box.height / 12
    let cosine = cos(box.angle)
    let sine = sin(box.angle)
    centerX = box.centerX
    centerY = box.centerY
    xx = a * cosine * cosine + b * sine * sine
    yy = a * sine * sine + b * cosine * cosine
    xy = (a - b) * cosine * sine
    determinant = max(xx * yy - xy * xy, 0)
  }

  /// Probabilistic IoU in 0...1: one minus the Hellinger distance of the two Gaussians.
  func probabilisticIoU(with other: BoxGaussian) -> Float {
    let epsilon: Float = 1e-7
    let sumXX = xx + other.xx
    let sumYY = yy + other.yy
    let sumXY = xy + other.xy
    let dx = centerX - other.centerX
    let dy = centerY - other.centerY
    let determinantOfSum = sumXX * sumYY - sumXY * sumXY
    let distance1 = (sumXX * dy * dy + sumYY * dx * dx) / (determinantOfSum + epsilon) * 0.25
    let distance2 = (sumXY * -dx * dy) / (determinantOfSum + epsilon) * 0.5
    let ratio = determinantOfSum / (4 * (determinant * other.determinant).squareRoot() + epsilon)
    let distance3 = log(ratio + epsilon) * 0.5
    let bhattacharyya = min(max(distance1 + distance2 + distance3, epsilon), 100)
    return 1 - (1 - exp(-bhattacharyya) + epsilon).squareRoot()
  }

  /// A box outside which no centre can lie whose probabilistic IoU with this one reaches `threshold`,
  /// halved so that two such boxes intersect whenever the pair matches.
  ///
  /// From 1 - sqrt(1 - exp(-d)) >= t follows d <= -ln(1 - (1-t)^2), and the distance along x alone is at
  /// least dx^2 / (4 (xx1 + xx2)).
  func reach(threshold: Float) -> BoundingBox {
    let farthest = 1 - max(threshold, 0)
    let limit = -log(max(1 - farthest * farthest, 1e-6))
    // One per cent above the bound: the epsilons in the formula move it by less.
    let scale = 2 * limit.squareRoot() * 1.01 + 1e-3
    return BoundingBox(
      centerX: centerX, centerY: centerY,
      width: 2 * scale * xx.squareRoot() + 1e-3, height: 2 * scale * yy.squareRoot() + 1e-3)
  }
}

extension OrientedBox {
  /// Overlap in 0...1: probabilistic IoU, or the exact intersection over the smaller rectangle's area.
  public func overlap(with other: OrientedBox, metric: OverlapMetric = .iou) -> Float {
    switch metric {
    case .iou: BoxGaussian(self).probabilisticIoU(with: BoxGaussian(other))
    case .ios: intersectionArea(with: other) / max(min(areaPixels, other.areaPixels), 1e-6)
    }
  }

  /// Exact intersection over union of the two rectangles, as evaluation on DOTA measures it.
  public func polygonIoU(with other: OrientedBox) -> Float {
    let intersection = intersectionArea(with: other)
    let union = areaPixels + other.areaPixels - intersection
    return union > 0 ? intersection / union : 0
  }

  /// Area in square pixels of the common part, by clipping one polygon with the other's four sides
  /// (Sutherland and Hodgman, 1974).
  public func intersectionArea(with other: OrientedBox) -> Float {
    // Around the first centre, so that 32 bits are enough far from the origin.
    let base = shifted(byX: -centerX, y: -centerY).polygon
    let window = other.shifted(byX: -centerX, y: -centerY)
    var polygon = base
    let axes = (cos(window.angle), sin(window.angle))
    let sides: [(nx: Float, ny: Float, limit: Float)] = [
      (axes.0, axes.1, window.width / 2), (-axes.0, -axes.1, window.width / 2),
      (-axes.1, axes.0, window.height / 2), (axes.1, -axes.0, window.height / 2),
    ]
    for side in sides {
      guard !polygon.isEmpty else { return 0 }
      let distances = polygon.map {
        ($0.x - window.centerX) * side.nx + ($0.y - window.centerY) * side.ny - side.limit
      }
      var clipped: [Point] = []
      for index in polygon.indices {
        let next = (index + 1) % polygon.count
        if distances[index] <= 0 { clipped.append(polygon[index]) }
        if (distances[index] < 0) != (distances[next] < 0), distances[index] != distances[next] {
          let share = distances[index] / (distances[index] - distances[next])
          clipped.append(
            Point(
              x: polygon[index].x + share * (polygon[next].x - polygon[index].x),
              y: polygon[index].y + share * (polygon[next].y - polygon[index].y)))
        }
      }
      polygon = clipped
    }
    return polygonArea(polygon)
  }
}

/// Area of a simple polygon by the shoelace formula.
private func polygonArea(_ polygon: [Point]) -> Float {
  guard polygon.count > 2 else { return 0 }
  var doubled: Float = 0
  for index in polygon.indices {
    let next = polygon[(index + 1) % polygon.count]
    doubled += polygon[index].x * next.y - next.x * polygon[index].y
  }
  return abs(doubled) / 2
}
