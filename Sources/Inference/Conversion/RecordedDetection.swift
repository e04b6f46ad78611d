public import ObjectDetection

/// A detection as a process writes it for another one, Harrier's own or the one that converts models.
public struct RecordedDetection: Codable, Sendable, Equatable {
  var classID: Int
  var confidence: Float
  /// Corners in pixels of the upright picture.
  var xyxy: [Float]
  /// Centre, size and angle in radians; nil for axis-aligned boxes.
  var xywhr: [Float]?

  /// The pixels of an object: row, first column, column behind the last one. nil where none were recorded.
  var maskRuns: [[UInt16]]?

  private enum CodingKeys: String, CodingKey {
    // As the coders' rules about snake case spell it.
    case classID = "classId"
    case confidence, xyxy, xywhr, maskRuns
  }

  public init(_ detection: Detection) {
    classID = detection.classID
    confidence = detection.confidence
    let box = detection.box
    xyxy = [box.xMin, box.yMin, box.xMax, box.yMax]
    xywhr = detection.orientedBox.map { [$0.centerX, $0.centerY, $0.width, $0.height, $0.angle] }
    maskRuns = detection.mask?.runs.map { [$0.row, $0.start, $0.end] }
  }

  /// The box alone: masks of crowded pictures are many times as long.
  public var withoutMask: RecordedDetection {
    var detection = self
    detection.maskRuns = nil
    return detection
  }

  /// - Throws: `DetectionError(.modelLoadError)` when numbers are missing.
  public func detection() throws -> Detection {
    guard xyxy.count == 4, xywhr?.count ?? 5 == 5, classID >= 0,
      maskRuns?.allSatisfy({ $0.count == 3 }) ?? true
    else {
      throw DetectionError(.modelLoadError, "a detection of the model cannot be read")
    }
    var detection = Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: xyxy[0], yMin: xyxy[1], xMax: xyxy[2], yMax: xyxy[3]),
      orientedBox: xywhr.map {
        OrientedBox(centerX: $0[0], centerY: $0[1], width: $0[2], height: $0[3], angle: $0[4])
      })
    detection.mask = maskRuns.flatMap { runs in
      InstanceMask(runs.map { InstanceMask.Run(row: $0[0], start: $0[1], end: $0[2]) })
    }
    return detection
  }
}
