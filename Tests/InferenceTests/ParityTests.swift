import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

/// Against the files that Benchmarks/reference/make_references.py wrote with Ultralytics and SAHI.
@Suite("DetectionPipeline: parity with the Python stack")
struct ParityTests {
  /// One detector a model for all files.
  private static let detectors: [String: Task<OpenVINODetector, any Error>] = Dictionary(
    uniqueKeysWithValues: ["tree-crowns.onnx", "aerial15-obb.onnx"].map { name in
      (name, Task { try await EngineFixture.detector(Checkout.model(name)) })
    })

  @Test("there are reference files of both models")
  func filesExist() throws {
    let files = try Reference.files()
    #expect(files.count(where: { $0.hasPrefix("trees-") }) >= 13)
    #expect(files.count(where: { $0.hasPrefix("obb-") }) >= 8)
  }

  @Test(
    "99 % of the boxes of either side have a partner: same class, IoU 0.95, confidence within 0.01",
    arguments: try Reference.files())
  func parity(_ file: String) async throws {
    let reference = try Reference.load(file)
    let detector = try await #require(Self.detectors[reference.weights]).value
    let image = try await EngineFixture.decode(Checkout.sample(reference.image))
    let found = try await DetectionPipeline(detector: detector).detect(
      in: image, options: try reference.options(), lane: ImageLane(id: 0))
    let ours = found.detections.map { detection in
      Reference.Box(
        classID: detection.classID, confidence: Double(detection.confidence),
        corners: (detection.orientedBox?.polygon ?? detection.box.corners).map {
          [Double($0.x), Double($0.y)]
        })
    }
    let theirs = reference.detections
    try #require(theirs.count == reference.count)
    let matched = partners(of: theirs, in: ours)
    #expect(Double(matched) >= 0.99 * Double(theirs.count), "\(matched) of \(theirs.count)")
    #expect(
      Double(ours.count - matched) <= 0.01 * Double(ours.count), "\(matched) of our \(ours.count)")
  }

  /// One to one, best IoU first, as Benchmarks/reference/compare.py chooses them.
  private func partners(of theirs: [Reference.Box], in ours: [Reference.Box]) -> Int {
    var pairs: [(overlap: Double, theirs: Int, ours: Int)] = []
    for (i, wanted) in theirs.enumerated() {
      for (j, found) in ours.enumerated()
      where wanted.classID == found.classID && abs(wanted.confidence - found.confidence) <= 0.01 {
        let overlap = polygonIoU(wanted.corners, found.corners)
        if overlap >= 0.95 { pairs.append((overlap, i, j)) }
      }
    }
    var taken: (theirs: Set<Int>, ours: Set<Int>) = ([], [])
    for pair in pairs.sorted(by: { $0.overlap > $1.overlap })
    where !taken.theirs.contains(pair.theirs) && !taken.ours.contains(pair.ours) {
      taken.theirs.insert(pair.theirs)
      taken.ours.insert(pair.ours)
    }
    return taken.theirs.count
  }
}

/// One file of Benchmarks/reference/expected.
private struct Reference: Decodable {
  struct Box: Decodable {
    var classID: Int
    var confidence: Double
    var corners: [[Double]]

    init(classID: Int, confidence: Double, corners: [[Double]]) {
      (self.classID, self.confidence, self.corners) = (classID, confidence, corners)
    }

    private enum Keys: String, CodingKey { case class_id, confidence, xyxy, polygon }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      classID = try values.decode(Int.self, forKey: .class_id)
      confidence = try values.decode(Double.self, forKey: .confidence)
      if let polygon = try values.decodeIfPresent([[Double]].self, forKey: .polygon) {
        corners = polygon
      } else {
        let box = try values.decode([Double].self, forKey: .xyxy)
        corners = [[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]]
      }
    }
  }

  /// null, a number, or `WxH`.
  struct Slice: Decodable {
    var width: Int
    var height: Int

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      let text = try (try? value.decode(String.self)) ?? String(value.decode(Int.self))
      let sides = text.split(separator: "x").compactMap { Int($0) }
      width = try #require(sides.first)
      height = try #require(sides.last)
    }
  }

  var image: String
  var weights: String
  var confidenceThreshold: Float
  var iouThreshold: Double
  var slice: Slice?
  var overlapRatio: Double
  var fullImage: Bool
  var merge: String
  var mergeMetric: String
  var count: Int
  var detections: [Box]

  private enum CodingKeys: String, CodingKey {
    case image, weights, slice, merge, count, detections
    case confidenceThreshold = "confidence_threshold"
    case iouThreshold = "iou_threshold"
    case overlapRatio = "overlap_ratio"
    case fullImage = "full_image"
    case mergeMetric = "merge_metric"
  }

  private static let folder = Checkout.path("Benchmarks/reference/expected")

  static func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  static func load(_ file: String) throws -> Reference {
    try JSONDecoder().decode(Reference.self, from: Checkout.data("\(folder)/\(file)"))
  }

  func options() throws -> DetectionOptions {
    let methods = ["GREEDYNMM": MergeMethod.greedyNMM, "NMM": .nmm, "NMS": .nms]
    return DetectionOptions(
      confidenceThreshold: confidenceThreshold,
      merging: Merging(
        method: try #require(methods[merge]),
        metric: try #require(OverlapMetric(rawValue: mergeMetric.lowercased())),
        threshold: iouThreshold),
      slicing: slice.map {
        Slicing(
          width: $0.width, height: $0.height, overlapRatio: overlapRatio,
          includesFullImage: fullImage)
      })
  }
}

/// Exact intersection over union of two convex polygons in 64 bits: the second clips the first, side by
/// side (Sutherland and Hodgman, 1974).
private func polygonIoU(_ first: [[Double]], _ second: [[Double]]) -> Double {
  func signedArea(_ polygon: [[Double]]) -> Double {
    polygon.indices.reduce(0) { sum, index in
      let (a, b) = (polygon[index], polygon[(index + 1) % polygon.count])
      return sum + (a[0] * b[1] - b[0] * a[1]) / 2
    }
  }
  let window = signedArea(second) < 0 ? second.reversed() : second
  var common = first
  for index in window.indices where !common.isEmpty {
    let (a, b) = (window[index], window[(index + 1) % window.count])
    // Positive on the inner side of a counter-clockwise polygon's edge.
    let sides = common.map { (b[0] - a[0]) * ($0[1] - a[1]) - (b[1] - a[1]) * ($0[0] - a[0]) }
    var clipped: [[Double]] = []
    for start in common.indices {
      let end = (start + 1) % common.count
      if sides[start] >= 0 { clipped.append(common[start]) }
      if (sides[start] < 0) != (sides[end] < 0) {
        let share = sides[start] / (sides[start] - sides[end])
        clipped.append(
          zip(common[start], common[end]).map { $0 + share * ($1 - $0) })
      }
    }
    common = clipped
  }
  let intersection = common.count < 3 ? 0 : abs(signedArea(common))
  let union = abs(signedArea(first)) + abs(signedArea(second)) - intersection
  return union > 0 ? intersection / union : 0
}
