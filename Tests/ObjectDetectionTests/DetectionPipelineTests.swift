import TestSupport
import Testing

@testable import ObjectDetection

@Suite("DetectionPipeline")
struct DetectionPipelineTests {
  private typealias Samples = PipelineSamples

  /// Detections of a picture of 80 x 56 pixels when every inference finds `rows`.
  private func detect(
    _ rows: [[Float]], _ options: DetectionOptions, width: Int = 80, height: Int = 56
  ) async throws -> ImageDetections {
    let detector = ScriptedDetector(model: Samples.model()) { _ in Samples.yolov8(rows) }
    return try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: width, height: height), options: options, lane: Samples.lane)
  }

  @Test("each slice's boxes land where the slice is, the full image's are scaled back")
  func mapping() async throws {
    var options = Samples.plainSlices
    options.slicing?.includesFullImage = true
    // 6...10 x 4...8 of the input; the score tells which call it was.
    let detector = ScriptedDetector(model: Samples.model()) { call in
      Samples.yolov8([[8, 6, 4, 4, 0.9 - 0.0625 * Float(call.number)]])
    }
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 80, height: 56), options: options, lane: Samples.lane)
    let boxes = found.detections.map { Array($0.row.prefix(4)) }
      .sorted { $0.lexicographicallyPrecedes($1) }
    // Slices start at x 0, 32, 48 and y 0, 24. The full image becomes 32 x 22 (22.4 rounded) below 5
    // rows: x by 80/32, y from -1...3 by 56/22, clipped to the image.
    let expected: [[Float]] = [
      [6, 4, 10, 8], [6, 28, 10, 32], [15, 0, 25, 3 * 56 / 22], [38, 4, 42, 8],
      [38, 28, 42, 32], [54, 4, 58, 8], [54, 28, 58, 32],
    ]
    #expect(agree(boxes, expected, within: 1e-3))
    #expect(found.regionCount == 7)
    #expect([found.width, found.height] == [80, 56] as [Int])
  }

  @Test("every inference is given its own slice's pixels")
  func inputs() async throws {
    // The box's height repeats the slice's x, its width the slice's y.
    let detector = ScriptedDetector(model: Samples.model()) { call in
      let corner = Samples.corner(call)
      #expect(call.lane == Samples.lane)
      #expect(call.input[32 * 32 * 3 - 3] == UInt8(corner.x + 31))
      #expect(call.input[32 * 32 * 3 - 2] == UInt8(corner.y + 31))
      return Samples.yolov8([[16, 16, 4 + Float(corner.y) / 8, 4 + Float(corner.x) / 8, 0.5]])
    }
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 80, height: 56), options: Samples.plainSlices,
      lane: Samples.lane)
    for detection in found.detections {
      let (x, y) = (detection.box.centerX - 16, detection.box.centerY - 16)
      #expect(detection.box.width == 4 + y / 8)
      #expect(detection.box.height == 4 + x / 8)
    }
    #expect(found.detections.count == 6)
  }

  @Test("plain boxes end at their slice's border, boxes outside it are dropped")
  func clipping() async throws {
    let found = try await detect(
      [[0, 16, 10, 10, 0.75], [32, 16, 10, 10, 0.5], [-20, 16, 10, 10, 0.9]],
      Samples.plainSlices, width: 64, height: 32)
    #expect(
      found.detections.map { Array($0.row.prefix(4)) } == [
        [0, 11, 5, 21], [32, 11, 37, 21], [27, 11, 32, 21], [59, 11, 64, 21],
      ])
  }

  @Test("oriented boxes keep their corners beyond the border, the box around them is clipped")
  func orientedClipping() async throws {
    // cx, cy, w, h, score, angle: 20 x 6 at 45 degrees around the slice's left border.
    let row: [Float] = [2, 16, 20, 6, 0.5, .pi / 4]
    let detector = ScriptedDetector(model: Samples.model(.oriented)) { _ in
      ScriptedDetector.Output(row, shape: [1, 6, 1])
    }
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 64, height: 32), options: Samples.plainSlices,
      lane: Samples.lane)
    try #require(found.detections.count == 2)
    // Half of (20 + 6) / sqrt(2) to each side of the centre: 9.1924.
    let reach: Float = 9.192388
    let boxes = found.detections.map { Array($0.row.prefix(4)) }
    let expected = [
      [0, 16 - reach, 2 + reach, 16 + reach], [34 - reach, 16 - reach, 34 + reach, 16 + reach],
    ]
    #expect(agree(boxes, expected, within: 1e-3))
    let oriented = found.detections.compactMap(\.orientedBox)
    #expect(oriented.map(\.centerX) == [2, 34])
    #expect(oriented.map(\.width) == [20, 20])
  }

  @Test("the box around a merged oriented box is clipped to the image too")
  func mergedOrientedClipping() async throws {
    let rows: [[Float]] = [[4, 16, 20, 6, 0.75, .pi / 4], [7, 19, 20, 6, 0.5, .pi / 4]]
    let detector = ScriptedDetector(model: Samples.model(.oriented)) { _ in
      ScriptedDetector.Output(
        (0..<6).flatMap { channel in rows.map { $0[channel] } }, shape: [1, 6, 2])
    }
    var options = Samples.plainSlices
    options.merging = Merging(threshold: 0.3)
    options.sliceSuppression.iouThreshold = 1
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 32, height: 32), options: options, lane: Samples.lane)
    try #require(found.detections.count == 1)
    let detection = found.detections[0]
    let around = try #require(detection.orientedBox).enclosingBox
    #expect(around.xMin < 0)
    #expect(detection.box == around.clipped(toWidth: 32, height: 32))
    #expect(detection.box.xMin == 0)
  }

  /// [0, 20] and [0, 10] of one row: IoU 1/2.
  private let halves: [[Float]] = [[10, 5, 20, 10, 0.75], [5, 5, 10, 10, 0.5]]

  @Test(
    "without slices there is one suppression, at the merging's threshold",
    arguments: [(0.45, 1), (0.5, 2), (0.6, 2)])
  func noSlicing(threshold: Double, count: Int) async throws {
    // The slices' own threshold would keep both boxes; GREEDYNMM would merge them.
    let options = DetectionOptions(merging: Merging(threshold: threshold), slicing: nil)
    let found = try await detect(halves, options, width: 32, height: 32)
    let expected: [[Float]] = [[0, 0, 20, 10], [0, 0, 10, 10]]
    #expect(found.detections.map { Array($0.row.prefix(4)) } == Array(expected.prefix(count)))
    #expect(found.regionCount == 1)
  }

  @Test("class-agnostic merging makes the one suppression so", arguments: [false, true])
  func agnosticWithoutSlicing(isClassAgnostic: Bool) async throws {
    let model = Samples.model(classCount: 2)
    let detector = ScriptedDetector(model: model) { _ in
      ScriptedDetector.Output(
        [10, 10, 5, 5, 20, 20, 10, 10, 0.75, 0, 0, 0.5], shape: [1, 6, 2])
    }
    let options = DetectionOptions(
      merging: Merging(threshold: 0.3, isClassAgnostic: isClassAgnostic), slicing: nil)
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 32, height: 32), options: options, lane: Samples.lane)
    #expect(found.detections.map(\.classID) == (isClassAgnostic ? [0] : [0, 1]))
  }

  @Test("with slices the suppression inside each is Ultralytics', whatever the merging asks")
  func sliceSuppression() async throws {
    var options = Samples.plainSlices
    options.merging.threshold = 0.1
    #expect(try await detect(halves, options, width: 32, height: 32).detections.count == 2)
    options.sliceSuppression.iouThreshold = 0.4
    #expect(try await detect(halves, options, width: 32, height: 32).detections.count == 1)
  }

  @Test("end-to-end models are not suppressed again")
  func endToEnd() async throws {
    let detector = ScriptedDetector(model: Samples.model(.endToEnd)) { _ in
      ScriptedDetector.Output(
        [0, 0, 10, 10, 0.5, 0, 0, 0, 20, 10, 0.75, 0, 0, 0, 0, 0, 0, 0], shape: [1, 3, 6])
    }
    let options = DetectionOptions(merging: Merging(threshold: 0.1), slicing: nil)
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 32, height: 32), options: options, lane: Samples.lane)
    #expect(found.detections.map(\.row) == [[0, 0, 20, 10, 0.75, 0], [0, 0, 10, 10, 0.5, 0]])
  }

  @Test("an object that two slices and the full image show is one")
  func mergedAcrossSlices() async throws {
    // The object is 24...40 x 8...24 of the image; slices start at x 0 and 32.
    let detector = ScriptedDetector(model: Samples.model()) { call in
      let corner = Samples.corner(call)
      let isFullImage = call.input[0] == Letterbox.padding
      if isFullImage { return Samples.yolov8([[16, 16, 8, 8, 0.9]]) }
      return Samples.yolov8([[32 - Float(corner.x), 16, 16, 16, 0.5]])
    }
    let options = DetectionOptions(
      merging: Merging(metric: .ios, threshold: 0.5),
      slicing: Slicing(width: 32, height: 32, overlapRatio: 0))
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 64, height: 32), options: options, lane: Samples.lane)
    #expect(found.detections.map(\.row) == [[24, 8, 40, 24, 0.9, 0]])
    #expect(found.regionCount == 3)
  }

  private let three: [[Float]] = [
    [5, 5, 4, 4, 0.5], [15, 5, 4, 4, 0.75], [25, 5, 4, 4, 0.625],
  ]

  @Test("regions with more boxes than allowed are counted", arguments: [(2, 6), (3, 0)])
  func cappedRegions(maxDetections: Int, capped: Int) async throws {
    var options = Samples.plainSlices
    options.sliceSuppression.maxDetections = maxDetections
    let found = try await detect(three, options)
    #expect(found.cappedRegionCount == capped)
    #expect(found.detections.count == 6 * maxDetections)
  }

  @Test("the most confident detections stay, the rest is counted", arguments: [1, 7, 18, 100])
  func maxDetections(limit: Int) async throws {
    var options = Samples.plainSlices
    options.maxDetections = limit
    let found = try await detect(three, options)
    let scores =
      [Float](repeating: 0.75, count: 6) + [Float](repeating: 0.625, count: 6)
      + [Float](repeating: 0.5, count: 6)
    #expect(found.detections.map(\.confidence) == Array(scores.prefix(limit)))
    #expect(found.droppedByMaxDetections == max(0, 18 - limit))
  }

  @Test("the threshold is strict and classes are filtered")
  func filters() async throws {
    var options = Samples.plainSlices
    options.confidenceThreshold = 0.5
    let above = try await detect(three, options, width: 32, height: 32)
    #expect(above.detections.map(\.confidence) == [0.75, 0.625])
    options.classes = [3]
    #expect(try await detect(three, options, width: 32, height: 32).detections.isEmpty)
  }
}
