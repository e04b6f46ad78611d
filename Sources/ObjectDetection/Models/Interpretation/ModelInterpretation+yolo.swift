extension ModelInterpretation {
  /// The layout of a YOLO model's one output of rank 3; nil when no known one has this shape.
  static func yoloLayout(_ shape: ModelSignature.Shape, _ evidence: Evidence) -> OutputLayout? {
    let (rows, columns) = (shape[1], shape[2])
    let (task, classCount) = (evidence.metadata.task, evidence.classCount)
    if task == ModelTask.obb.rawValue {
      if columns == 7 { return .orientedEndToEnd }
      let isRaw = classCount.map { rows == 4 + $0 + 1 } ?? ((rows ?? 0) > 5)
      return isRaw ? .oriented : nil
    }
    if columns == 6 {
      // One class makes YOLOv5's rows as long as end-to-end rows: the number of rows tells them apart.
      let isYOLOv5 =
        rows.map { yolov5Rows(evidence.inputSize).contains($0) } ?? (task == nil && classCount == 1)
      return isYOLOv5 && classCount ?? 1 == 1 ? .yolov5 : .endToEnd
    }
    if let classCount {
      if rows == 4 + classCount { return .yolov8 }
      return columns == 5 + classCount ? .yolov5 : nil
    }
    if let rows, yolov5Rows(evidence.inputSize).contains(rows), columns ?? 0 > 5 { return .yolov5 }
    if let rows, rows > 4, rows < columns ?? .max { return .yolov8 }
    return nil
  }

  /// Three anchors a cell at strides 8, 16, 32, and for P6 models 64 too.
  private static func yolov5Rows(_ size: PixelSize) -> [Int] {
    func cells(_ strides: [Int]) -> Int {
      strides.reduce(0) { $0 + 3 * (size.width / $1) * (size.height / $1) }
    }
    return [cells([8, 16, 32]), cells([8, 16, 32, 64])]
  }

  /// YOLOX' layout; nil for another family.
  ///
  /// Its file says nothing about itself. One row a cell of strides 8, 16 and 32 is its mark among `[1, n, 5 + classes]`:
  /// YOLOv5 has three. Whether the rows are decoded is in the graph: only decoding takes an exponential, and what is
  /// not decoded comes straight from a transposition.
  /// - Throws: `DetectionError(.modelLoadError)` where the graph shows neither.
  static func yoloxLayout(
    _ shape: ModelSignature.Shape, _ evidence: Evidence
  ) throws -> OutputLayout? {
    let (metadata, columns) = (evidence.metadata, shape[2] ?? 0)
    // Ultralytics' exports and YOLOv5's say their stride; YOLOX' say nothing.
    guard shape[1] == YOLOXHead.rowCount(evidence.inputSize), columns > 5,
      metadata.stride == nil, metadata.task == nil || metadata.task == ModelTask.detect.rawValue,
      evidence.classCount ?? (columns - 5) == columns - 5
    else { return nil }
    let signature = evidence.signature
    let takesExponentials = signature.operators["Exp", default: 0] > 0
    let isTransposed = signature.outputOperators.first == "Transpose"
    switch (takesExponentials, isTransposed) {
    case (true, false) where !signature.operators.isEmpty: return .yoloxDecoded
    case (false, true): return .yolox
    default:
      throw unsupported(
        "its output has the shape \(describe(shape)), as YOLOX', and nothing tells whether its rows are cells or "
          + "pixels; put {\"head\": \"yolox\"} (as its export_onnx.py writes them) or {\"head\": \"yolox_decoded\"} "
          + "(with --decode_in_inference) into a .json file beside it")
    }
  }
}
