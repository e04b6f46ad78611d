/// One image's PASCAL VOC annotation: whole pixels counted from 1, both ends inclusive. Oriented boxes add
/// the `robndbox` of roLabelImg (angle in radians), masks a `polygon` of LabelMe for each of their outer rings; both in
/// pixels from 0. Source: the VOC 2012 development kit.
struct VOCDocument: ResultDocument {
  let model: ModelIdentity

  func begin(_ image: ImageHeading) -> String {
    let (width, height) = (image.found?.width ?? 0, image.found?.height ?? 0)
    return """
      <annotation>
        <filename>\(xmlText(image.filename))</filename>
        <source><annotation>Harrier \(xmlText(model.name))</annotation></source>
        <size><width>\(width)</width><height>\(height)</height><depth>3</depth></size>
        <segmented>0</segmented>

      """
  }

  func add(_ detections: [Detection], to image: ImageHeading) -> String {
    detections.map(object).joined()
  }

  func end(_ image: ImageHeading) -> String { "</annotation>\n" }

  private func object(_ detection: Detection) -> String {
    let box = detection.box
    var xml = """
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
    for ring in detection.mask.map({ MaskPolygons($0).rings }) ?? [] {
      xml += "    <polygon>"
      for point in ring {
        let (x, y) = (
          decimal(point.x, places: 3, trimmed: true), decimal(point.y, places: 3, trimmed: true)
        )
        xml += "<pt><x>\(x)</x><y>\(y)</y></pt>"
      }
      xml += "</polygon>\n"
    }
    return xml + "  </object>\n"
  }
}
