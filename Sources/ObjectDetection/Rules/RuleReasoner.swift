/// Adjusts confidences by what stands near or on each other.
///
/// Detections are taken in result order and grouped by class in order of first appearance, as after a class-wise
/// NMS. Each pair i < j of this order is looked at once, i outside, j inside; later pairs see the confidences that
/// earlier ones left. With the weight of (class i, class j), or if there is none of (class j, class i):
///
/// - above 1, where the centres are nearer than twice the mean of the two diagonals, both confidences become
///   min(1, confidence x weight);
/// - below 1, where more than half of the smaller box is inside the other, the less confident one, on a tie the
///   first, is multiplied by it.
///
/// Boxes are the axis-aligned ones. Confidences are 64-bit floats in between, as in Python.
public struct RuleReasoner: Sendable, Hashable {
  /// Of one image; some four megabytes. Its detections are at most as many, and thousands of actions are more than
  /// anybody reads.
  static let maxActions = 100_000

  public let rules: RuleSetIdentity
  public let table: RuleTable
  public let geometry: RuleGeometry

  public init(
    _ rules: RuleSetIdentity, table: RuleTable, geometry: RuleGeometry = .normalized
  ) {
    self.rules = rules
    self.table = table
    self.geometry = geometry
  }

  public init(_ set: RuleSet, geometry: RuleGeometry = .normalized) {
    self.init(set.identity, table: set.table, geometry: geometry)
  }

  /// - Parameters:
  ///   - detections: of one image, in any order.
  ///   - classNames: by class id.
  ///   - width: of the image in pixels, as `height`.
  /// - Returns: the detections in result order with their new confidences.
  public func callAsFunction(
    _ detections: [Detection], classNames: [String], width: Int, height: Int
  ) -> (detections: [Detection], reasoning: ImageReasoning) {
    reason(
      detections, classNames, width, height, search: .automatic, maxActions: Self.maxActions)
  }

  enum Search {
    /// The index where it helps.
    case automatic
    case index, allPairs
  }

  func reason(
    _ detections: [Detection], _ classNames: [String], _ width: Int, _ height: Int,
    search: Search, maxActions: Int
  ) -> (detections: [Detection], reasoning: ImageReasoning) {
    let ordered = Self.grouped(detections.sorted(by: Detection.inResultOrder))
    let weights = PairWeights(table, classNames: classNames, of: ordered)
    let (scaleX, scaleY): (Double, Double) =
      geometry == .normalized ? (Double(width), Double(height)) : (1, 1)
    // The others meet no rule.
    let objects = ordered.indices.filter { weights.isWeighed(ordered[$0].classID) }
      .map { RuledObject(ordered[$0], place: $0, weights, scaleX, scaleY) }
    var course = RuleCourse(objects, weights, maxActions: maxActions)
    let neighbours = search == .allPairs ? nil : RuleNeighbours(objects)
    if let neighbours, search == .index || neighbours.areFew {
      for index in objects.indices {
        for other in neighbours.later(than: index) { course.meet(index, other) }
      }
    } else {
      for index in objects.indices {
        for other in objects.indices.dropFirst(index + 1) { course.meet(index, other) }
      }
    }
    return result(ordered, course)
  }

  /// By class in order of first appearance, each class in the order given.
  private static func grouped(_ detections: [Detection]) -> [Detection] {
    var order: [Int] = []
    var groups: [Int: [Detection]] = [:]
    for detection in detections {
      if groups[detection.classID] == nil { order.append(detection.classID) }
      groups[detection.classID, default: []].append(detection)
    }
    return order.flatMap { groups[$0] ?? [] }
  }

  private func result(
    _ ordered: [Detection], _ course: RuleCourse
  ) -> (detections: [Detection], reasoning: ImageReasoning) {
    var changed = ordered
    for object in course.objects { changed[object.place].confidence = Float(object.confidence) }
    let order = changed.indices.sorted { left, right in
      if Detection.inResultOrder(changed[left], changed[right]) { return true }
      if Detection.inResultOrder(changed[right], changed[left]) { return false }
      return left < right
    }
    var places = Array(repeating: 0, count: order.count)
    for (place, index) in order.enumerated() { places[index] = place }
    var reasoning = ImageReasoning(
      rules: rules, modifiers: course.usedModifiers, actions: course.actions,
      droppedActions: course.droppedActions)
    for index in reasoning.actions.indices {
      reasoning.actions[index].first.detection = places[reasoning.actions[index].first.detection]
      reasoning.actions[index].second.detection = places[reasoning.actions[index].second.detection]
    }
    for index in ordered.indices where changed[index].confidence != ordered[index].confidence {
      reasoning.confidencesBefore[places[index]] = ordered[index].confidence
    }
    return (order.map { changed[$0] }, reasoning)
  }
}
