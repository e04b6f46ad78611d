import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// A square with a hole, from (10, 20) to (16, 26), and a block from (20, 20) to (22, 22): expected by hand.
@Suite("Formats: masks")
struct MaskFormatsTests {
  private var model: DetectionModel {
    var model = ResultSamples.model
    model.task = .segment
    return model
  }

  private var detection: Detection {
    var pixels: Set<Pixel> = []
    for y in 20..<26 {
      for x in 10..<16 where !((12..<14).contains(x) && (22..<24).contains(y)) {
        pixels.insert(Pixel(x: x, y: y))
      }
    }
    for y in 20..<22 { for x in 20..<22 { pixels.insert(Pixel(x: x, y: y)) } }
    return Detection(
      classID: 1, confidence: 0.75, box: BoundingBox(xMin: 10, yMin: 20, xMax: 22, yMax: 26),
      mask: MaskSamples.mask(pixels))
  }

  /// Of an image of 200 x 100 pixels.
  private func document(_ format: ResultFormat, fileID: String? = nil) -> String {
    format.document(
      ResultSet(
        model: model, images: [ResultSamples.image([detection], fileID: fileID)]))
  }

  @Test("JSON has the rings, the holes and the pixels beside the box")
  func json() throws {
    let json = try ParsedJSON(document(.json))
    let path = "results.0.detections.0.segmentation"
    #expect(json.keys(path) == ["area", "holes", "polygons"])
    #expect(json.integer("\(path).area") == 36 - 4 + 4)
    #expect(json.points("\(path).polygons.0") == [[10, 20], [16, 20], [16, 26], [10, 26]])
    #expect(json.points("\(path).polygons.1") == [[20, 20], [22, 20], [22, 22], [20, 22]])
    #expect(
      json.points("\(path).holes.0")?.sorted { ($0[0], $0[1]) < ($1[0], $1[1]) }
        == [[12, 22], [12, 24], [14, 22], [14, 24]])
    #expect(json.number("results.0.detections.0.bbox.x_max") == 22)
    #expect(json.string("model.task") == "segment")
  }

  @Test("a mask without holes has no member for them, and a box no segmentation")
  func plainJSON() throws {
    var plain = detection
    plain.mask = MaskSamples.mask("##\n##")
    let results = ResultSet(
      model: model, images: [ResultSamples.image([plain, ResultSamples.plain])])
    let json = try ParsedJSON(ResultFormat.json.document(results))
    #expect(json.keys("results.0.detections.0.segmentation") == ["area", "polygons"])
    #expect(
      json.keys("results.0.detections.1")
        == ["bbox", "bbox_normalized", "class_id", "class_name", "confidence"])
  }

  @Test("YOLO has one ring a detection, normalized, with the confidence last")
  func yolo() {
    // The square's ring; from its corner (16, 20) over to the block, around it, and back.
    #expect(
      document(.yolo)
        == "1 0.050000 0.200000 0.080000 0.200000 0.100000 0.200000 0.110000 0.200000 0.110000 0.220000 "
        + "0.100000 0.220000 0.100000 0.200000 0.080000 0.200000 0.080000 0.260000 0.050000 0.260000 0.750000\n"
    )
  }

  @Test("COCO has the outer rings, flat, and the mask's area")
  func coco() throws {
    let json = try ParsedJSON(document(.coco))
    #expect(json.number("annotations.0.area") == 36)
    #expect(json.numbers("annotations.0.bbox") == [10, 20, 12, 6])
    #expect(json.count("annotations.0.segmentation") == 2)
    #expect(json.numbers("annotations.0.segmentation.0") == [10, 20, 16, 20, 16, 26, 10, 26])
    #expect(json.numbers("annotations.0.segmentation.1") == [20, 20, 22, 20, 22, 22, 20, 22])
  }

  @Test("VOC has a polygon for each outer ring behind the box")
  func voc() throws {
    let xml = document(.voc)
    let objects = try XMLDocument(xmlString: xml).nodes(forXPath: "/annotation/object")
    #expect(objects.count == 1)
    func numbers(_ path: String) throws -> [String] {
      try objects[0].nodes(forXPath: path).compactMap(\.stringValue)
    }
    #expect(try objects[0].nodes(forXPath: "polygon").count == 2)
    #expect(try numbers("polygon[1]/pt/x") == ["10", "16", "16", "10"])
    #expect(try numbers("polygon[1]/pt/y") == ["20", "20", "26", "26"])
    #expect(try numbers("polygon[2]/pt/x") == ["20", "22", "22", "20"])
    #expect(try numbers("bndbox/xmin") == ["11"])
  }

  @Test("CSV has the pixels and a MULTIPOLYGON behind the other columns, before the file's id")
  func csv() {
    let lines = document(.csv, fileID: "img_1").split(separator: "\n")
    #expect(lines[0].hasSuffix(",obb_angle_degrees,mask_area_pixels,mask_polygons,file_id"))
    #expect(
      lines[1].hasSuffix(
        ",,,,,,36,\"MULTIPOLYGON (((10 20, 16 20, 16 26, 10 26, 10 20), "
          + "(12 24, 14 24, 14 22, 12 22, 12 24)), ((20 20, 22 20, 22 22, 20 22, 20 20)))\",img_1"))
  }

  @Test("CSV of other models has no columns of masks", arguments: [ModelTask.detect, .obb])
  func otherCSV(task: ModelTask) {
    var model = model
    model.task = task
    let header = ResultFormat.csv.document(ResultSet(model: model, images: []))
    #expect(header.hasSuffix("obb_angle_degrees\n"))
  }

  @Test(
    "GeoJSON has a multipolygon: outer rings counterclockwise in their coordinates, holes clockwise"
  )
  func geojson() throws {
    let json = try ParsedJSON(document(.geojson))
    #expect(json.string("features.0.geometry.type") == "MultiPolygon")
    #expect(json.count("features.0.geometry.coordinates") == 2)
    let ring = try #require(json.points("features.0.geometry.coordinates.0.0"))
    let hole = try #require(json.points("features.0.geometry.coordinates.0.1"))
    for points in [ring, hole] {
      #expect(points.count == 5)
      #expect(points.first == points.last)
    }
    func area(_ ring: [[Double]]) -> Double {
      zip(ring, ring.dropFirst()).reduce(0) { $0 + ($1.0[0] * $1.1[1] - $1.1[0] * $1.0[1]) / 2 }
    }
    // As numbers; pixels' y goes down, which the format does not know.
    #expect(area(ring) == 36)
    #expect(area(hole) == -4)
  }
}
