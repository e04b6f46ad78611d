/// One line a detection under a header line (RFC 4180, with plain line feeds). The columns of oriented boxes
/// are there for every model, empty where it has none; those of masks only for segmentation models: the polygons are a
/// MULTIPOLYGON of well-known text (OGC 06-103r4) in pixels. Where files have ids, a last column tells two of one name
/// apart.
struct CSVTable: ResultDocument {
  private static let columns = [
    "filename", "class_id", "class_name", "confidence", "x_min", "y_min", "x_max", "y_max",
    "obb_center_x", "obb_center_y", "obb_width", "obb_height", "obb_angle_degrees",
  ]

  private static let maskColumns = ["mask_area_pixels", "mask_polygons"]

  private let model: ModelIdentity
  private let hasFileIDs: Bool

  init(_ overview: ResultOverview) {
    model = overview.model
    hasFileIDs = !overview.images.isEmpty && overview.images.allSatisfy { $0.fileID != nil }
  }

  private var hasMasks: Bool { model.task == .segment }

  func begin() -> String {
    Self.line(
      Self.columns + (hasMasks ? Self.maskColumns : []) + (hasFileIDs ? ["file_id"] : []))
  }

  func add(_ detections: [Detection], to image: ImageHeading) -> String {
    let filename = csvText(image.filename)
    return detections.map { detection in
      let box = detection.box
      var cells = [
        filename, "\(detection.classID)", csvText(model.className(detection.classID)),
        decimal(detection.confidence, places: 6),
      ]
      cells += [box.xMin, box.yMin, box.xMax, box.yMax].map { decimal($0, places: 3) }
      if let oriented = detection.orientedBox {
        cells += [oriented.centerX, oriented.centerY, oriented.width, oriented.height].map {
          decimal($0, places: 3)
        }
        cells.append(decimal(oriented.angleDegrees, places: 4))
      } else {
        cells += Array(repeating: "", count: 5)
      }
      if hasMasks {
        let mask = detection.mask
        cells.append(mask.map { "\($0.areaPixels)" } ?? "")
        cells.append(mask.map { csvText(MaskPolygons($0).wellKnownText) } ?? "")
      }
      if hasFileIDs { cells.append(csvText(image.fileID ?? "")) }
      return Self.line(cells)
    }.joined()
  }

  private static func line(_ cells: [String]) -> String {
    cells.joined(separator: ",") + "\n"
  }
}

/// A cell, quoted where it must be. What spreadsheets would take for a formula, quoted or not, begins with an apostrophe,
/// which makes it a text to them (OWASP, CSV injection).
public func csvText(_ text: String) -> String {
  let text = startsFormula(text) ? "'" + text : text
  // By scalar: as characters, "\r\n" is neither of the two, nor is a quote with an accent a quote.
  guard text.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) }) else {
    return text
  }
  var quoted = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
    quoted.unicodeScalars.append(scalar)
  }
  return quoted + "\""
}

private func startsFormula(_ text: String) -> Bool {
  text.unicodeScalars.first.map { "=+-@\t\r＝＋－＠".unicodeScalars.contains($0) } ?? false
}
