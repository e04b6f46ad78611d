/// How the numbers of a model's output tensor are arranged.
public enum OutputLayout: String, Sendable {
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

  /// Whether the model itself has removed overlapping boxes.
  public var isSuppressed: Bool { self == .endToEnd || self == .orientedEndToEnd }
  public var task: ModelTask { self == .oriented || self == .orientedEndToEnd ? .obb : .detect }
}

/// What a model file declares; the layout is decided from it.
public struct ModelSignature: Sendable, Equatable {
  /// A dimension of a tensor; nil where the file leaves it open.
  public typealias Shape = [Int?]

  public var inputs: [Shape]
  public var outputs: [Shape]

  public init(inputs: [Shape], outputs: [Shape]) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Whether the file itself says how many channels its outputs have; the number of boxes may be open.
  public var isClosed: Bool {
    outputs.allSatisfy { $0.isEmpty || $0.dropFirst().contains { $0 != nil } }
  }
}

/// Task, classes, input size and layout of a model, found from its metadata and tensor shapes.
public struct ModelInterpretation: Sendable, Equatable {
  public var task: ModelTask
  public var classNames: [String]
  public var inputSize: PixelSize
  public var layout: OutputLayout

  static let supported =
    "supported are YOLO detection and oriented-box models: [1, n, 5+classes], [1, 4+classes, n], "
    + "[1, n, 6], [1, 4+classes+1, n], [1, n, 7]"

  /// Throws `DetectionError(.modelLoadError)` that names what was found and what is supported.
  ///
  /// The output shape decides where metadata lie: exports with `nms=True` say `end2end: False`.
  public init(signature: ModelSignature, metadata: ModelMetadata) throws {
    if let task = metadata.task, ModelTask(rawValue: task) == nil {
      throw Self.unsupported("its task is \"\(task)\"")
    }
    inputSize = try Self.inputSize(of: signature, metadata)
    guard signature.outputs.count == 1 else {
      throw Self.unsupported("it has \(signature.outputs.count) outputs")
    }
    let output = signature.outputs[0]
    guard output.count == 3, output[0] == nil || output[0] == 1 else {
      throw Self.unsupported("its output has the shape \(describe(output))")
    }
    let names = metadata.classNames.flatMap { $0.isEmpty ? nil : $0 }
    guard
      let layout = Self.layout(
        output, task: metadata.task, classCount: names?.count, inputSize: inputSize)
    else {
      let named = names.map { " for \($0.count) class names" } ?? ""
      throw Self.unsupported("its output has the shape \(describe(output))\(named)")
    }
    self.layout = layout
    task = layout.task
    classNames = names ?? Self.numberedNames(layout, output)
  }

  private static func unsupported(_ found: String) -> DetectionError {
    DetectionError(.modelLoadError, "the model cannot be used: \(found); \(supported)")
  }

  /// Width and height that pictures are letterboxed to, from the tensor or, where it is open, the metadata.
  public static func inputSize(
    of signature: ModelSignature, _ metadata: ModelMetadata
  ) throws -> PixelSize {
    guard signature.inputs.count == 1 else {
      throw unsupported("it has \(signature.inputs.count) inputs")
    }
    let shape = signature.inputs[0]
    guard shape.count == 4, shape[1] == nil || shape[1] == 3 else {
      throw unsupported(
        "its input has the shape \(describe(shape)), expected is [1, 3, height, width]")
    }
    if let batch = shape[0], batch != 1 {
      throw unsupported(
        "it wants batches of exactly \(batch) images; export it with batch=1 or dynamic=True")
    }
    let stated = metadata.inputSize
    guard let height = shape[2] ?? stated?.height, let width = shape[3] ?? stated?.width else {
      throw unsupported(
        "its input size is open and its metadata name none; put {\"input_size\": [height, width]} "
          + "into a .json file beside it")
    }
    guard (1...8192).contains(width), (1...8192).contains(height) else {
      throw unsupported("its input is \(width)x\(height) pixels")
    }
    return PixelSize(width: width, height: height)
  }

  /// nil when no known layout has this shape.
  private static func layout(
    _ shape: ModelSignature.Shape, task: String?, classCount: Int?, inputSize: PixelSize
  ) -> OutputLayout? {
    let (rows, columns) = (shape[1], shape[2])
    if task == ModelTask.obb.rawValue {
      if columns == 7 { return .orientedEndToEnd }
      let isRaw = classCount.map { rows == 4 + $0 + 1 } ?? ((rows ?? 0) > 5)
      return isRaw ? .oriented : nil
    }
    if columns == 6 {
      // One class makes YOLOv5's rows as long as end-to-end rows: the number of rows tells them apart.
      let isYOLOv5 =
        rows.map { yolov5Rows(inputSize).contains($0) } ?? (task == nil && classCount == 1)
      return isYOLOv5 && classCount ?? 1 == 1 ? .yolov5 : .endToEnd
    }
    if let classCount {
      if rows == 4 + classCount { return .yolov8 }
      return columns == 5 + classCount ? .yolov5 : nil
    }
    if let rows, yolov5Rows(inputSize).contains(rows), columns ?? 0 > 5 { return .yolov5 }
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

  private static func numberedNames(
    _ layout: OutputLayout, _ shape: ModelSignature.Shape
  ) -> [String] {
    let count =
      switch layout {
      case .yolov5: (shape[2] ?? 5) - 5
      case .yolov8: (shape[1] ?? 4) - 4
      case .oriented: (shape[1] ?? 5) - 5
      case .endToEnd, .orientedEndToEnd: 0
      }
    return (0..<max(count, 0)).map { "class\($0)" }
  }
}

private func describe(_ shape: ModelSignature.Shape) -> String {
  "[" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
}
