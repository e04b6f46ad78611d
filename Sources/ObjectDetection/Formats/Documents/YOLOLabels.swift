/// YOLO label lines, normalized, six decimals: `class cx cy w h confidence`, or for oriented boxes
/// `class x1 y1 x2 y2 x3 y3 x4 y4 confidence`, or for masks `class x1 y1 ... xn yn confidence`: one ring a detection, into
/// which several parts are joined by lines there and back. Nothing for an image that failed.
struct YOLOLabels: ResultDocument {
  func add(_ detections: [Detection], to image: ImageHeading) -> String {
    guard let found = image.found else { return "" }
    let (width, height) = (Float(found.width), Float(found.height))
    return detections.map { detection in
      let numbers: [Float]
      if let mask = detection.mask {
        numbers = MaskPolygons(mask).joinedRing.flatMap { [$0.x / width, $0.y / height] }
      } else if let oriented = detection.orientedBox {
        numbers = oriented.polygon.flatMap { [$0.x / width, $0.y / height] }
      } else {
        let box = detection.box.normalized(by: found)
        numbers = [box.centerX, box.centerY, box.width, box.height]
      }
      let values = (numbers + [detection.confidence]).map { decimal($0, places: 6) }
      return "\(detection.classID) \(values.joined(separator: " "))\n"
    }.joined()
  }
}
