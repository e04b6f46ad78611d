import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

/// Against Tests/Fixtures/segmentation, which generators/make_segmentation.py wrote with Ultralytics and SAHI.
@Suite("DetectionPipeline: masks as the Python stack makes them")
struct SegmentationParityTests {
  private static let detector = Task {
    try await EngineFixture.detector(Reference.path("shapes-seg.onnx"))
  }

  private func detect(
    _ reference: Reference, slicing: Slicing?
  ) async throws -> (image: PixelBuffer, found: [Detection]) {
    let image = try await EngineFixture.decode(Reference.path(reference.image))
    let detector = try await Self.detector.value
    #expect(detector.model.task == .segment)
    #expect(detector.model.classNames == ["tank", "field", "lake"])
    let options = DetectionOptions(
      confidenceThreshold: reference.confidenceThreshold,
      merging: Merging(
        method: .greedyNMM, metric: reference.mergeMetric == "IOS" ? .ios : .iou,
        threshold: reference.iouThreshold), slicing: slicing)
    let result = try await DetectionPipeline(detector: detector).detect(
      in: image, options: options, lane: ImageLane(id: 0))
    return (image, result.detections)
  }

  /// Each of theirs with ours of the same class and confidence; all of both have one.
  private func pairs(
    _ reference: Reference, _ found: [Detection]
  ) throws -> [(theirs: Reference.Found, ours: Detection)] {
    #expect(found.count == reference.detections.count)
    var left = found
    return try reference.detections.map { theirs in
      let place = left.firstIndex { ours in
        ours.classID == theirs.classID && abs(Double(ours.confidence) - theirs.confidence) <= 0.005
          && theirs.mask.overlap(with: ours.mask) > 0.5
      }
      return (theirs, left.remove(at: try #require(place, "none for \(theirs.confidence)")))
    }
  }

  @Test(
    "a picture's masks are those of retina_masks=True", arguments: ["square.json", "wide.json"])
  func wholePicture(_ file: String) async throws {
    let reference = try Reference.load(file)
    let (image, found) = try await detect(reference, slicing: nil)
    for (theirs, ours) in try pairs(reference, found) {
      let overlap = theirs.mask.overlap(with: ours.mask)
      // Of the 24, all but two are the same to the pixel where both sides compute with ONNX Runtime.
      #expect(overlap >= 0.99, "\(theirs.confidence)")
      let box = [ours.box.xMin, ours.box.yMin, ours.box.xMax, ours.box.yMax]
      #expect(zip(box, theirs.box).allSatisfy { abs(Double($0) - $1) <= 0.5 })
      // The polygons are the mask: within a pixel, and at the pixels' middles.
      let polygons = MaskPolygons(try #require(ours.mask))
      let rings = polygons.rings + polygons.holes
      let filled = Raster(inside: rings, width: image.width, height: image.height)
      #expect(filled.overlap(with: ours.mask) >= 0.99, "\(theirs.confidence)")
      // The default's outline `masks.xy` goes through the middles of the input's pixels.
      let scale = max(Float(image.width), Float(image.height)) / 320
      for point in theirs.outline ?? [] {
        let middle = Point(x: Float(point[0]) + scale / 2, y: Float(point[1]) + scale / 2)
        #expect(distance(of: middle, to: rings) <= 1.5 * scale, "\(theirs.confidence) \(point)")
      }
    }
  }

  @Test("an unscaled picture's polygons enclose the pixels of the default's masks.xy")
  func outlines() async throws {
    let reference = try Reference.load("square.json")
    let (image, found) = try await detect(reference, slicing: nil)
    for (theirs, ours) in try pairs(reference, found) {
      let polygons = MaskPolygons(try #require(ours.mask))
      let filled = Raster(
        inside: polygons.rings + polygons.holes, width: image.width, height: image.height)
      let outline = try #require(theirs.outline)
      let wanted = Raster(through: outline, width: image.width, height: image.height)
      #expect(filled.overlap(with: wanted) >= 0.98, "\(theirs.confidence)")
    }
  }

  @Test("slices' masks are joined as SAHI joins them")
  func slices() async throws {
    let reference = try Reference.load("large.json")
    let (_, found) = try await detect(
      reference,
      slicing: Slicing(width: 320, height: 320, overlapRatio: 0.2, includesFullImage: false))
    let pairs = try pairs(reference, found)
    #expect(pairs.count >= 20)
    for (theirs, ours) in pairs {
      #expect(theirs.mask.overlap(with: ours.mask) >= 0.99, "\(theirs.confidence)")
      // SAHI's box is that of the outline through the pixels' middles; ours is the model's, which the mask lies in.
      let bounds = try #require(ours.mask?.bounds)
      let box = [bounds.xMin, bounds.yMin, bounds.xMax - 1, bounds.yMax - 1]
      // It leaves out specks of one or two pixels.
      if MaskPolygons(try #require(ours.mask)).parts.count == 1 {
        #expect(zip(box, theirs.box).allSatisfy { abs(Double($0) - $1) <= 1 })
      }
      #expect(bounds.union(ours.box.grown(by: 1)) == ours.box.grown(by: 1))
    }
  }

  private func distance(of point: Point, to rings: [[Point]]) -> Float {
    rings.reduce(.infinity) { nearest, ring in
      zip(ring, ring.dropFirst() + ring.prefix(1)).reduce(nearest) { nearest, side in
        let (dx, dy) = (side.1.x - side.0.x, side.1.y - side.0.y)
        let (x, y) = (point.x - side.0.x, point.y - side.0.y)
        let share = min(max((x * dx + y * dy) / max(dx * dx + dy * dy, 1e-6), 0), 1)
        let (offX, offY) = (x - share * dx, y - share * dy)
        return min(nearest, (offX * offX + offY * offY).squareRoot())
      }
    }
  }
}

extension BoundingBox {
  fileprivate func grown(by distance: Float) -> BoundingBox {
    BoundingBox(
      xMin: xMin - distance, yMin: yMin - distance, xMax: xMax + distance, yMax: yMax + distance)
  }
}

/// A set of pixels, row by row.
private struct Raster {
  private var pixels: Set<Int> = []
  private static let stride = 1 << 16

  init(runs: [Int]) {
    for place in Swift.stride(from: 0, to: runs.count, by: 3) {
      for x in runs[place + 1]..<runs[place + 2] { insert(x, runs[place]) }
    }
  }

  /// Pixels whose middles are inside an odd number of rings.
  init(inside rings: [[Point]], width: Int, height: Int, middle: Float = 0.5) {
    for y in 0..<height {
      let row = Float(y) + middle
      var crossings: [Float] = []
      for ring in rings {
        for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1))
        where (a.y <= row) != (b.y <= row) {
          crossings.append(a.x + (row - a.y) / (b.y - a.y) * (b.x - a.x))
        }
      }
      for x in 0..<width where crossings.count(where: { $0 < Float(x) + middle }) % 2 == 1 {
        insert(x, y)
      }
    }
  }

  /// What OpenCV's `fillPoly` fills: pixels inside a contour of pixels, and those of the contour.
  init(through contour: [[Double]], width: Int, height: Int) {
    let ring = contour.map { Point(x: Float($0[0].rounded()), y: Float($0[1].rounded())) }
    self.init(inside: [ring], width: width, height: height, middle: 0)
    for (a, b) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
      let steps = max(abs(b.x - a.x), abs(b.y - a.y), 1)
      for step in Swift.stride(from: 0, through: steps, by: 1) {
        let share = step / steps
        insert(
          Int((a.x + share * (b.x - a.x)).rounded()), Int((a.y + share * (b.y - a.y)).rounded()))
      }
    }
  }

  private mutating func insert(_ x: Int, _ y: Int) { pixels.insert(y * Self.stride + x) }

  /// Intersection over union.
  func overlap(with other: Raster) -> Double {
    Double(pixels.intersection(other.pixels).count)
      / Double(max(pixels.union(other.pixels).count, 1))
  }

  func overlap(with mask: InstanceMask?) -> Double {
    overlap(
      with: Raster(runs: (mask?.runs ?? []).flatMap { [Int($0.row), Int($0.start), Int($0.end)] }))
  }
}

/// One file of Tests/Fixtures/segmentation.
private struct Reference: Decodable {
  struct Found: Decodable {
    var classID: Int
    var confidence: Double
    var box: [Double]
    var runs: [Int]
    var outline: [[Double]]?

    var mask: Raster { Raster(runs: runs) }

    private enum CodingKeys: String, CodingKey {
      case confidence, runs
      case classID = "class_id"
      case box = "xyxy"
      case outline = "xy"
    }
  }

  var image: String
  var confidenceThreshold: Float
  var iouThreshold: Double
  var mergeMetric: String?
  var detections: [Found]

  private enum CodingKeys: String, CodingKey {
    case image, detections
    case confidenceThreshold = "confidence_threshold"
    case iouThreshold = "iou_threshold"
    case mergeMetric = "merge_metric"
  }

  static func path(_ name: String) -> String {
    Checkout.path("Tests/Fixtures/segmentation/\(name)")
  }

  static func load(_ file: String) throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Checkout.data(path(file)))
  }
}
