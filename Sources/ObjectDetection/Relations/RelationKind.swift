/// What a relation says of two classes. The order of the cases is the order of every document.
///
/// `cooccurs` is about images, the others are about pairs of detections in one image: their axis-aligned
/// boxes in pixels of the upright image. A pair is in none or one of those three, by the first line that
/// fits (d1, d2: the two diagonals; (d1 + d2) / 2: their mean):
///
/// 1. a box without area, or an IoU above 0.7: none. That much overlap is where suppression takes two boxes
///    of a class for one object, and nothing is near, or on, itself: two names of one object are a
///    confusion of the model, not a relation;
/// 2. `locatedOn`;
/// 3. `adjacentTo`;
/// 4. `locatedNear`.
public enum RelationKind: String, Sendable, Hashable, CaseIterable {
  /// Images in which both classes were found. Never a class with itself; symmetric.
  case cooccurs
  /// Pairs whose centres are less than d1 + d2 apart, twice the mean diagonal, and that are neither on one
  /// another nor adjacent. Boxes that overlap deeply without being on one another are among them.
  /// Symmetric, also within a class.
  case locatedNear = "located_near"
  /// Pairs of which more than half of the subject's area is inside the object, whose area is larger: a
  /// vehicle on a bridge. Directed, also within a class.
  case locatedOn = "located_on"
  /// Pairs whose sides are at most a tenth of the mean diagonal apart: touching boxes, a gap up to that
  /// width (the Euclidean distance of the rectangles), or an overlap up to that depth (the shorter side of
  /// the common rectangle). Symmetric, also within a class.
  ///
  /// Depth counts like a gap because a detector's sides are off by some pixels either way: tennis courts
  /// side by side would else be adjacent or not by chance.
  case adjacentTo = "adjacent_to"

  /// Whether (A, B) and (B, A) differ. The others are written once, the first name first.
  public var isDirected: Bool { self == .locatedOn }

  /// The kind's place among the cases.
  var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  /// The definition in a few words, for legends.
  var meaning: String {
    switch self {
    case .cooccurs: "images with both"
    case .locatedNear: "pairs less than two diagonals apart"
    case .locatedOn: "pairs, more than half of the first inside the second"
    case .adjacentTo: "pairs side by side"
    }
  }
}

/// How one box lies to another: the geometry behind `RelationKind`, which defines the cases.
enum BoxPlacement: Int, CaseIterable {
  case near, adjacent
  /// The first box is on the second.
  case on
  /// The second box is on the first.
  case under
}

/// A box measured once for many comparisons, in 64 bits: products of 32-bit sides stay exact, so that a
/// limit is met or missed as written. Pixels.
struct PlacedBox {
  private let xMin: Double
  private let yMin: Double
  private let xMax: Double
  private let yMax: Double
  private let area: Double
  private let diagonal: Double

  /// nil for a box without area or with a corner that is no finite number: it is nowhere.
  init?(_ box: BoundingBox) {
    guard !box.isEmpty else { return nil }
    (xMin, yMin) = (Double(box.xMin), Double(box.yMin))
    (xMax, yMax) = (Double(box.xMax), Double(box.yMax))
    let (width, height) = (xMax - xMin, yMax - yMin)
    guard width.isFinite, height.isFinite else { return nil }
    area = width * height
    diagonal = (width * width + height * height).squareRoot()
  }

  /// The square around the centre that reaches one diagonal far, rounded outwards. Two boxes whose centres
  /// are less than the sum of their diagonals apart have windows that intersect, and no other pair is in
  /// a relation: even adjacent boxes are closer than 0.55 times that sum.
  var window: BoundingBox {
    let (x, y) = ((xMin + xMax) / 2, (yMin + yMax) / 2)
    return BoundingBox(
      xMin: Float(x - diagonal).nextDown, yMin: Float(y - diagonal).nextDown,
      xMax: Float(x + diagonal).nextUp, yMax: Float(y + diagonal).nextUp)
  }

  /// nil where the boxes are too far apart for any relation, or one object under two names.
  @inline(__always)
  func placement(to other: PlacedBox) -> BoxPlacement? {
    // Everything squared and times a whole number instead of roots and quotients: limits stay exact.
    let diagonals = (diagonal + other.diagonal) * (diagonal + other.diagonal)
    let twiceX = xMin + xMax - other.xMin - other.xMax
    let twiceY = yMin + yMax - other.yMin - other.yMax
    guard twiceX * twiceX + twiceY * twiceY < 4 * diagonals else { return nil }
    // Above 0 a gap between the sides, below 0 the length of the common part.
    let gapX = max(xMin, other.xMin) - min(xMax, other.xMax)
    let gapY = max(yMin, other.yMin) - min(yMax, other.yMax)
    let distance: Double
    if gapX < 0, gapY < 0 {
      let common = gapX * gapY
      if 10 * common > 7 * (area + other.area - common) { return nil }
      if area < other.area, 2 * common > area { return .on }
      if other.area < area, 2 * common > other.area { return .under }
      let depth = max(gapX, gapY)
      distance = depth * depth
    } else {
      let (x, y) = (max(gapX, 0), max(gapY, 0))
      distance = x * x + y * y
    }
    // A tenth of the mean of two is a twentieth of their sum.
    return 400 * distance <= diagonals ? .adjacent : .near
  }
}
