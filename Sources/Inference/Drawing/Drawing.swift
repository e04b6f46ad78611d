import CCairo
import ObjectDetection

/// The boxes and labels of one picture, laid out and ready to be drawn on any part of it.
///
/// Not for sharing between threads: Pango's objects belong to the thread that made them.
final class Drawing {
  /// One detection's outline and label.
  struct Mark {
    var outline: [Point]
    /// The rings of its mask, holes among them; empty where it has none.
    var maskRings: [[Point]] = []
    var colour: Colour
    var isDashed = false
    var frame: DoubleFrame?
    var label: Label?
    /// Everything that is drawn lies inside.
    var extent: BoundingBox
  }

  struct Label {
    /// Side by side.
    var texts: [LabelLayout]
    var plate: BoundingBox
  }

  /// The text's distance from the plate's edge, in parts of the font size.
  private static let inset = 0.2
  /// A line with the dark rim on both sides, which keeps light lines readable on snow and sand; in line widths.
  static let rimmed = 1.8
  static let rimOpacity = 0.45
  /// What lies below a mask can still be seen.
  private static let maskOpacity = 0.4

  private let style: AnnotationStyle
  private let layouts: LabelLayouts
  private let marks: [Mark]

  /// `confidencesBefore`: as `Annotator` takes them.
  init(
    _ detections: [Detection], confidencesBefore: [Int: Float], of model: DetectionModel,
    imageWidth: Int, style: AnnotationStyle, options: AnnotationOptions
  ) {
    self.style = style
    let layouts = LabelLayouts(fontSize: style.fontSize)
    self.layouts = layouts
    // The most confident are drawn last, on top.
    marks = detections.indices.reversed().map { place in
      Self.mark(
        detections[place], before: confidencesBefore[place], of: model,
        imageWidth: Float(imageWidth), style: style, options: options, layouts: layouts)
    }
  }

  func marks(touching tile: PixelRegion) -> [Mark] {
    let (left, top) = (Float(tile.x), Float(tile.y))
    let (right, bottom) = (left + Float(tile.width), top + Float(tile.height))
    return marks.filter {
      $0.extent.xMin < right && $0.extent.xMax > left && $0.extent.yMin < bottom
        && $0.extent.yMax > top
    }
  }

  /// The pixels of the object, translucent; below the lines of all marks.
  func fill(_ mark: Mark, on context: OpaquePointer?) {
    guard !mark.maskRings.isEmpty else { return }
    for ring in mark.maskRings { Outline.trace(ring, on: context) }
    // Holes are left out.
    cairo_set_fill_rule(context, CAIRO_FILL_RULE_EVEN_ODD)
    let colour = mark.colour
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, Self.maskOpacity)
    cairo_fill_preserve(context)
    cairo_set_source_rgb(context, colour.red, colour.green, colour.blue)
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_line_width(context, max(style.lineWidth / 2, 1))
    cairo_stroke(context)
  }

  func draw(_ mark: Mark, on context: OpaquePointer?) {
    mark.frame?.draw(mark.colour, on: context)
    if mark.isDashed {
      Outline.traceDashes(mark.outline, lineWidth: style.lineWidth, on: context)
    } else {
      Outline.trace(mark.outline, on: context)
    }
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    cairo_set_source_rgba(context, 0, 0, 0, Self.rimOpacity)
    cairo_set_line_width(context, style.lineWidth * Self.rimmed)
    cairo_stroke_preserve(context)
    cairo_set_source_rgb(context, mark.colour.red, mark.colour.green, mark.colour.blue)
    cairo_set_line_width(context, style.lineWidth)
    cairo_stroke(context)
    if let label = mark.label { draw(label, mark.colour, on: context) }
  }

  private func draw(_ label: Label, _ colour: Colour, on context: OpaquePointer?) {
    let plate = label.plate
    cairo_set_source_rgba(context, colour.red, colour.green, colour.blue, 0.9)
    cairo_rectangle(
      context, Double(plate.xMin), Double(plate.yMin), Double(plate.width), Double(plate.height))
    cairo_fill(context)
    let grey = colour.luminance > 0.4 ? 0.0 : 1.0
    cairo_set_source_rgb(context, grey, grey, grey)
    let inset = style.fontSize * Self.inset
    var x = Double(plate.xMin) + inset
    for text in label.texts {
      cairo_move_to(context, x, Double(plate.yMin) + inset / 2)
      pango_cairo_show_layout(context, text.layout)
      x += Double(text.width)
    }
  }

  private static func mark(
    _ detection: Detection, before: Float?, of model: DetectionModel, imageWidth: Float,
    style: AnnotationStyle, options: AnnotationOptions, layouts: LabelLayouts
  ) -> Mark {
    let change = ConfidenceChange(from: before, to: detection.confidence)
    let frame = change == .boost ? DoubleFrame(around: detection, style: style) : nil
    let outside = frame.map { detection.grown(by: $0.reach) } ?? detection
    let around = outside.orientedBox?.enclosingBox ?? outside.box
    let rim = Float(style.lineWidth + 1)
    var mark = Mark(
      outline: detection.outline, colour: AnnotationStyle.colour(ofClass: detection.classID),
      isDashed: change == .penalty, frame: frame, label: nil,
      extent: BoundingBox(
        xMin: around.xMin - rim, yMin: around.yMin - rim, xMax: around.xMax + rim,
        yMax: around.yMax + rim))
    if let polygons = detection.mask.map({ MaskPolygons($0) }) {
      mark.maskRings = polygons.rings + polygons.holes
    }
    let texts = LabelText(
      detection, className: model.className(detection.classID), before: before, options: options
    ).pieces.map(layouts.layout)
    guard !texts.isEmpty else { return mark }
    let width = texts.map(\.width).reduce(0, +)
    let height = texts.map(\.height).max() ?? 0
    let inset = Float(style.fontSize * inset)
    let size = (width: Float(width) + 2 * inset, height: Float(height) + inset)
    // Above the topmost corner; inside the box where the picture ends.
    let anchor = outside.outline.min { ($0.y, $0.x) < ($1.y, $1.x) } ?? Point(x: 0, y: 0)
    let top = anchor.y - size.height - rim / 2
    let y = top >= 0 ? top : max(0, anchor.y)
    let x = max(0, min(anchor.x - rim / 2, imageWidth - size.width))
    let plate = BoundingBox(xMin: x, yMin: y, xMax: x + size.width, yMax: y + size.height)
    mark.label = Label(texts: texts, plate: plate)
    mark.extent = mark.extent.union(plate)
    return mark
  }
}

/// A laid-out text and its size in pixels.
struct LabelLayout {
  var layout: OpaquePointer
  var width: Int
  var height: Int
}

/// Laid-out texts, each made once: most labels of a picture repeat.
private final class LabelLayouts {
  private let surface: OpaquePointer?
  private let context: OpaquePointer?
  private let font: OpaquePointer?
  private var layouts: [String: LabelLayout] = [:]

  init(fontSize: Double) {
    surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1)
    context = cairo_create(surface)
    font = pango_font_description_from_string("DejaVu Sans")
    pango_font_description_set_absolute_size(font, fontSize * Double(PANGO_SCALE))
  }

  deinit {
    for entry in layouts.values { harrier_pango_layout_free(entry.layout) }
    pango_font_description_free(font)
    cairo_destroy(context)
    cairo_surface_destroy(surface)
  }

  func layout(_ text: String) -> LabelLayout {
    if let known = layouts[text] { return known }
    guard let layout = pango_cairo_create_layout(context) else {
      preconditionFailure("Pango is out of memory")
    }
    pango_layout_set_font_description(layout, font)
    pango_layout_set_text(layout, text, -1)
    var width: Int32 = 0
    var height: Int32 = 0
    pango_layout_get_pixel_size(layout, &width, &height)
    let entry = LabelLayout(layout: layout, width: Int(width), height: Int(height))
    layouts[text] = entry
    return entry
  }
}
