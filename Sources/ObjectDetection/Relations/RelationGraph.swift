/// How often the detections of one class were in a relation with those of another.
public struct Relation: Sendable, Hashable {
  public var kind: RelationKind
  public var subject: String
  /// For symmetric kinds not before `subject` in the order of names.
  public var object: String
  /// Images for `cooccurs`, else pairs of detections; at least 1.
  public var count: Int
}

/// A class that was found, with its detections in all images.
public struct RelatedClass: Sendable, Hashable {
  public var name: String
  /// At least 1.
  public var count: Int
}

/// The knowledge graph of a job: classes, and the counted relations between them over all images.
///
/// Memory grows with the square of the classes, not with images or detections. The order in which images
/// and detections are added changes nothing.
public struct RelationGraph: Sendable {
  /// A pair of classes by their numbers; of a symmetric kind the smaller number is the subject.
  private struct Edge: Hashable {
    var kind: RelationKind
    var subject: Int
    var object: Int
  }

  /// Images that were added, also those without detections.
  public private(set) var imageCount = 0
  /// Names by number, in the order of their first detection.
  private var names: [String] = []
  private var numbers: [String: Int] = [:]
  /// Detections by number of the class.
  private var detectionCounts: [Int] = []
  private var edgeCounts: [Edge: Int] = [:]

  public init() {}

  /// Detections that were added.
  public var detectionCount: Int { detectionCounts.reduce(0, +) }

  /// Most detections first, then by name.
  public var classes: [RelatedClass] {
    zip(names, detectionCounts).map { RelatedClass(name: $0, count: $1) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  /// By kind, highest count first, then by names.
  public var relations: [Relation] {
    let relations = edgeCounts.map { edge, count in
      let (first, second) = (names[edge.subject], names[edge.object])
      let isInOrder = edge.kind.isDirected || first <= second
      return Relation(
        kind: edge.kind, subject: isInOrder ? first : second, object: isInOrder ? second : first,
        count: count)
    }
    let byKind = Dictionary(grouping: relations, by: \.kind)
    return RelationKind.allCases.flatMap { kind in
      (byKind[kind] ?? []).sorted {
        ($1.count, $0.subject, $0.object) < ($0.count, $1.subject, $1.object)
      }
    }
  }

  /// Counts one image. `classNames` are the model's, by class id; ids beyond them are called "class7", as in
  /// the other documents, and classes of one name are one.
  ///
  /// Time grows with the pairs of boxes whose centres are less than the sum of their diagonals apart.
  public mutating func add(_ detections: [Detection], classNames: [String]) {
    imageCount += 1
    let identity = ModelIdentity(name: "", task: nil, sha256: nil, classNames: classNames)
    var numbersByID: [Int: Int] = [:]
    var placed: [(number: Int, box: PlacedBox)] = []
    for detection in detections {
      let number =
        numbersByID[detection.classID] ?? number(of: identity.className(detection.classID))
      numbersByID[detection.classID] = number
      detectionCounts[number] += 1
      if let box = PlacedBox(detection.box) { placed.append((number, box)) }
    }
    countImage(of: Set(numbersByID.values).sorted())
    countPairs(of: placed.sorted { $0.number < $1.number })
  }

  private mutating func number(of name: String) -> Int {
    if let number = numbers[name] { return number }
    numbers[name] = names.count
    names.append(name)
    detectionCounts.append(0)
    return names.count - 1
  }

  private mutating func countImage(of found: [Int]) {
    for (position, subject) in found.enumerated() {
      for object in found[(position + 1)...] {
        edgeCounts[Edge(kind: .cooccurs, subject: subject, object: object), default: 0] += 1
      }
    }
  }

  /// Counts each pair of boxes once; the boxes come class by class.
  private mutating func countPairs(of placed: [(number: Int, box: PlacedBox)]) {
    var tree = PackedRTree(placed.map(\.box.window))
    // One class against all others, so that the innermost loop adds to an array and not to a dictionary.
    let placements = BoxPlacement.allCases.count
    var tally = Array(repeating: 0, count: names.count * placements)
    for (position, subject) in placed.enumerated() {
      // What was compared with everything leaves: the other half of the pairs is never visited.
      tree.remove(position)
      tree.forEach(intersecting: subject.box.window) { other in
        if let placement = subject.box.placement(to: placed[other].box) {
          tally[placed[other].number * placements + placement.rawValue] += 1
        }
      }
      let next = position + 1
      if next == placed.count || placed[next].number != subject.number {
        addPairs(tally, of: subject.number)
        for index in tally.indices { tally[index] = 0 }
      }
    }
  }

  /// Adds what was counted for `subject` against every class: `tally[class * placements + placement]`.
  private mutating func addPairs(_ tally: [Int], of subject: Int) {
    let placements = BoxPlacement.allCases
    for (index, count) in tally.enumerated() where count > 0 {
      let object = index / placements.count
      let edge =
        switch placements[index % placements.count] {
        case .near:
          Edge(kind: .locatedNear, subject: min(subject, object), object: max(subject, object))
        case .adjacent:
          Edge(kind: .adjacentTo, subject: min(subject, object), object: max(subject, object))
        case .on: Edge(kind: .locatedOn, subject: subject, object: object)
        case .under: Edge(kind: .locatedOn, subject: object, object: subject)
        }
      edgeCounts[edge, default: 0] += count
    }
  }
}
