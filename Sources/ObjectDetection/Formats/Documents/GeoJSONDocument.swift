/// A GeoJSON FeatureCollection (RFC 7946) of polygons, of masks of multipolygons: longitude and latitude where an image
/// is georeferenced, else pixels of the upright image. The `coordinates` member says which; where images differ, that of
/// each feature does.
struct GeoJSONDocument: ResultDocument {
  private enum Coordinates: String {
    case degrees = "longitude_latitude"
    case pixels, mixed
  }

  private let model: ModelIdentity
  private let coordinates: Coordinates
  private var json = JSONWriter()

  init(_ overview: ResultOverview) {
    model = overview.model
    let found = overview.images.filter { $0.found != nil }
    let georeferenced = found.count { $0.georeference != nil }
    coordinates =
      georeferenced == 0 ? .pixels : georeferenced == found.count ? .degrees : .mixed
  }

  mutating func begin() -> String {
    json.beginObject()
    json.string("type", "FeatureCollection")
    json.string("coordinates", coordinates.rawValue)
    json.beginArray("features")
    return json.take()
  }

  mutating func add(_ detections: [Detection], to image: ImageHeading) -> String {
    for detection in detections {
      json.object { json in
        json.string("type", "Feature")
        json.object("geometry") { Self.write(detection, of: image, to: &$0) }
        json.object("properties") { json in
          json.string("filename", image.filename)
          if let fileID = image.fileID { json.string("file_id", fileID) }
          json.integer("class_id", detection.classID)
          json.string("class_name", model.className(detection.classID))
          json.number("confidence", detection.confidence, places: 6)
          if coordinates == .mixed {
            let own: Coordinates = image.georeference == nil ? .pixels : .degrees
            json.string("coordinates", own.rawValue)
          }
        }
      }
    }
    return json.take()
  }

  mutating func end() -> String {
    json.endAll()
    return json.take() + "\n"
  }

  private static func write(
    _ detection: Detection, of image: ImageHeading, to json: inout JSONWriter
  ) {
    guard let mask = detection.mask else {
      json.string("type", "Polygon")
      json.array("coordinates") { json in
        write(detection.orientedBox?.polygon ?? detection.box.corners, of: image, to: &json)
      }
      return
    }
    json.string("type", "MultiPolygon")
    json.array("coordinates") { json in
      for part in MaskPolygons(mask).parts {
        json.array { json in
          write(part.ring, of: image, to: &json)
          for hole in part.holes { write(hole, isHole: true, of: image, to: &json) }
        }
      }
    }
  }

  /// Closed; in its own coordinates counterclockwise, and a hole clockwise, as RFC 7946 wants it.
  private static func write(
    _ points: [Point], isHole: Bool = false, of image: ImageHeading, to json: inout JSONWriter
  ) {
    var ring = points.map { corner in
      let pixel = (x: Double(corner.x), y: Double(corner.y))
      return image.georeference?.degrees(ofPixel: pixel) ?? pixel
    }
    let doubledArea = zip(ring, ring.dropFirst() + ring.prefix(1)).reduce(0) { area, side in
      area + side.0.x * side.1.y - side.1.x * side.0.y
    }
    if (doubledArea < 0) != isHole { ring.reverse() }
    // A thousandth of a pixel; of a degree, a tenth of a millimetre.
    let places = image.georeference == nil ? 3 : 9
    json.array { json in
      for corner in ring + ring.prefix(1) {
        json.array { json in
          json.element(corner.x, places: places)
          json.element(corner.y, places: places)
        }
      }
    }
  }
}

extension BoundingBox {
  /// Clockwise on the screen, from the top-left.
  public var corners: [Point] {
    [
      Point(x: xMin, y: yMin), Point(x: xMax, y: yMin), Point(x: xMax, y: yMax),
      Point(x: xMin, y: yMax),
    ]
  }
}
