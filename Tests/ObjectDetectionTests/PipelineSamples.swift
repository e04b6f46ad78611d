import ObjectDetection
import TestSupport

/// Small models, pictures and outputs for the pipeline's tests.
enum PipelineSamples {
  static func model(
    _ layout: OutputLayout = .yolov8, classCount: Int = 1, side: Int = 32
  ) -> DetectionModel {
    DetectionModel(
      name: "scripted", task: layout.task, classNames: (0..<classCount).map { "class\($0)" },
      inputSize: PixelSize(width: side, height: side), layout: layout, sha256: "")
  }

  /// A picture whose pixels say where they are: red is x, green is y.
  static func coordinates(width: Int, height: Int) -> PixelBuffer {
    PixelBuffer(width: width, height: height) { bytes in
      for y in 0..<height {
        for x in 0..<width {
          let offset = (y * width + x) * 3
          bytes[offset] = UInt8(x)
          bytes[offset + 1] = UInt8(y)
          bytes[offset + 2] = 0
        }
      }
    }
  }

  /// A yolov8 tensor of one class from rows `[cx, cy, w, h, score]`.
  static func yolov8(_ rows: [[Float]]) -> ScriptedDetector.Output {
    ScriptedDetector.Output(
      (0..<5).flatMap { channel in rows.map { $0[channel] } }, shape: [1, 5, rows.count])
  }

  /// The region that an unscaled slice was cut from, by its first pixel.
  static func corner(_ call: ScriptedDetector.Call) -> (x: Int, y: Int) {
    (Int(call.input[0]), Int(call.input[1]))
  }

  /// Slices of 32 pixels without overlap and without the full image; nothing is merged.
  static let plainSlices = DetectionOptions(
    merging: Merging(method: .none),
    slicing: Slicing(width: 32, height: 32, overlapRatio: 0, includesFullImage: false))

  static let lane = ImageLane(id: 1)
}
