/// Task, classes, input size and layout of a model, found from its metadata, tensors and operators.
public struct ModelInterpretation: Sendable, Equatable {
  public var task: ModelTask
  public var classNames: [String]
  public var inputSize: PixelSize
  public var layout: OutputLayout

  /// What a file says, and what was read from it: from this each family of models finds its layout.
  struct Evidence {
    var signature: ModelSignature
    var metadata: ModelMetadata
    var inputSize: PixelSize
    /// nil where the metadata name no classes.
    var classNames: [String]?

    var classCount: Int? { classNames?.count }
  }

  static let supported =
    "supported are YOLO detection and oriented-box models ([1, n, 5+classes], [1, 4+classes, n], [1, n, 6], "
    + "[1, 4+classes+1, n], [1, n, 7]), YOLO segmentation models ([1, 4+classes+masks, n] or [1, n, 6+masks] with "
    + "[1, masks, h, w]), YOLOX ([1, n, 5+classes]), RT-DETR (Ultralytics' [1, n, 6] or "
    + "[1, n, 4+classes]; labels, boxes and scores; logits and pred_boxes) and RF-DETR (dets and labels)"

  /// Throws `DetectionError(.modelLoadError)` that names what was found and what is supported.
  ///
  /// The output shape decides where metadata lie: exports with `nms=True` say `end2end: False`.
  public init(signature: ModelSignature, metadata: ModelMetadata) throws {
    if let task = metadata.task, ModelTask(rawValue: task) == nil {
      let why =
        task == "classify" ? ", one class for a whole picture, where Harrier finds objects" : ""
      throw Self.unsupported("its task is \"\(task)\"\(why)")
    }
    inputSize = try Self.inputSize(of: signature, metadata)
    let evidence = Evidence(
      signature: signature, metadata: metadata, inputSize: inputSize,
      classNames: metadata.classNames.flatMap { $0.isEmpty ? nil : $0 })
    layout = try Self.layout(evidence)
    task = layout.task
    let columns = layout.classCount(of: signature)
    classNames = evidence.classNames ?? (0..<columns).map { "class\($0)" }
    // RF-DETR keeps a last column for no object, and gives its score the name that its Python package has for it.
    if layout == .rfdetr, classNames.count == columns - 1 { classNames.append("__background__") }
  }

  private static func layout(_ evidence: Evidence) throws -> OutputLayout {
    let outputs = evidence.signature.outputs
    if let layout = try statedLayout(evidence) { return layout }
    // Each family of models with several outputs has its line here.
    if let layout = try segmentedLayout(evidence) { return layout }
    if let layout = try transformerLayout(evidence) { return layout }
    guard outputs.count == 1 else {
      throw unsupported("it has \(outputs.count) outputs\(named(evidence.signature.outputNames))")
    }
    let output = outputs[0]
    if output.count == 2, output[0] == nil || output[0] == 1 {
      throw unsupported(
        "its output has the shape \(describe(output)), as a classifier's: one score a class for the whole picture, "
          + "where Harrier looks for objects")
    }
    guard output.count == 3, output[0] == nil || output[0] == 1 else {
      throw unsupported("its output has the shape \(describe(output))")
    }
    if let layout = try yoloxLayout(output, evidence) { return layout }
    guard let layout = yoloLayout(output, evidence) else {
      let named = evidence.classNames.map { " for \($0.count) class names" } ?? ""
      throw unsupported("its output has the shape \(describe(output))\(named)")
    }
    return layout
  }

  private static func named(_ names: [String]) -> String {
    names.contains { !$0.isEmpty } ? " (\(names.joined(separator: ", ")))" : ""
  }

  static func unsupported(_ found: String) -> DetectionError {
    DetectionError(.modelLoadError, "the model cannot be used: \(found); \(supported)")
  }

  /// Width and height that pictures are scaled to, from the tensor or, where it is open, the metadata.
  public static func inputSize(
    of signature: ModelSignature, _ metadata: ModelMetadata
  ) throws -> PixelSize {
    guard signature.inputs.count == 1 || signature.hasSizeInput else {
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

  static func describe(_ shape: ModelSignature.Shape) -> String {
    "[" + shape.map { $0.map(String.init) ?? "?" }.joined(separator: ", ") + "]"
  }
}
