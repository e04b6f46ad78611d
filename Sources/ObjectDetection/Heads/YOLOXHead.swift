import Foundation

/// Turns YOLOX' output tensor into detections in pixels of the model's input.
///
/// Source: github.com/Megvii-BaseDetection/YOLOX, yolox/models/yolo_head.py (`decode_outputs`) and
/// yolox/utils/boxes.py (`postprocess`).
struct YOLOXHead {
  /// Pixels a cell, from the finest level to the coarsest, as the rows come.
  static let strides = [8, 16, 32]

  /// Whether the model itself has turned cells into pixels.
  let isDecoded: Bool
  let classCount: Int
  let inputSize: PixelSize

  /// One a cell of each stride.
  static func rowCount(_ size: PixelSize) -> Int {
    strides.reduce(0) { $0 + (size.width / $1) * (size.height / $1) }
  }

  /// The detections whose objectness times class score is above `threshold`, in the order of the cells; nil when the
  /// tensor is not `[1, n, 5 + classes]` with a row a cell.
  func decode(_ output: OutputTensor, threshold: Float) -> [Detection]? {
    let (shape, columns) = (output.shape, 5 + classCount)
    guard classCount > 0, shape.count == 3, shape[0] == 1, shape[2] == columns,
      shape[1] == Self.rowCount(inputSize), output.values.count == shape[1] * columns,
      let base = output.values.baseAddress
    else { return nil }
    var found: [Detection] = []
    var row = 0
    for stride in Self.strides {
      let width = inputSize.width / stride
      for cell in 0..<width * (inputSize.height / stride) {
        let values = base + row * columns
        row += 1
        guard values[4] > threshold, let (classID, score) = best(values + 5) else { continue }
        let confidence = values[4] * score
        guard confidence > threshold else { continue }
        let box =
          isDecoded
          ? BoundingBox(
            centerX: values[0], centerY: values[1], width: values[2], height: values[3])
          : Self.box(values, x: cell % width, y: cell / width, stride: Float(stride))
        if let detection = Detection(finite: box, classID: classID, confidence: confidence) {
          found.append(detection)
        }
      }
    }
    return found
  }

  private static func box(
    _ values: UnsafePointer<Float>, x: Int, y: Int, stride: Float
  ) -> BoundingBox {
    BoundingBox(
      centerX: (values[0] + Float(x)) * stride, centerY: (values[1] + Float(y)) * stride,
      width: exp(values[2]) * stride, height: exp(values[3]) * stride)
  }

  private func best(_ scores: UnsafePointer<Float>) -> (classID: Int, score: Float)? {
    (0..<classCount).map { ($0, scores[$0]) }.max { $0.1 < $1.1 }
  }
}

extension Detection {
  /// nil for a box without area or with a coordinate that is not a finite number, which would also spoil the search
  /// tree of all others.
  init?(finite box: BoundingBox, classID: Int, confidence: Float) {
    guard !box.isEmpty, box.xMin.isFinite, box.yMin.isFinite, box.xMax.isFinite, box.yMax.isFinite
    else { return nil }
    self.init(classID: classID, confidence: confidence, box: box)
  }
}
