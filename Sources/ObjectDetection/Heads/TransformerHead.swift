import Foundation

/// Turns the outputs of a detection transformer (RT-DETR, RF-DETR and their kin) into detections in pixels of the
/// model's input. Each query is one box; nothing is suppressed.
struct TransformerHead {
  let layout: OutputLayout
  /// Names in the metadata; 0 where a model that gives class ids names none.
  let classCount: Int
  let inputSize: PixelSize

  /// The detections above `threshold`; nil when the tensors do not have the layout's names and shapes.
  func decode(_ outputs: OutputTensors, threshold: Float) -> [Detection]? {
    switch layout {
    case .rtdetr: rows(outputs[0], threshold)
    case .rtdetrScores: scores(outputs[0], threshold)
    case .rtdetrLogits: logits(outputs["logits"], boxes: outputs["pred_boxes"], threshold)
    case .rfdetr: logits(outputs["labels"], boxes: outputs["dets"], threshold)
    case .rtdetrPostprocessed: postprocessed(outputs, threshold)
    default: nil
    }
  }

  /// `[1, n, 6]`: ultralytics/models/rtdetr/predict.py.
  private func rows(_ output: OutputTensor, _ threshold: Float) -> [Detection]? {
    guard let (base, count) = Self.queries(output, columns: 6) else { return nil }
    return (0..<count).compactMap { row in
      let values = base + row * 6
      guard values[4] > threshold else { return nil }
      return detection(box(values), classID: values[5], confidence: values[4])
    }
  }

  /// `[1, n, 4 + classes]`: of a query only its best class counts, as in Ultralytics before 8.4.
  private func scores(_ output: OutputTensor, _ threshold: Float) -> [Detection]? {
    let columns = 4 + classCount
    guard classCount > 0, let (base, count) = Self.queries(output, columns: columns) else {
      return nil
    }
    return (0..<count).compactMap { row in
      let values = base + row * columns
      var best = 4
      for column in 4..<columns where values[column] > values[best] { best = column }
      guard values[best] > threshold else { return nil }
      return detection(box(values), classID: Float(best - 4), confidence: values[best])
    }
  }

  /// Logits of each query and class, their boxes beside them: the best pairs, as many as there are queries, so that a
  /// query may give several classes. transformers, `post_process_object_detection`; rfdetr/models, `PostProcess`.
  private func logits(
    _ logits: OutputTensor?, boxes: OutputTensor?, _ threshold: Float
  ) -> [Detection]? {
    guard classCount > 0, let logits, let boxes,
      let (scores, count) = Self.queries(logits, columns: classCount),
      let (places, boxCount) = Self.queries(boxes, columns: 4), count == boxCount
    else { return nil }
    var pairs: [(index: Int, score: Float)] = []
    for index in 0..<count * classCount {
      let score = 1 / (1 + exp(-scores[index]))
      if score > threshold { pairs.append((index, score)) }
    }
    pairs.sort { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
    return pairs.prefix(count).compactMap { pair in
      detection(
        box(places + pair.index / classCount * 4), classID: Float(pair.index % classCount),
        confidence: pair.score)
    }
  }

  /// Boxes in pixels of the size that the model was given, which is its input's.
  private func postprocessed(_ outputs: OutputTensors, _ threshold: Float) -> [Detection]? {
    guard let labels = outputs["labels"], let boxes = outputs["boxes"],
      let scores = outputs["scores"], let (places, count) = Self.queries(boxes, columns: 4),
      [labels, scores].allSatisfy({ $0.shape == [1, count] && $0.values.count == count })
    else { return nil }
    return (0..<count).compactMap { row in
      guard scores.values[row] > threshold else { return nil }
      let corners = places + row * 4
      return detection(
        BoundingBox(xMin: corners[0], yMin: corners[1], xMax: corners[2], yMax: corners[3]),
        classID: labels.values[row], confidence: scores.values[row])
    }
  }

  /// A tensor `[1, n, columns]` and its n; nil for another one.
  private static func queries(
    _ output: OutputTensor, columns: Int
  ) -> (base: UnsafePointer<Float>, count: Int)? {
    let shape = output.shape
    guard shape.count == 3, shape[0] == 1, shape[2] == columns,
      output.values.count == shape[1] * columns, let base = output.values.baseAddress
    else { return nil }
    return (base, shape[1])
  }

  /// cx, cy, w, h in parts of the input.
  private func box(_ values: UnsafePointer<Float>) -> BoundingBox {
    let (width, height) = (Float(inputSize.width), Float(inputSize.height))
    return BoundingBox(
      centerX: values[0] * width, centerY: values[1] * height, width: values[2] * width,
      height: values[3] * height)
  }

  private func detection(
    _ box: BoundingBox, classID: Float, confidence: Float
  ) -> Detection? {
    // Class ids are whole numbers below 16,777,216 in a float; more is a broken output.
    guard classID >= 0, classID < 1e6 else { return nil }
    return Detection(finite: box, classID: Int(classID.rounded()), confidence: confidence)
  }
}
