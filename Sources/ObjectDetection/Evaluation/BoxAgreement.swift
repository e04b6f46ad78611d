/// How far the detections of two runs over the same pictures are the same, box by box: which are is `BoxMatching`'s.
public struct BoxAgreement: Sendable, Equatable {
  /// From which overlap on two boxes are the same object.
  public static let matchingIoU = 0.5

  /// One picture, or all of them.
  public struct Figures: Sendable, Equatable {
    public var referenceBoxes = 0
    public var foundBoxes = 0
    public var matched = 0
    /// Of the reference, without a partner; those near the threshold are in `borderline`.
    public var missing = 0
    /// Found, without a partner.
    public var extra = 0
    /// Without a partner, and so near the threshold that rounding decides on which side they are.
    public var borderline = 0
    /// Of the matched boxes' edges, or corners: in pixels.
    public var maxBoxError = 0.0
    public var maxScoreError = 0.0
    /// Of the matched boxes.
    public var minIoU = 1.0
    /// Of the masks of matched boxes, where both have one; nil where there are none.
    public var minMaskIoU: Double?
    var sumIoU = 0.0

    /// Of the matched boxes; 1 where there are none.
    public var meanIoU: Double { matched == 0 ? 1 : sumIoU / Double(matched) }

    /// Matched boxes among all: 2 x matched / (2 x matched + missing + extra); 1 where there are none.
    public var agreement: Double {
      let all = 2 * matched + missing + extra
      return all == 0 ? 1 : Double(2 * matched) / Double(all)
    }

    static func + (left: Figures, right: Figures) -> Figures {
      var sum = left
      sum.referenceBoxes += right.referenceBoxes
      sum.foundBoxes += right.foundBoxes
      sum.matched += right.matched
      sum.missing += right.missing
      sum.extra += right.extra
      sum.borderline += right.borderline
      sum.maxBoxError = max(left.maxBoxError, right.maxBoxError)
      sum.maxScoreError = max(left.maxScoreError, right.maxScoreError)
      sum.minIoU = min(left.minIoU, right.minIoU)
      sum.minMaskIoU = [left.minMaskIoU, right.minMaskIoU].compactMap(\.self).min()
      sum.sumIoU += right.sumIoU
      return sum
    }
  }

  /// In the order of the pictures.
  public let images: [Figures]

  public var total: Figures { images.reduce(Figures(), +) }

  /// - Parameters:
  ///   - reference, found: of the same pictures, in the same order.
  ///   - threshold: the confidence above which both report boxes.
  ///   - margin: so much above the threshold a box may be missing on one side.
  public init(
    reference: [[Detection]], found: [[Detection]], threshold: Float, margin: Float = 0.01
  ) {
    images = zip(reference, found).map {
      Self.compare($0, $1, borderline: threshold + margin)
    }
  }

  private static func compare(
    _ reference: [Detection], _ found: [Detection], borderline: Float
  ) -> Figures {
    var figures = Figures()
    (figures.referenceBoxes, figures.foundBoxes) = (reference.count, found.count)
    let matching = BoxMatching(
      reference, found, referenceLabels: reference.map(\.classID),
      foundLabels: found.map(\.classID), iou: matchingIoU)
    for pair in matching.pairs {
      figures.add(reference[pair.reference], found[pair.found], overlap: pair.overlap)
    }
    for place in matching.onlyReference {
      if reference[place].confidence <= borderline {
        figures.borderline += 1
      } else {
        figures.missing += 1
      }
    }
    for place in matching.onlyFound {
      if found[place].confidence <= borderline {
        figures.borderline += 1
      } else {
        figures.extra += 1
      }
    }
    return figures
  }
}

extension BoxAgreement.Figures {
  fileprivate mutating func add(_ reference: Detection, _ found: Detection, overlap: Double) {
    matched += 1
    sumIoU += overlap
    minIoU = min(minIoU, overlap)
    maxScoreError = max(maxScoreError, Double(abs(reference.confidence - found.confidence)))
    maxBoxError = max(maxBoxError, Self.distance(reference, found))
    if let left = reference.mask, let right = found.mask {
      let union = left.union(right).areaPixels
      let common = left.areaPixels + right.areaPixels - union
      minMaskIoU = min(minMaskIoU ?? 1, Double(common) / Double(max(union, 1)))
    }
  }

  /// Between the edges of plain boxes; of oriented ones between each corner and the nearest one of the other, since
  /// the same rectangle can be written with its sides exchanged.
  private static func distance(_ left: Detection, _ right: Detection) -> Double {
    if let left = left.orientedBox, let right = right.orientedBox {
      let others = right.polygon
      return left.polygon.map { corner in
        let nearest = others.map { other in
          let (x, y) = (Double(corner.x - other.x), Double(corner.y - other.y))
          return (x * x + y * y).squareRoot()
        }.min()
        return nearest ?? 0
      }.max() ?? 0
    }
    let (a, b) = (left.box, right.box)
    return [a.xMin - b.xMin, a.yMin - b.yMin, a.xMax - b.xMax, a.yMax - b.yMax]
      .map { Double(abs($0)) }.max() ?? 0
  }
}
