extension ModelInterpretation {
  /// The layout of a detection transformer; nil for another family.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` where it is one, but which one is not certain.
  static func transformerLayout(_ evidence: Evidence) throws -> OutputLayout? {
    let signature = evidence.signature
    switch Set(signature.outputNames) {
    case ["dets", "labels"] where signature.outputs.count == 2:
      guard try hasBoxes("dets", beside: "labels", evidence) else { return nil }
      return .rfdetr
    case ["dets", "labels", "masks"]:
      throw unsupported("it is an RF-DETR that draws masks (outputs dets, labels and masks)")
    case ["labels", "boxes", "scores"] where signature.outputs.count == 3:
      guard signature.hasSizeInput else {
        throw unsupported(
          "it gives labels, boxes and scores without being asked for a size (its inputs are "
            + "\(signature.inputNames.joined(separator: ", ")); RT-DETR's are images and orig_target_sizes)"
        )
      }
      return .rtdetrPostprocessed
    case ["logits", "pred_boxes"] where signature.outputs.count == 2:
      // DETR, Deformable DETR and RT-DETR all call their outputs so, and want differently prepared pictures.
      throw unsupported(
        "its outputs are logits and pred_boxes, as of several kinds of transformers; if it is an RT-DETR, put "
          + "{\"head\": \"rtdetr_logits\"} into a .json file beside it")
    default:
      return signature.outputs.count == 1 ? try ultralyticsLayout(evidence) : nil
    }
  }

  /// Whether one output is boxes and the other a row of scores for each.
  private static func hasBoxes(
    _ boxes: String, beside scores: String, _ evidence: Evidence
  ) throws -> Bool {
    guard let boxes = evidence.signature.output(named: boxes),
      let scores = evidence.signature.output(named: scores), boxes.count == 3, scores.count == 3,
      boxes[2] == nil || boxes[2] == 4
    else { return false }
    if let columns = scores[2], let count = evidence.classCount,
      ![columns, columns - 1].contains(count)
    {
      throw unsupported(
        "its output has the shape \(describe(scores)) for \(count) class names; name all \(columns) columns, or all "
          + "but the last one, which RF-DETR keeps for no object")
    }
    return true
  }

  /// RT-DETR as Ultralytics exports it: its metadata name the decoder, or its graph samples feature maps, which no YOLO
  /// does. Since 8.4 the graph picks the best pairs of query and class, after it has picked the queries.
  private static func ultralyticsLayout(_ evidence: Evidence) throws -> OutputLayout? {
    let (signature, metadata) = (evidence.signature, evidence.metadata)
    let decoder = metadata.values["head"]
    guard decoder.map({ $0 == "RTDETRDecoder" }) ?? (signature.operators["GridSample"] != nil),
      let shape = signature.outputs.first, shape.count == 3, let columns = shape[2]
    else { return nil }
    let picks = signature.operators["TopK", default: 0]
    if columns == 6, picks >= 2 { return .rtdetr }
    if let count = evidence.classCount, columns == 4 + count, picks == 1 { return .rtdetrScores }
    throw unsupported(
      "it is an RT-DETR whose output has the shape \(describe(shape)); put {\"head\": \"rtdetr\"} (rows of cx, cy, w, "
        + "h, confidence, class) or {\"head\": \"rtdetr_scores\"} (cx, cy, w, h and a score a class) into a .json file "
        + "beside it")
  }
}
