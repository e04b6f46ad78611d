/// Turns a model's output tensor into detections in pixels of the model's input.
public struct YOLOHead: Sendable, Equatable {
  public let layout: OutputLayout
  /// Names in the metadata; 0 where an end-to-end model names none.
  public let classCount: Int

  public init(layout: OutputLayout, classCount: Int) {
    self.layout = layout
    self.classCount = classCount
  }

  /// The detections above `threshold` (strictly, as Ultralytics), before any suppression.
  ///
  /// - Parameters:
  ///   - tensor: the output, row-major.
  ///   - shape: its dimensions, `[1, rows, columns]`.
  ///   - classes: the class ids to keep; nil keeps all.
  /// - Throws: `DetectionError(.inferenceError)` when the tensor does not have the layout's shape.
  public func decode(
    _ tensor: UnsafeBufferPointer<Float>, shape: [Int], threshold: Float, classes: Set<Int>? = nil
  ) throws -> [Detection] {
    guard shape.count == 3, shape[0] == 1, shape[1] * shape[2] == tensor.count else {
      throw mismatch(shape)
    }
    guard let base = tensor.baseAddress, !tensor.isEmpty else { return [] }
    let decoded: [Detection]
    switch layout {
    case .yolov8:
      guard shape[1] == 4 + classCount else { throw mismatch(shape) }
      decoded = channelsFirst(base, anchors: shape[2], threshold: threshold)
    case .oriented:
      guard shape[1] == 4 + classCount + 1 else { throw mismatch(shape) }
      decoded = channelsFirst(base, anchors: shape[2], threshold: threshold)
    case .yolov5:
      guard classCount > 0, shape[2] == 5 + classCount else { throw mismatch(shape) }
      decoded = anchorsFirst(base, rows: shape[1], threshold: threshold)
    case .endToEnd, .orientedEndToEnd:
      let columns = layout == .endToEnd ? 6 : 7
      guard shape[2] == columns else { throw mismatch(shape) }
      decoded = suppressed(base, rows: shape[1], columns: columns, threshold: threshold)
    default:
      // Other heads decode the others.
      throw mismatch(shape)
    }
    guard let classes else { return decoded }
    return decoded.filter { classes.contains($0.classID) }
  }

  private func mismatch(_ shape: [Int]) -> DetectionError {
    DetectionError(
      .inferenceError, "the model's output \(shape) is not of the layout \(layout.rawValue)")
  }

  /// `[4 + classes (+ 1), anchors]`: every channel is a row of its own.
  private func channelsFirst(
    _ base: UnsafePointer<Float>, anchors: Int, threshold: Float
  ) -> [Detection] {
    var best = Array(repeating: -Float.infinity, count: anchors)
    var bestClass = Array(repeating: Int32(0), count: anchors)
    best.withUnsafeMutableBufferPointer { best in
      bestClass.withUnsafeMutableBufferPointer { bestClass in
        for classID in 0..<classCount {
          let scores = base + (4 + classID) * anchors
          for anchor in 0..<anchors where scores[anchor] > best[anchor] {
            best[anchor] = scores[anchor]
            bestClass[anchor] = Int32(classID)
          }
        }
      }
    }
    let angles = layout == .oriented ? base + (4 + classCount) * anchors : nil
    return (0..<anchors).compactMap { anchor in
      guard best[anchor] > threshold else { return nil }
      return detection(
        classID: Int(bestClass[anchor]), confidence: best[anchor], centerX: base[anchor],
        centerY: base[anchors + anchor], width: base[2 * anchors + anchor],
        height: base[3 * anchors + anchor], angle: angles?[anchor])
    }
  }

  /// `[rows, 5 + classes]`: confidence is objectness times class score.
  private func anchorsFirst(
    _ base: UnsafePointer<Float>, rows: Int, threshold: Float
  ) -> [Detection] {
    (0..<rows).compactMap { row in
      let values = base + row * (5 + classCount)
      guard values[4] > threshold else { return nil }
      var bestClass = 0
      for classID in 1..<max(classCount, 1) where values[5 + classID] > values[5 + bestClass] {
        bestClass = classID
      }
      let confidence = values[4] * values[5 + bestClass]
      guard confidence > threshold else { return nil }
      return detection(
        classID: bestClass, confidence: confidence, centerX: values[0], centerY: values[1],
        width: values[2], height: values[3], angle: nil)
    }
  }

  /// `[rows, 6]` or `[rows, 7]`: unused rows have confidence 0.
  private func suppressed(
    _ base: UnsafePointer<Float>, rows: Int, columns: Int, threshold: Float
  ) -> [Detection] {
    (0..<rows).compactMap { row in
      let values = base + row * columns
      guard values[4] > threshold, values[5] >= 0, values[5] < 1e6 else { return nil }
      let classID = Int(values[5].rounded())
      guard columns == 6 else {
        return detection(
          classID: classID, confidence: values[4], centerX: values[0], centerY: values[1],
          width: values[2], height: values[3], angle: values[6])
      }
      let box = BoundingBox(xMin: values[0], yMin: values[1], xMax: values[2], yMax: values[3])
      return Detection(finite: box, classID: classID, confidence: values[4])
    }
  }

  /// A box given by its centre and size, turned by `angle` if there is one; nil for one that is no box.
  private func detection(
    classID: Int, confidence: Float, centerX: Float, centerY: Float, width: Float, height: Float,
    angle: Float?
  ) -> Detection? {
    guard let angle else {
      return Detection(
        finite: BoundingBox(centerX: centerX, centerY: centerY, width: width, height: height),
        classID: classID, confidence: confidence)
    }
    // A box that is not finite would also spoil the search tree of all others.
    guard width > 0, height > 0, width.isFinite, height.isFinite, centerX.isFinite,
      centerY.isFinite, angle.isFinite
    else { return nil }
    let oriented = OrientedBox(
      centerX: centerX, centerY: centerY, width: width, height: height, angle: angle)
    return Detection(
      classID: classID, confidence: confidence, box: oriented.enclosingBox, orientedBox: oriented)
  }
}
