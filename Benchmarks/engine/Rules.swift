import ArgumentParser
import Inference
import ObjectDetection

/// Rules over many detections of one image, spread out and crowded; and their share of the time of a picture.
struct Rules: AsyncParsableCommand {
  @Option var detections = 10_000
  @Option var rounds = 5
  @Option var picture = "Samples/scene-large.jpg"
  @Option var model = "Models/aerial15-obb.onnx"
  @Option var file = "Rules/dota.pl"

  func run() async throws {
    let rules = RuleReasoner(
      RuleSetIdentity(name: "bench", sha256: ""),
      table: try RuleTable(
        (0..<15).flatMap { first in
          (0..<15).filter { $0 != first }.map { second in
            ConfidenceModifier(
              first: "c\(first)", second: "c\(second)",
              weight: (first + second).isMultiple(of: 2) ? 1.0001 : 0.9999)
          }
        }))
    for (name, side) in [("spread", 20_000), ("dense", 4_000), ("crowded", 300)] {
      let image = Self.image(detections, side: side)
      var times: [Double] = []
      var actions = 0
      for _ in 0..<rounds {
        times.append(
          await seconds {
            let (_, reasoning) = rules(
              image, classNames: (0..<15).map { "c\($0)" }, width: side, height: side)
            actions = reasoning.actions.count + reasoning.droppedActions
          })
      }
      print(
        "{\"case\":\"\(name)\",\"detections\":\(detections),\"actions\":\(actions),"
          + "\"median_seconds\":\(median(times))}")
    }
    try await share()
  }

  /// The arithmetic beside decoding, inference and merging.
  private func share() async throws {
    let libraries = try Libraries()
    let detector = try await libraries.detector(model, .f32)
    let set = try await PrologReader().ruleSet(inFile: file).set
    // Many weak detections: the worst case for the rules.
    let options = DetectionOptions(confidenceThreshold: 0.01, rules: RuleReasoner(set))
    var shares: [Double] = []
    var found = 0
    for _ in 0..<rounds {
      var reasoning = Duration.zero
      let whole = try await seconds {
        let result = try await libraries.decoder.withImage(path: picture, limits: ImageLimits()) {
          try await DetectionPipeline(detector: detector).detect(
            in: $0, options: options, lane: ImageLane(id: 0))
        }
        reasoning = result.reasoningTime
        found = result.detections.count
      }
      let parts = reasoning.components
      shares.append((Double(parts.seconds) + Double(parts.attoseconds) / 1e18) / whole)
    }
    print(
      "{\"case\":\"share\",\"detections\":\(found),\"median_share\":\(median(shares))}")
  }

  /// Boxes of 10 to 40 pixels at places that a fixed sequence gives.
  private static func image(_ count: Int, side: Int) -> [Detection] {
    var state: UInt64 = 42
    func next(_ range: Int) -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int(state >> 33) % range)
    }
    return (0..<count).map { _ in
      let (x, y, width, height) = (next(side), next(side), 10 + next(30), 10 + next(30))
      return Detection(
        classID: Int(next(15)), confidence: 0.05 + next(900) / 1000,
        box: BoundingBox(xMin: x, yMin: y, xMax: x + width, yMax: y + height))
    }
  }
}
