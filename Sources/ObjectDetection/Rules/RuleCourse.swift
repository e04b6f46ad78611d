/// A detection as the rules see it: 64-bit floats in the rules' geometry.
struct RuledObject {
  /// In the order of the arithmetic, unruled detections included.
  let place: Int
  /// Its class among those that are weighed.
  let row: Int
  let xMin: Double
  let yMin: Double
  let xMax: Double
  let yMax: Double
  let diagonal: Double
  var confidence: Double

  init(
    _ detection: Detection, place: Int, _ weights: PairWeights, _ scaleX: Double, _ scaleY: Double
  ) {
    self.place = place
    row = weights.row(ofClass: detection.classID)
    let box = detection.box
    xMin = Double(box.xMin) / scaleX
    yMin = Double(box.yMin) / scaleY
    xMax = Double(box.xMax) / scaleX
    yMax = Double(box.yMax) / scaleY
    let (width, height) = (xMax - xMin, yMax - yMin)
    diagonal = (width * width + height * height).squareRoot()
    confidence = Double(detection.confidence)
  }

  var centerX: Double { (xMin + xMax) / 2 }
  var centerY: Double { (yMin + yMax) / 2 }
  private var area: Double { (xMax - xMin) * (yMax - yMin) }

  /// Whether the centres are nearer than twice the mean of the diagonals.
  @inline(__always)
  func isNear(_ other: RuledObject) -> Bool {
    let (x, y) = (centerX - other.centerX, centerY - other.centerY)
    return (x * x + y * y).squareRoot() < 2 * ((diagonal + other.diagonal) / 2)
  }

  /// Whether more than half of the smaller box is inside the other.
  @inline(__always)
  func covers(_ other: RuledObject) -> Bool {
    let width = min(xMax, other.xMax) - max(xMin, other.xMin)
    let height = min(yMax, other.yMax) - max(yMin, other.yMin)
    guard width > 0, height > 0 else { return false }
    let smaller = min(area, other.area)
    return smaller > 0 && width * height / smaller > 0.5
  }
}

/// The table of a rule set over the classes of one image.
struct PairWeights {
  private let rows: [Int: Int]
  private let count: Int
  /// A place in `modifiers` for each pair of rows; -1 for none.
  private let places: [Int]
  let modifiers: [ConfidenceModifier]

  init(_ table: RuleTable, classNames: [String], of detections: [Detection]) {
    var rows: [Int: Int] = [:]
    var names: [String] = []
    let ruled = Set(table.classNames)
    for detection in detections where rows[detection.classID] == nil {
      guard classNames.indices.contains(detection.classID),
        ruled.contains(classNames[detection.classID])
      else { continue }
      rows[detection.classID] = names.count
      names.append(classNames[detection.classID])
    }
    var places: [Int] = []
    var modifiers: [ConfidenceModifier] = []
    for first in names {
      for second in names {
        guard let modifier = table.modifier(first, second), modifier.weight != 1 else {
          places.append(-1)
          continue
        }
        places.append(modifiers.count)
        modifiers.append(modifier)
      }
    }
    self.rows = rows
    count = names.count
    self.places = places
    self.modifiers = modifiers
  }

  func isWeighed(_ classID: Int) -> Bool { rows[classID] != nil }

  func row(ofClass classID: Int) -> Int { rows[classID] ?? 0 }

  /// -1 where nothing happens.
  @inline(__always)
  func place(_ first: Int, _ second: Int) -> Int { places[first * count + second] }
}

/// The pairs of one image, one after the other.
struct RuleCourse {
  private(set) var objects: [RuledObject]
  private(set) var actions: [RuleAction] = []
  private(set) var droppedActions = 0
  private(set) var usedModifiers: [ConfidenceModifier] = []
  private let weights: PairWeights
  private let maxActions: Int
  /// For each modifier its place among the used ones.
  private var used: [Int?]

  init(_ objects: [RuledObject], _ weights: PairWeights, maxActions: Int) {
    self.objects = objects
    self.weights = weights
    self.maxActions = maxActions
    used = Array(repeating: nil, count: weights.modifiers.count)
  }

  /// Lets the rules look at one pair; `first` comes before `second` in the order.
  @inline(__always)
  mutating func meet(_ first: Int, _ second: Int) {
    let place = weights.place(objects[first].row, objects[second].row)
    guard place >= 0 else { return }
    let weight = weights.modifiers[place].weight
    if weight > 1 {
      if objects[first].isNear(objects[second]) { boost(first, second, by: weight, place) }
    } else if objects[first].covers(objects[second]) {
      penalize(first, second, by: weight, place)
    }
  }

  private mutating func boost(_ first: Int, _ second: Int, by weight: Double, _ place: Int) {
    let before = (objects[first].confidence, objects[second].confidence)
    let after = (min(1, before.0 * weight), min(1, before.1 * weight))
    objects[first].confidence = after.0
    objects[second].confidence = after.1
    // Both were certain already.
    guard before != after else { return }
    tell(
      RuleAction(
        modifier: place, isBoost: true, first: object(first, before.0, after.0),
        second: object(second, before.1, after.1)))
  }

  private mutating func penalize(_ first: Int, _ second: Int, by weight: Double, _ place: Int) {
    let before = (objects[first].confidence, objects[second].confidence)
    let losesSecond = before.1 < before.0
    if losesSecond {
      objects[second].confidence *= weight
    } else {
      objects[first].confidence *= weight
    }
    tell(
      RuleAction(
        modifier: place, isBoost: false,
        first: object(first, before.0, objects[first].confidence),
        second: object(second, before.1, objects[second].confidence),
        suppressesSecond: losesSecond))
  }

  private func object(_ index: Int, _ before: Double, _ after: Double) -> RuleAction.Object {
    RuleAction.Object(
      detection: objects[index].place, confidenceBefore: before, confidenceAfter: after)
  }

  private mutating func tell(_ action: RuleAction) {
    guard actions.count < maxActions else {
      droppedActions += 1
      return
    }
    var action = action
    if let known = used[action.modifier] {
      action.modifier = known
    } else {
      let next = usedModifiers.count
      usedModifiers.append(weights.modifiers[action.modifier])
      used[action.modifier] = next
      action.modifier = next
    }
    actions.append(action)
  }
}
