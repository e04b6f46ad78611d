import ArgumentParser
import Foundation
import Inference
import ObjectDetection

/// Decoding, and drawing with encoding, of one picture, per megapixel.
struct Stages: AsyncParsableCommand {
  @Argument var picture: String
  @Option var boxes = 300
  @Option var rounds = 5

  func run() async throws {
    let libraries = try Libraries()
    let folder = FileManager.default.temporaryDirectory
    let output = folder.appendingPathComponent("harrier-stages-\(UUID().uuidString).jpg").path
    defer { try? FileManager.default.removeItem(atPath: output) }
    let limits = ImageLimits(maxBytes: 1 << 30)
    let image = try await libraries.decoder.decode(path: picture, limits: limits)
    let megapixels = Double(image.width * image.height) / 1e6
    let detections = grid(boxes, width: image.width, height: image.height)
    let model = DetectionModel(
      name: "benchmark", task: .obb, classNames: (0..<15).map { "class\($0)" },
      inputSize: PixelSize(width: 640, height: 640), layout: .oriented, sha256: "")
    var decoding: [Double] = []
    var drawing: [Double] = []
    for _ in 0..<rounds {
      decoding.append(
        try await seconds {
          _ = try await libraries.decoder.decode(path: picture, limits: limits)
        })
      drawing.append(
        try await seconds {
          try await libraries.annotator.annotate(
            image, with: detections, of: model, options: AnnotationOptions(), to: output,
            thumbnail: nil)
        })
    }
    print(
      "{\"megapixels\":\(megapixels),\"boxes\":\(boxes),"
        + "\"decode_ms_per_megapixel\":\(median(decoding) * 1000 / megapixels),"
        + "\"annotate_and_encode_ms_per_megapixel\":\(median(drawing) * 1000 / megapixels)}")
  }

  /// Rotated boxes spread evenly over the picture.
  private func grid(_ count: Int, width: Int, height: Int) -> [Detection] {
    let columns = max(1, Int(Double(count).squareRoot().rounded(.up)))
    return (0..<count).map { index in
      let box = OrientedBox(
        centerX: (Float(index % columns) + 0.5) / Float(columns) * Float(width),
        centerY: (Float(index / columns) + 0.5) / Float(columns) * Float(height), width: 90,
        height: 40, angle: Float(index) * 0.37)
      return Detection(
        classID: index % 15, confidence: 0.5, box: box.enclosingBox, orientedBox: box)
    }
  }
}
