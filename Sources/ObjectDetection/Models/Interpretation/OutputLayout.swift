/// How the numbers of a model's output tensor are arranged.
public enum OutputLayout: String, Sendable, CaseIterable {
  /// `[1, n, 5 + classes]`: cx, cy, w, h, objectness, class scores.
  case yolov5
  /// `[1, 4 + classes, n]`: cx, cy, w, h, class scores (v8, v9, 11, 12, 26 without its end-to-end head).
  case yolov8
  /// `[1, n, 6]`: x1, y1, x2, y2, confidence, class; suppression is done (v10, 26, exports with NMS).
  case endToEnd = "end_to_end"
  /// `[1, 4 + classes + 1, n]`: cx, cy, w, h, class scores, angle in radians.
  case oriented
  /// `[1, n, 7]`: cx, cy, w, h, confidence, class, angle in radians; suppression is done.
  case orientedEndToEnd = "oriented_end_to_end"
  /// `[1, n, 5 + classes]`, a row a cell: x and y from the cell's corner and the logarithms of w and h, all in
  /// strides; objectness, class scores (YOLOX as its `tools/export_onnx.py` writes it).
  case yolox
  /// `[1, n, 5 + classes]`: cx, cy, w, h, objectness, class scores (YOLOX with `--decode_in_inference`).
  case yoloxDecoded = "yolox_decoded"
  /// `[1, n, 6]`: cx, cy, w, h in parts of the input, confidence, class (RT-DETR of Ultralytics 8.4).
  case rtdetr
  /// `[1, n, 4 + classes]`: cx, cy, w, h in parts of the input, class scores (RT-DETR of earlier Ultralytics).
  case rtdetrScores = "rtdetr_scores"
  /// `logits` `[1, n, classes]`; `pred_boxes` `[1, n, 4]`: cx, cy, w, h in parts of the input (RT-DETR of
  /// Hugging Face transformers).
  case rtdetrLogits = "rtdetr_logits"
  /// `labels` `[1, n]`; `boxes` `[1, n, 4]`: x1, y1, x2, y2; `scores` `[1, n]` (RT-DETR of its authors, D-FINE,
  /// DEIM).
  case rtdetrPostprocessed = "rtdetr_postprocessed"
  /// `dets` `[1, n, 4]`: cx, cy, w, h in parts of the input; `labels` `[1, n, classes]`: logits (RF-DETR).
  case rfdetr
  /// `[1, 4 + classes + masks, n]`: cx, cy, w, h, class scores, factors of the mask; `[1, masks, h, w]`: the masks'
  /// prototypes (v8, 9, 11, 12, 26 without its end-to-end head).
  case segmented
  /// `[1, n, 6 + masks]`: x1, y1, x2, y2, confidence, class, factors of the mask; `[1, masks, h, w]`: the masks'
  /// prototypes. Suppression is done (26, exports with NMS).
  case segmentedEndToEnd = "segmented_end_to_end"

  /// Whether there is nothing to suppress: the model itself has removed overlapping boxes, or was trained to make one
  /// an object.
  public var isSuppressed: Bool {
    switch self {
    case .yolov5, .yolov8, .oriented, .yolox, .yoloxDecoded, .segmented: false
    case .endToEnd, .orientedEndToEnd, .rtdetr, .rtdetrScores, .rtdetrLogits, .rtdetrPostprocessed,
      .rfdetr, .segmentedEndToEnd:
      true
    }
  }

  /// How many output tensors the model has.
  public var outputCount: Int {
    switch self {
    case .yolov5, .yolov8, .endToEnd, .oriented, .orientedEndToEnd, .yolox, .yoloxDecoded, .rtdetr,
      .rtdetrScores:
      1
    case .rtdetrLogits, .rfdetr, .segmented, .segmentedEndToEnd: 2
    case .rtdetrPostprocessed: 3
    }
  }

  public var task: ModelTask {
    switch self {
    case .oriented, .orientedEndToEnd: .obb
    case .segmented, .segmentedEndToEnd: .segment
    default: .detect
    }
  }

  /// What the shapes of the outputs say; 0 where they do not.
  func classCount(of signature: ModelSignature) -> Int {
    let output = signature.outputs.first ?? []
    func size(_ shape: ModelSignature.Shape?, _ axis: Int) -> Int {
      guard let shape, shape.indices.contains(axis) else { return 0 }
      return shape[axis] ?? 0
    }
    let count =
      switch self {
      case .yolov5, .yolox, .yoloxDecoded: size(output, 2) - 5
      case .yolov8: size(output, 1) - 4
      case .oriented: size(output, 1) - 5
      case .rtdetrScores: size(output, 2) - 4
      case .rtdetrLogits: size(signature.output(named: "logits"), 2)
      case .rfdetr: size(signature.output(named: "labels"), 2)
      case .segmented:
        (signature.outputs.first { $0.count == 3 }?[1] ?? nil ?? 4) - 4
          - (signature.outputs.first { $0.count == 4 }?[1] ?? nil ?? 0)
      case .endToEnd, .orientedEndToEnd, .rtdetr, .rtdetrPostprocessed, .segmentedEndToEnd: 0
      }
    return max(count, 0)
  }
}
