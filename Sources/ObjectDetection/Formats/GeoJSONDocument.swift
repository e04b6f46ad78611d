/// A GeoJSON FeatureCollection (RFC 7946) of closed polygons. Coordinates are pixels of the upright image,
/// which its `coordinates` member says.
func geoJSONDocument(_ results: ResultSet) -> String {
  var json = JSONWriter()
  json.object { json in
    json.string("type", "FeatureCollection")
    json.string("coordinates", "pixels")
    json.array("features") { json in
      for image in results.images {
        for detection in image.detections {
          json.object { json in
            json.string("type", "Feature")
            writeGeometry(detection, to: &json)
            json.object("properties") { json in
              json.string("filename", image.filename)
              if let fileID = image.fileID { json.string("file_id", fileID) }
              json.integer("class_id", detection.classID)
              json.string("class_name", results.model.className(detection.classID))
              json.number("confidence", detection.confidence, places: 6)
            }
          }
        }
      }
    }
  }
  return json.text + "\n"
}

private func writeGeometry(_ detection: Detection, to json: inout JSONWriter) {
  // Counterclockwise in its own coordinates, as RFC 7946 wants an outer ring.
  let corners = detection.orientedBox?.polygon.reversed() ?? detection.box.corners
  json.object("geometry") { json in
    json.string("type", "Polygon")
    json.array("coordinates") { json in
      json.array { json in
        for corner in corners + corners.prefix(1) {
          json.array { json in
            json.element(corner.x, places: 3)
            json.element(corner.y, places: 3)
          }
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
