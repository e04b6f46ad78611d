/// One image's PASCAL VOC annotation: whole pixels counted from 1, both ends inclusive. Oriented boxes add
/// the `robndbox` of roLabelImg (angle in radians). Source: the VOC 2012 development kit.
func vocDocument(_ image: ImageResult, model: DetectionModel) -> String {
  let found = image.found
  var xml = """
    <annotation>
      <filename>\(xmlText(image.filename))</filename>
      <source><annotation>Harrier \(xmlText(model.name))</annotation></source>
      <size><width>\(found?.width ?? 0)</width><height>\(found?.height ?? 0)</height><depth>3</depth></size>
      <segmented>0</segmented>

    """
  for detection in image.detections {
    let box = detection.box
    xml += """
        <object>
          <name>\(xmlText(model.className(detection.classID)))</name>
          <pose>Unspecified</pose><truncated>0</truncated><difficult>0</difficult>
          <confidence>\(decimal(detection.confidence, places: 6))</confidence>
          <bndbox><xmin>\(Int(box.xMin.rounded(.down)) + 1)</xmin>\
      <ymin>\(Int(box.yMin.rounded(.down)) + 1)</ymin>\
      <xmax>\(Int(box.xMax.rounded(.up)))</xmax>\
      <ymax>\(Int(box.yMax.rounded(.up)))</ymax></bndbox>

      """
    if let oriented = detection.orientedBox {
      xml += """
            <robndbox><cx>\(decimal(oriented.centerX, places: 3))</cx>\
        <cy>\(decimal(oriented.centerY, places: 3))</cy>\
        <w>\(decimal(oriented.width, places: 3))</w><h>\(decimal(oriented.height, places: 3))</h>\
        <angle>\(decimal(oriented.angle, places: 6))</angle></robndbox>

        """
    }
    xml += "  </object>\n"
  }
  return xml + "</annotation>\n"
}

/// Text with XML's special characters escaped and control characters, which XML forbids, left out.
private func xmlText(_ text: String) -> String {
  var escaped = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "\u{0}"..<"\u{20}", "\u{fffe}", "\u{ffff}": continue
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
