import Foundation

/// One object that a person marked.
public struct GroundTruth: Sendable, Equatable {
  public var classID: Int
  /// Pixels of the upright image.
  public var box: BoundingBox
  /// nil for axis-aligned labels.
  public var orientedBox: OrientedBox?

  public init(classID: Int, box: BoundingBox, orientedBox: OrientedBox? = nil) {
    self.classID = classID
    self.box = box
    self.orientedBox = orientedBox
  }

  /// Reads YOLO label lines: `class cx cy w h`, or `class x1 y1 x2 y2 x3 y3 x4 y4`, normalized. A
  /// confidence at the end is allowed and ignored.
  ///
  /// - Throws: `DetectionError(.invalidFormat)` that names the file and the line.
  public static func yolo(
    _ text: String, file: String, width: Int, height: Int
  ) throws -> [GroundTruth] {
    // Not at "\n": to Swift, the "\r\n" of a Windows file is another character.
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return try lines.enumerated().compactMap { index, line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard !words.isEmpty else { return nil }
      let numbers = words.dropFirst().map { Float($0) }.compactMap(\.self)
      guard let classID = Int(words[0]), classID >= 0, numbers.count == words.count - 1,
        numbers.allSatisfy(\.isFinite)
      else { throw invalid(file, index) }
      switch numbers.count {
      case 4, 5:
        return plain(classID, numbers, Float(width), Float(height))
      case 8, 9:
        return oriented(classID, numbers, Float(width), Float(height))
      default:
        throw invalid(file, index)
      }
    }
  }

  private static func invalid(_ file: String, _ index: Int) -> DetectionError {
    DetectionError(
      .invalidFormat,
      "\(file):\(index + 1): expected a class number and 4 or 8 normalized coordinates")
  }

  private static func plain(
    _ classID: Int, _ numbers: [Float], _ width: Float, _ height: Float
  ) -> GroundTruth {
    GroundTruth(
      classID: classID,
      box: BoundingBox(
        centerX: numbers[0] * width, centerY: numbers[1] * height, width: numbers[2] * width,
        height: numbers[3] * height))
  }

  private static func oriented(
    _ classID: Int, _ numbers: [Float], _ width: Float, _ height: Float
  ) -> GroundTruth {
    let corners = (0..<4).map {
      Point(x: numbers[2 * $0] * width, y: numbers[2 * $0 + 1] * height)
    }
    let box = OrientedBox(enclosing: corners)
    return GroundTruth(classID: classID, box: box.enclosingBox, orientedBox: box)
  }
}

extension OrientedBox {
  /// The rectangle of smallest area around a convex quadrilateral: it shares a direction with one side.
  init(enclosing corners: [Point]) {
    let candidates = corners.indices.map { index in
      let next = corners[(index + 1) % corners.count]
      let angle = atan2(next.y - corners[index].y, next.x - corners[index].x)
      return corners.reduce(
        OrientedBox(
          centerX: corners[index].x, centerY: corners[index].y, width: 0, height: 0, angle: angle)
      ) { box, corner in
        box.union(
          OrientedBox(centerX: corner.x, centerY: corner.y, width: 0, height: 0, angle: angle))
      }
    }
    self = candidates.min { $0.areaPixels < $1.areaPixels } ?? candidates[0]
  }
}
