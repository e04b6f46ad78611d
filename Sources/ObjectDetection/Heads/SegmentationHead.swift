/// Turns the two outputs of a YOLO segmentation model into detections in pixels of the model's input, and into what their
/// masks are made of.
struct SegmentationHead: Sendable, Equatable {
  let layout: OutputLayout
  /// Names in the metadata; 0 where an end-to-end model names none.
  let classCount: Int

  /// The boxes of the detections above `threshold` (strictly), before any suppression; `candidate` says which factors
  /// belong to each.
  ///
  /// - Throws: `DetectionError(.inferenceError)` when the tensors do not have the layout's shapes.
  func decode(
    _ outputs: OutputTensors, threshold: Float, classes: Set<Int>?
  ) throws -> [Detection] {
    let tensors = try Tensors(outputs, layout, classCount: classCount)
    let decoded = tensors.isRaw ? raw(tensors, threshold) : suppressed(tensors, threshold)
    guard let classes else { return decoded }
    return decoded.filter { classes.contains($0.classID) }
  }

  /// The masks' prototypes and the factors of the candidates that `decode` returned.
  func prototypes(_ outputs: OutputTensors, of candidates: [Detection]) throws -> MaskPrototypes {
    let tensors = try Tensors(outputs, layout, classCount: classCount)
    let factors = candidates.map { detection in
      let candidate = Int(detection.candidate)
      return (0..<tensors.masks).map { mask in
        let first = tensors.firstFactor + mask
        return tensors.isRaw
          ? tensors.rows[first * tensors.count + candidate]
          : tensors.rows[candidate * tensors.width + first]
      }
    }
    return try MaskPrototypes(
      tensors.prototypes, factors: factors, of: candidates.map { Int($0.candidate) })
  }

  /// `[4 + classes + masks, anchors]`: every channel is a row of its own.
  private func raw(_ tensors: Tensors, _ threshold: Float) -> [Detection] {
    let (rows, anchors) = (tensors.rows, tensors.count)
    return (0..<anchors).compactMap { anchor in
      var (best, score) = (0, -Float.infinity)
      for classID in 0..<classCount where rows[(4 + classID) * anchors + anchor] > score {
        (best, score) = (classID, rows[(4 + classID) * anchors + anchor])
      }
      guard score > threshold else { return nil }
      let box = BoundingBox(
        centerX: rows[anchor], centerY: rows[anchors + anchor], width: rows[2 * anchors + anchor],
        height: rows[3 * anchors + anchor])
      return detection(box, classID: best, confidence: score, candidate: anchor)
    }
  }

  /// `[n, 6 + masks]`: unused rows have confidence 0.
  private func suppressed(_ tensors: Tensors, _ threshold: Float) -> [Detection] {
    (0..<tensors.count).compactMap { row in
      let values = tensors.rows[(row * tensors.width)...].prefix(6).map { $0 }
      guard values[4] > threshold, values[5] >= 0, values[5] < 1e6 else { return nil }
      return detection(
        BoundingBox(xMin: values[0], yMin: values[1], xMax: values[2], yMax: values[3]),
        classID: Int(values[5].rounded()), confidence: values[4], candidate: row)
    }
  }

  /// nil for a box without area or with a coordinate that is not a finite number.
  private func detection(
    _ box: BoundingBox, classID: Int, confidence: Float, candidate: Int
  ) -> Detection? {
    guard !box.isEmpty, [box.xMin, box.yMin, box.xMax, box.yMax].allSatisfy(\.isFinite) else {
      return nil
    }
    var detection = Detection(classID: classID, confidence: confidence, box: box)
    detection.candidate = Int32(clamping: candidate)
    return detection
  }

  /// Both outputs, whichever comes first, and their sizes.
  private struct Tensors {
    let rows: UnsafeBufferPointer<Float>
    let prototypes: OutputTensor
    let isRaw: Bool
    /// Candidates.
    let count: Int
    /// Numbers a candidate.
    let width: Int
    let masks: Int
    /// Where a candidate's factors begin.
    let firstFactor: Int

    init(_ outputs: OutputTensors, _ layout: OutputLayout, classCount: Int) throws {
      let shapes = outputs.tensors.map(\.shape)
      guard let boxes = outputs.tensors.first(where: { $0.shape.count == 3 }),
        let prototypes = outputs.tensors.first(where: { $0.shape.count == 4 }),
        boxes.shape[0] == 1, boxes.shape.reduce(1, *) == boxes.values.count
      else { throw Self.mismatch(shapes, layout) }
      self.prototypes = prototypes
      rows = boxes.values
      isRaw = layout == .segmented
      masks = prototypes.shape[1]
      count = boxes.shape[isRaw ? 2 : 1]
      width = boxes.shape[isRaw ? 1 : 2]
      firstFactor = isRaw ? 4 + classCount : 6
      guard width == firstFactor + masks else { throw Self.mismatch(shapes, layout) }
    }

    private static func mismatch(_ shapes: [[Int]], _ layout: OutputLayout) -> DetectionError {
      DetectionError(
        .inferenceError, "the model's outputs \(shapes) are not of the layout \(layout.rawValue)")
    }
  }
}
