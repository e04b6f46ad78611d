extension ModelInterpretation {
  /// The layout of a YOLO segmentation model: boxes with the factors of their masks, and the masks' prototypes
  /// `[1, masks, height, width]`. nil for other tasks.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` for a segmentation model of other shapes.
  static func segmentedLayout(_ evidence: Evidence) throws -> OutputLayout? {
    guard evidence.metadata.task == ModelTask.segment.rawValue else { return nil }
    let outputs = evidence.signature.outputs
    let named = evidence.classCount.map { " for \($0) class names" } ?? ""
    let refusal = unsupported(
      "it is a segmentation model with the outputs "
        + outputs.map(describe).joined(separator: ", ") + named)
    guard outputs.count == 2, let boxes = outputs.first(where: { $0.count == 3 }),
      let prototypes = outputs.first(where: { $0.count == 4 }), let masks = prototypes[1],
      masks > 0, [boxes[0], prototypes[0]].allSatisfy({ $0 == nil || $0 == 1 })
    else { throw refusal }
    if boxes[2] == 6 + masks { return .segmentedEndToEnd }
    let isRaw =
      evidence.classCount.map { boxes[1] == 4 + $0 + masks } ?? (boxes[1] ?? 0 > 4 + masks)
    guard isRaw else { throw refusal }
    return .segmented
  }
}
