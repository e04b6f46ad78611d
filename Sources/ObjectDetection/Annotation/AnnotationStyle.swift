/// What an annotated picture shows, as the HTTP contract names it.
public struct AnnotationOptions: Sendable, Hashable {
  public enum Format: String, Sendable, CaseIterable {
    case jpeg, png

    public var fileExtension: String { self == .jpeg ? "jpg" : "png" }
  }

  public var showsLabels: Bool
  public var showsConfidence: Bool
  /// Pixels; nil follows the picture's size.
  public var lineWidth: Double?
  public var format: Format

  public init(
    showsLabels: Bool = true, showsConfidence: Bool = true, lineWidth: Double? = nil,
    format: Format = .jpeg
  ) {
    self.showsLabels = showsLabels
    self.showsConfidence = showsConfidence
    self.lineWidth = lineWidth
    self.format = format
  }
}

/// An sRGB colour, components in 0...1.
public struct Colour: Sendable, Hashable {
  public var red: Double
  public var green: Double
  public var blue: Double

  /// From 0xRRGGBB.
  public init(hex: UInt32) {
    red = Double(hex >> 16 & 0xff) / 255
    green = Double(hex >> 8 & 0xff) / 255
    blue = Double(hex & 0xff) / 255
  }

  /// Relative luminance in 0...1 (WCAG 2, without the gamma step: enough to choose black or white text).
  public var luminance: Double { 0.2126 * red + 0.7152 * green + 0.0722 * blue }
}

/// Sizes and colours of the drawing.
public struct AnnotationStyle: Sendable {
  /// Pixels.
  public let lineWidth: Double
  public let fontSize: Double

  /// Okabe and Ito's palette, then Paul Tol's "muted": both made to be told apart by colour-blind people.
  static let palette: [Colour] = [
    0xE69F00, 0x56B4E9, 0x009E73, 0xF0E442, 0x0072B2, 0xD55E00, 0xCC79A7, 0x332288, 0x88CCEE,
    0x44AA99, 0x117733, 0x999933, 0xDDCC77, 0xCC6677, 0x882255, 0xAA4499,
  ].map(Colour.init(hex:))

  /// Line and text grow with the picture, but stay smaller than the objects that they mark.
  public init(width: Int, height: Int, detections: [Detection], options: AnnotationOptions) {
    let meanSide = Double(width + height) / 2
    lineWidth = options.lineWidth ?? min(max(meanSide * 0.0018, 2), 12)
    let sides = detections.map { detection in
      let oriented = detection.orientedBox
      return Double(
        min(oriented?.width ?? detection.box.width, oriented?.height ?? detection.box.height))
    }.sorted()
    let typicalSide = sides.isEmpty ? meanSide : sides[sides.count / 2]
    fontSize = min(max(meanSide * 0.012, 9), max(typicalSide * 0.4, 9), 64)
  }

  /// The same colour for the same class in every picture.
  public static func colour(ofClass classID: Int) -> Colour {
    palette[classID % palette.count]
  }
}

/// Draws detections on a picture.
public protocol Annotator: Sendable {
  /// Writes the annotated picture at full resolution and, if asked for, its thumbnail (JPEG, longest side
  /// 512). Files appear complete or not at all.
  ///
  /// - Parameter confidencesBefore: as `ImageReasoning` has them, by place in `detections`. What rules boosted is
  ///   drawn apart from what they penalised, and both from what they left.
  /// - Throws: `DetectionError(.storageError)` naming the file; `CancellationError`.
  func annotate(
    _ image: PixelBuffer, with detections: [Detection], confidencesBefore: [Int: Float],
    of model: DetectionModel, options: AnnotationOptions, to path: String, thumbnail: String?
  ) async throws
}

extension Annotator {
  /// Where no rules were applied.
  public func annotate(
    _ image: PixelBuffer, with detections: [Detection], of model: DetectionModel,
    options: AnnotationOptions, to path: String, thumbnail: String?
  ) async throws {
    try await annotate(
      image, with: detections, confidencesBefore: [:], of: model, options: options, to: path,
      thumbnail: thumbnail)
  }
}
