import TestSupport
import Testing

@testable import ObjectDetection

/// Expected values are computed by hand. In the square image of 1000 pixels normalized distances are those in
/// pixels, divided by 1000.
@Suite("RuleReasoner")
struct RuleReasonerTests {
  private static let classes = ["ship", "harbor", "plane", "Bridge"]

  private func ship(_ confidence: Float, _ x: Float, _ y: Float, _ side: Float = 20) -> Detection {
    detection(0, confidence, x, y, side)
  }

  private func harbor(_ confidence: Float, _ x: Float, _ y: Float, _ side: Float = 20) -> Detection
  {
    detection(1, confidence, x, y, side)
  }

  /// A square by its upper left corner.
  private func detection(
    _ classID: Int, _ confidence: Float, _ x: Float, _ y: Float, _ side: Float
  ) -> Detection {
    Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: x, yMin: y, xMax: x + side, yMax: y + side))
  }

  private func reason(
    _ detections: [Detection], _ modifiers: [(String, String, Double)],
    _ geometry: RuleGeometry = .normalized, width: Int = 1000, height: Int = 1000
  ) throws -> (detections: [Detection], reasoning: ImageReasoning) {
    let table = try RuleTable(
      modifiers.map { ConfidenceModifier(first: $0.0, second: $0.1, weight: $0.2) })
    return RuleReasoner(
      RuleSetIdentity(name: "test", sha256: "0"), table: table, geometry: geometry)(
        detections, classNames: Self.classes, width: width, height: height)
  }

  /// Class name and confidence, in result order.
  private func texts(_ detections: [Detection]) -> [String] {
    detections.map { "\(Self.classes[$0.classID]) \($0.confidence)" }
  }

  /// Squares of 30 x 40: diagonals of 50 each, so the reach is 100 pixels, exact in binary.
  @Test(
    "a boost reaches nearer than twice the mean of the diagonals",
    arguments: [(99.75, true), (100, false), (100.25, false)])
  func reach(distance: Double, isBoosted: Bool) throws {
    func box(_ classID: Int, _ x: Double) -> Detection {
      Detection(
        classID: classID, confidence: 0.5,
        box: BoundingBox(xMin: Float(x), yMin: 0, xMax: Float(x) + 30, yMax: 40))
    }
    let (found, reasoning) = try reason(
      [box(0, 0), box(1, distance)], [("ship", "harbor", 1.25)], .pixels)
    #expect(found.map(\.confidence) == (isBoosted ? [0.625, 0.625] : [0.5, 0.5]))
    #expect(reasoning.actions.count == (isBoosted ? 1 : 0))
  }

  /// The harbour is the larger one; of the ship's 20 x 20 pixels the given share is inside.
  @Test(
    "a penalty needs more than half of the smaller box",
    arguments: [(9.75, false), (10, false), (10.25, true)])
  func overlap(inside: Double, isPenalized: Bool) throws {
    let (found, _) = try reason(
      [ship(0.5, 100 - 20 + Float(inside), 100), harbor(0.75, 100, 90, 64)],
      [("ship", "harbor", 0.5)], .pixels)
    #expect(
      texts(found) == ["harbor 0.75", isPenalized ? "ship 0.25" : "ship 0.5"])
  }

  @Test("a boost ends at 1")
  func cap() throws {
    let (found, reasoning) = try reason(
      [ship(0.875, 0, 0), harbor(0.5, 20, 0)], [("ship", "harbor", 1.25)])
    #expect(texts(found) == ["ship 1.0", "harbor 0.625"])
    #expect(reasoning.confidencesBefore == [0: 0.875, 1: 0.5])
    #expect(reasoning.changes[0]?.rules.map(\.name) == ["ship<->harbor x1.25"])
  }

  @Test("two that are certain are not boosted, and nothing is told")
  func certain() throws {
    let (_, reasoning) = try reason(
      [ship(1, 0, 0), harbor(1, 20, 0)], [("ship", "harbor", 1.25)])
    #expect(reasoning.actions.isEmpty && reasoning.confidencesBefore.isEmpty)
  }

  @Test("of two that are equally confident the first one is penalized")
  func tie() throws {
    // Ties are ordered by class id: the ship is the first.
    let (found, reasoning) = try reason(
      [harbor(0.5, 0, 0), ship(0.5, 0, 0)], [("harbor", "ship", 0.5)])
    #expect(texts(found) == ["harbor 0.5", "ship 0.25"])
    let action = try #require(reasoning.actions.first)
    #expect(action.kind == "PENALTY" && !action.suppressesSecond)
    #expect(action.suppressed?.detection == 1 && action.kept?.detection == 0)
  }

  @Test("the pair is looked up as it stands, then the other way round")
  func lookup() throws {
    let detections = [ship(0.5, 0, 0), harbor(0.25, 20, 0)]
    #expect(
      texts(try reason(detections, [("harbor", "ship", 1.5)]).detections)
        == ["ship 0.75", "harbor 0.375"])
    // The ship comes first, so its own direction counts.
    #expect(
      texts(
        try reason(detections, [("harbor", "ship", 1.5), ("ship", "harbor", 2)]).detections)
        == ["ship 1.0", "harbor 0.5"])
  }

  @Test("a later solution for the same pair replaces the earlier one")
  func replaced() throws {
    let (found, _) = try reason(
      [ship(0.5, 0, 0), harbor(0.25, 20, 0)],
      [("ship", "harbor", 1.25), ("ship", "harbor", 1.5)])
    #expect(texts(found) == ["ship 0.75", "harbor 0.375"])
  }

  @Test(
    "a weight of 1, pairs without a weight and classes without rules change nothing",
    arguments: [[("ship", "harbor", 1.0)], [("ship", "plane", 2.0)], [("ship", "zeppelin", 2.0)]])
  func nothing(modifiers: [(String, String, Double)]) throws {
    let detections = [ship(0.5, 0, 0), harbor(0.25, 0, 0)]
    let (found, reasoning) = try reason(detections, modifiers)
    #expect(found == detections)
    #expect(reasoning.actions.isEmpty && reasoning.changes.isEmpty)
  }

  @Test("a class may have a rule with itself")
  func itself() throws {
    let (found, _) = try reason([ship(0.5, 0, 0), ship(0.25, 20, 0)], [("ship", "ship", 1.5)])
    #expect(texts(found) == ["ship 0.75", "ship 0.375"])
  }

  @Test("later pairs see what earlier ones left")
  func chain() throws {
    // Groups: ship (0.5), harbor (0.375), plane (0.25). Ship and harbour boost each other first: 0.75 and 0.5625.
    // Then ship and plane overlap, and the plane loses: 0.125. Harbour and plane have no rule.
    let (found, reasoning) = try reason(
      [ship(0.5, 0, 0), harbor(0.375, 20, 0), detection(2, 0.25, 2, 2, 16)],
      [("ship", "harbor", 1.5), ("ship", "plane", 0.5)])
    #expect(texts(found) == ["ship 0.75", "harbor 0.5625", "plane 0.125"])
    #expect(reasoning.actions.map(\.kind) == ["BOOST", "PENALTY"])
    #expect(reasoning.actions[1].first.confidenceBefore == 0.75)
  }

  @Test("pairs follow the groups of classes, not the confidences")
  func groups() throws {
    // In result order: ship 0.5, harbor 0.4375, ship 0.375. Grouped: ship, ship, harbor. The boost of the two ships
    // comes first, so 0.5 x 1.5 = 0.75 and 0.375 x 1.5 = 0.5625 meet the harbour: it is the weaker of both pairs.
    let (found, reasoning) = try reason(
      [ship(0.5, 0, 0), harbor(0.4375, 0, 0, 40), ship(0.375, 20, 0)],
      [("ship", "ship", 1.5), ("ship", "harbor", 0.5)])
    #expect(texts(found) == ["ship 0.75", "ship 0.5625", "harbor 0.109375"])
    #expect(reasoning.actions.map(\.kind) == ["BOOST", "PENALTY", "PENALTY"])
  }

  @Test("in normalized coordinates x and y scale differently, in pixels they do not")
  func geometry() throws {
    // 20 x 20 pixels in an image of 2000 x 500: 0.01 wide and 0.04 high, a diagonal of 0.0412. The centres are
    // 80 pixels apart: in x 0.04 < 0.0825, in y 0.16; in pixels 80 > 56.6 either way.
    let right = [ship(0.5, 0, 0), harbor(0.25, 80, 0)]
    let below = [ship(0.5, 0, 0), harbor(0.25, 0, 80)]
    let rule = [("ship", "harbor", 1.5)]
    func count(_ detections: [Detection], _ geometry: RuleGeometry) throws -> Int {
      try reason(detections, rule, geometry, width: 2000, height: 500).reasoning.actions.count
    }
    #expect(try count(right, .normalized) == 1)
    #expect(try count(below, .normalized) == 0)
    #expect(try count(right, .pixels) == 0)
    #expect(try count(below, .pixels) == 0)
  }

  @Test("a box without area is not penalized")
  func flat() throws {
    let flat = Detection(
      classID: 0, confidence: 0.25, box: BoundingBox(xMin: 5, yMin: 5, xMax: 15, yMax: 5))
    let (found, _) = try reason([flat, harbor(0.5, 0, 0)], [("ship", "harbor", 0.5)])
    #expect(texts(found) == ["harbor 0.5", "ship 0.25"])
  }

  @Test("actions beyond the limit take place and are counted")
  func limit() throws {
    let detections = (0..<5).map { ship(0.5, Float($0), 0) }
    let table = try RuleTable([ConfidenceModifier(first: "ship", second: "ship", weight: 0.5)])
    let reasoner = RuleReasoner(RuleSetIdentity(name: "test", sha256: "0"), table: table)
    let all = reasoner.reason(
      detections, Self.classes, 100, 100, search: .automatic, maxActions: 100)
    let few = reasoner.reason(
      detections, Self.classes, 100, 100, search: .automatic, maxActions: 3)
    #expect(all.reasoning.actions.count == 10 && all.reasoning.droppedActions == 0)
    #expect(few.reasoning.actions == Array(all.reasoning.actions.prefix(3)))
    #expect(few.reasoning.droppedActions == 7)
    #expect(few.detections == all.detections)
    #expect(few.reasoning.confidencesBefore == all.reasoning.confidencesBefore)
  }

  @Test(
    "weights that are none are refused, with their pair", arguments: [-0.5, .infinity, .nan])
  func weights(weight: Double) throws {
    let error = #expect(throws: DetectionError.self) {
      try RuleTable([ConfidenceModifier(first: "a", second: "b", weight: weight)])
    }
    #expect(error?.code == .reasoningError)
    #expect(error?.message.contains("confidence_modifier(a, b") == true)
  }

  @Test(
    "a rule is named as people write it", arguments: [(1.25, "x1.25"), (2, "x2"), (0.1, "x0.1")])
  func names(weight: Double, text: String) {
    #expect(
      ConfidenceModifier(first: "ship", second: "harbor", weight: weight).name
        == "ship<->harbor \(text)")
  }

  @Test("classes that the model has under another spelling are warned of")
  func warnings() throws {
    let set = RuleSet(
      name: "x", sha256: "0", source: "",
      table: try RuleTable([
        ConfidenceModifier(first: "ship", second: "bridge", weight: 2),
        ConfidenceModifier(first: "zeppelin", second: "ship", weight: 2),
      ]))
    #expect(
      set.warnings(for: Self.classes) == [
        "the model has no class 'bridge'; did you mean 'Bridge'?",
        "the model has no class 'zeppelin'",
      ])
  }

  @Test("a stored result gives back what rules did")
  func stored() throws {
    var image = ImageDetections(
      width: 1000, height: 1000,
      detections: [ship(0.5, 0, 0), harbor(0.375, 20, 0), detection(2, 0.25, 2, 2, 16)])
    let model = PipelineSamples.model(classCount: 4)
    image.apply(
      RuleReasoner(
        RuleSetIdentity(name: "test", sha256: "abc"),
        table: try RuleTable([
          ConfidenceModifier(first: "ship", second: "harbor", weight: 1.5),
          ConfidenceModifier(first: "ship", second: "plane", weight: 0.5),
        ])), classNames: Self.classes)
    let bytes = DetectionsFile.encode(image, model: model)
    let back = try DetectionsFile.decode(bytes).image
    #expect(back.reasoning == image.reasoning)
    #expect(back.reasoning?.actions.count == 2)
    #expect(back.detections == image.detections)
    for count in stride(from: bytes.count - 1, to: 0, by: -7) {
      #expect(throws: DetectionError.self) {
        try DetectionsFile.decode(Array(bytes.prefix(count)))
      }
    }
  }
}
