public import ArgumentParser
import Inference
import ObjectDetection

extension InferencePrecision: ExpressibleByArgument {}

/// Decoding, slicing, inference and merging of one picture against as many bare inferences, in turn.
struct Efficiency: AsyncParsableCommand {
  @Argument var picture: String
  @Option var model = "Models/tree-crowns.onnx"
  @Option var precision = InferencePrecision.f32
  @Option var rounds = 5

  func run() async throws {
    let libraries = try Libraries()
    let detector = try await libraries.detector(model, precision)
    let pipeline = DetectionPipeline(detector: detector)
    func detect() async throws -> Int {
      try await libraries.decoder.withImage(path: picture, limits: ImageLimits()) { image in
        try await pipeline.detect(
          in: image, options: DetectionOptions(), lane: ImageLane(id: 0)
        ).regionCount
      }
    }
    let regions = try await detect()
    var ratios: [Double] = []
    for round in 0..<rounds {
      var whole = 0.0
      var bare = 0.0
      for part in 0..<2 {
        // Alternating which goes first cancels a drift of the machine's load.
        if (round + part).isMultiple(of: 2) {
          whole = try await seconds { _ = try await detect() }
        } else {
          bare = try await seconds { try await detector.saturate(inferences: regions) }
        }
      }
      ratios.append(whole / bare)
      print("{\"whole_seconds\":\(whole),\"bare_seconds\":\(bare),\"inferences\":\(regions)}")
    }
    print("{\"median_ratio\":\(median(ratios)),\"inferences\":\(regions)}")
  }
}
