/// How well a model finds what it must find, at one confidence: what a version has to pass before an alias moves to it.
///
/// COCO's matching at one overlap: in each picture the detections of a label, the most confident first, take the free
/// expected box that they overlap most, by an IoU of at least 0.5. Where both are oriented, polygons are compared.
public struct GoldenScore: Sendable, Equatable {
  /// From which overlap on a box is found.
  public static let matchingIoU = 0.5

  /// Of one picture, one label, or all.
  public struct Counts: Sendable, Equatable {
    public var expected = 0
    public var found = 0
    /// Found boxes that were expected.
    public var matched = 0

    /// The share of what is expected that was found; 1 where nothing is expected.
    public var recall: Double { expected == 0 ? 1 : Double(matched) / Double(expected) }
    /// The share of what was found that is expected; 1 where nothing was found.
    public var precision: Double { found == 0 ? 1 : Double(matched) / Double(found) }

    static func += (sum: inout Counts, other: Counts) {
      sum.expected += other.expected
      sum.found += other.found
      sum.matched += other.matched
    }
  }

  /// In the order of the pictures.
  public private(set) var pictures: [Counts] = []
  /// By label, of those that are judged.
  public private(set) var classes: [String: Counts]

  public var total: Counts { pictures.reduce(into: Counts()) { $0 += $1 } }

  /// - Parameters:
  ///   - expected, found: of the same pictures, in the same order.
  ///   - labels: of the detections, by class id.
  ///   - judged: the labels that somebody has marked. What is found of another one is neither right nor wrong.
  public init(
    expected: [[ExpectedBox]], found: [[Detection]], labels: [String], judged: Set<String>
  ) {
    classes = Dictionary(uniqueKeysWithValues: judged.map { ($0, Counts()) })
    let identity = ModelIdentity(name: "", task: nil, sha256: nil, classNames: labels)
    for (expected, found) in zip(expected, found) {
      let expected = Dictionary(grouping: expected, by: \.label)
      let found = Dictionary(grouping: found) { identity.className($0.classID) }
      var picture = Counts()
      for label in judged {
        let counts = Self.counts(expected[label] ?? [], found[label] ?? [])
        picture += counts
        classes[label, default: Counts()] += counts
      }
      pictures.append(picture)
    }
  }

  /// Of one label in one picture.
  private static func counts(_ expected: [ExpectedBox], _ found: [Detection]) -> Counts {
    var counts = Counts(expected: expected.count, found: found.count)
    guard !expected.isEmpty, !found.isEmpty else { return counts }
    // Only boxes that touch can match: an index keeps crowded pictures fast.
    var free = PackedRTree(expected.map(\.box))
    for detection in found.sorted(by: Detection.inResultOrder) {
      var best: (index: Int, overlap: Double)?
      free.forEach(intersecting: detection.box) { index in
        let overlap = overlap(detection, expected[index])
        guard overlap >= matchingIoU else { return }
        // The index has no order: of equal overlaps the first expected box counts.
        guard let known = best else { return best = (index, overlap) }
        if overlap > known.overlap || overlap == known.overlap && index < known.index {
          best = (index, overlap)
        }
      }
      guard let best else { continue }
      free.remove(best.index)
      counts.matched += 1
    }
    return counts
  }

  private static func overlap(_ found: Detection, _ expected: ExpectedBox) -> Double {
    if let found = found.orientedBox, let expected = expected.orientedBox {
      return Double(found.polygonIoU(with: expected))
    }
    return found.box.overlap(with: expected.box, metric: .iou, in: Double.self)
  }
}
