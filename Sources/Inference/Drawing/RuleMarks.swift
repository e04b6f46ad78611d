import CCairo
import ObjectDetection

/// The second line around a box that rules boosted: white, then the class's colour, outside of the box's own line.
///
/// Two lines and one are told apart by those who see no colours.
struct DoubleFrame {
  /// The middles of the bands, as corners.
  private let white: [Point]
  private let line: [Point]
  /// Everything lies inside the box grown by so many pixels.
  let reach: Float
  private let bands: Bands

  /// Distances from the box and widths, in pixels.
  private struct Bands {
    /// Where the rim of the box's own line ends.
    let start: Double
    /// Of either band.
    let width: Double
    let rim: Double

    init(_ style: AnnotationStyle) {
      start = style.lineWidth * Drawing.rimmed / 2
      // Half of the box's line tells which is which; below a pixel it would fade.
      width = max(style.lineWidth / 2, 1)
      rim = width * (Drawing.rimmed - 1) / 2
    }
  }

  init(around detection: Detection, style: AnnotationStyle) {
    let bands = Bands(style)
    self.bands = bands
    white = detection.grown(by: Float(bands.start + bands.width / 2)).outline
    line = detection.grown(by: Float(bands.start + bands.width * 1.5)).outline
    reach = Float(bands.start + bands.width * 2 + bands.rim)
  }

  func draw(_ colour: Colour, on context: OpaquePointer?) {
    // Sharp corners leave no gap between the bands.
    cairo_set_line_join(context, CAIRO_LINE_JOIN_MITER)
    Outline.trace(line, on: context)
    cairo_set_source_rgba(context, 0, 0, 0, Drawing.rimOpacity)
    cairo_set_line_width(context, bands.width + 2 * bands.rim)
    cairo_stroke_preserve(context)
    cairo_set_source_rgb(context, colour.red, colour.green, colour.blue)
    cairo_set_line_width(context, bands.width)
    cairo_stroke(context)
    Outline.trace(white, on: context)
    cairo_set_source_rgb(context, 1, 1, 1)
    cairo_stroke(context)
  }
}

/// Paths around a box for Cairo to stroke.
enum Outline {
  /// A dash and its gap, in line widths.
  private static let period = 6.0
  /// The gap's part of it: wider than the line, so that it is no blemish.
  private static let gap = 0.4
  /// A side's gaps: lines of 2 pixels around a large picture would have hundreds, each drawn by itself.
  private static let maxGaps = 32.0

  static func trace(_ corners: [Point], on context: OpaquePointer?) {
    guard let first = corners.first else { return }
    cairo_move_to(context, Double(first.x), Double(first.y))
    for corner in corners.dropFirst() {
      cairo_line_to(context, Double(corner.x), Double(corner.y))
    }
    cairo_close_path(context)
  }

  /// Of a box that rules penalised. Each side is divided evenly: its corners are drawn, and the smallest box has
  /// a gap in the middle of every side.
  static func traceDashes(_ corners: [Point], lineWidth: Double, on context: OpaquePointer?) {
    guard let first = corners.first else { return }
    // The path begins behind a gap and ends before it, so that the first corner is joined like the others.
    var end: (x: Double, y: Double)?
    for (corner, next) in zip(corners, corners.dropFirst() + [first]) {
      let (x, y) = (Double(corner.x), Double(corner.y))
      let (alongX, alongY) = (Double(next.x) - x, Double(next.y) - y)
      let length = (alongX * alongX + alongY * alongY).squareRoot()
      let wanted = (length / (lineWidth * period)).rounded()
      let count = wanted > 1 ? min(wanted, maxGaps) : 1
      for middle in stride(from: 0.5 / count, to: 1, by: 1 / count) {
        let (from, to) = (middle - gap / 2 / count, middle + gap / 2 / count)
        if end == nil {
          end = (x + from * alongX, y + from * alongY)
        } else {
          cairo_line_to(context, x + from * alongX, y + from * alongY)
        }
        cairo_move_to(context, x + to * alongX, y + to * alongY)
      }
      cairo_line_to(context, Double(next.x), Double(next.y))
    }
    if let end { cairo_line_to(context, end.x, end.y) }
  }
}

extension Detection {
  /// The corners of its box, oriented if it is.
  var outline: [Point] { orientedBox?.polygon ?? box.corners }

  /// Each side of its boxes `distance` pixels further out.
  func grown(by distance: Float) -> Detection {
    var grown = self
    grown.box = BoundingBox(
      xMin: box.xMin - distance, yMin: box.yMin - distance, xMax: box.xMax + distance,
      yMax: box.yMax + distance)
    grown.orientedBox?.width += 2 * distance
    grown.orientedBox?.height += 2 * distance
    return grown
  }
}
