/// Turns the output tensors of a model into detections in pixels of the model's input: each layout by its own head.
public struct DetectionHead: Sendable, Equatable {
  public let layout: OutputLayout
  /// Names in the metadata; 0 where an end-to-end model names none.
  public let classCount: Int
  /// What the model looks at; normalized boxes are multiplied by it.
  public let inputSize: PixelSize

  public init(layout: OutputLayout, classCount: Int, inputSize: PixelSize) {
    self.layout = layout
    self.classCount = classCount
    self.inputSize = inputSize
  }

  public init(_ model: DetectionModel) {
    self.init(
      layout: model.layout, classCount: model.classNames.count, inputSize: model.inputSize)
  }

  /// The detections above `threshold` (strictly), before any suppression.
  ///
  /// - Parameters:
  ///   - outputs: all of the model, in the file's order.
  ///   - classes: the class ids to keep; nil keeps all.
  /// - Throws: `DetectionError(.inferenceError)` when the tensors do not have the layout's shapes.
  public func decode(
    _ outputs: OutputTensors, threshold: Float, classes: Set<Int>? = nil
  ) throws -> [Detection] {
    guard outputs.count == layout.outputCount else {
      throw DetectionError(
        .inferenceError,
        "the model has \(outputs.count) outputs, the layout \(layout.rawValue) has \(layout.outputCount)"
      )
    }
    switch layout {
    case .segmented, .segmentedEndToEnd:
      return try SegmentationHead(layout: layout, classCount: classCount).decode(
        outputs, threshold: threshold, classes: classes)
    case .yolov5, .yolov8, .endToEnd, .oriented, .orientedEndToEnd:
      return try YOLOHead(layout: layout, classCount: classCount).decode(
        outputs[0].values, shape: outputs[0].shape, threshold: threshold, classes: classes)
    case .yolox, .yoloxDecoded:
      let head = YOLOXHead(
        isDecoded: layout == .yoloxDecoded, classCount: classCount, inputSize: inputSize)
      return try kept(head.decode(outputs[0], threshold: threshold), of: outputs, classes)
    case .rtdetr, .rtdetrScores, .rtdetrLogits, .rtdetrPostprocessed, .rfdetr:
      let head = TransformerHead(layout: layout, classCount: classCount, inputSize: inputSize)
      return try kept(head.decode(outputs, threshold: threshold), of: outputs, classes)
    }
  }

  /// Those of the wanted classes; `found == nil` means that the tensors are not of the layout.
  private func kept(
    _ found: [Detection]?, of outputs: OutputTensors, _ classes: Set<Int>?
  ) throws -> [Detection] {
    guard let found else {
      let tensors = outputs.tensors.map { "\($0.name) \($0.shape)" }.joined(separator: ", ")
      throw DetectionError(
        .inferenceError, "the model's output \(tensors) is not of the layout \(layout.rawValue)")
    }
    guard let classes else { return found }
    return found.filter { classes.contains($0.classID) }
  }

  /// What the masks of candidates are made of; nil where the model has none. Valid after the tensors are gone.
  ///
  /// - Parameter candidates: as `decode` returned them.
  func prototypes(
    _ outputs: OutputTensors, of candidates: [Detection]
  ) throws -> MaskPrototypes? {
    guard layout.task == .segment else { return nil }
    return try SegmentationHead(layout: layout, classCount: classCount).prototypes(
      outputs, of: candidates)
  }
}
