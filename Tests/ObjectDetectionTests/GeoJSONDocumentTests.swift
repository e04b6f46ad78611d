import Testing

@testable import ObjectDetection

@Suite("GeoJSON document")
struct GeoJSONDocumentTests {
  @Test("detections are closed polygons in pixels, with their properties")
  func features() throws {
    let json = try ParsedJSON(ResultFormat.geojson.document(ResultSamples.results))
    #expect(json.string("type") == "FeatureCollection")
    #expect(json.string("coordinates") == "pixels")
    #expect(json.count("features") == 2)
    #expect(json.string("features.0.type") == "Feature")
    #expect(json.string("features.0.geometry.type") == "Polygon")
    #expect(json.count("features.0.geometry.coordinates") == 1)
    #expect(
      json.points("features.0.geometry.coordinates.0")
        == [[10.5, 20.25], [110.5, 20.25], [110.5, 60.25], [10.5, 60.25], [10.5, 20.25]])
    #expect(
      json.keys("features.0.properties")
        == ["class_id", "class_name", "confidence", "file_id", "filename"])
    #expect(json.string("features.0.properties.file_id") == "img_1")
    #expect(json.integer("features.0.properties.class_id") == 1)
    #expect(json.string("features.0.properties.class_name") == "ship")
    #expect(json.number("features.0.properties.confidence") == 0.95)
    #expect(json.string("features.1.properties.filename") == "c.jpg")
  }

  @Test("rings end where they begin and run counterclockwise (RFC 7946, 3.1.6)", arguments: [0, 1])
  func rings(feature: Int) throws {
    let json = try ParsedJSON(ResultFormat.geojson.document(ResultSamples.results))
    let ring = try #require(json.points("features.\(feature).geometry.coordinates.0"))
    #expect(ring.count == 5)
    #expect(ring.first == ring.last)
    #expect(Set(ring).count == 4)
    let doubledArea = zip(ring, ring.dropFirst()).reduce(0) {
      $0 + $1.0[0] * $1.1[1] - $1.1[0] * $1.0[1]
    }
    #expect(doubledArea == [8000, 1600][feature])
  }
}
