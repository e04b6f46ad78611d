import TestSupport
import Testing

@testable import ObjectDetection

/// Boxes and overlaps by hand.
@Suite("DetectionPipeline: classes")
struct LabellingTests {
  private typealias Samples = PipelineSamples

  /// `a` and `c` become one class, the first.
  private let merged = ClassMap(["a": "ac", "c": "ac"], of: ["a", "b", "c"])

  private func detect(
    _ output: ScriptedDetector.Output, _ options: DetectionOptions,
    layout: OutputLayout = .yolov8
  ) async throws -> [[Float]] {
    let detector = ScriptedDetector(model: Samples.model(layout, classCount: 3)) { _ in output }
    let found = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 32, height: 32), options: options, lane: Samples.lane)
    return found.detections.map(\.row)
  }

  /// A yolov8 tensor from rows `[cx, cy, w, h, scores of three classes]`.
  private func yolov8(_ rows: [[Float]]) -> ScriptedDetector.Output {
    ScriptedDetector.Output(
      (0..<7).flatMap { channel in rows.map { $0[channel] } }, shape: [1, 7, rows.count])
  }

  /// The same box as `a` and as `c`, and one as `b` that covers both.
  private var threeNames: ScriptedDetector.Output {
    yolov8([
      [10, 10, 10, 10, 0.5, 0.125, 0.25], [10, 10, 10, 10, 0.125, 0, 0.75],
      [10, 10, 10, 10, 0, 0.625, 0.5],
    ])
  }

  private let box: [Float] = [5, 5, 15, 15]

  @Test("merged classes suppress each other, and others stay; the score is the best one's")
  func suppression() async throws {
    var options = DetectionOptions(slicing: nil)
    #expect(
      try await detect(threeNames, options) == [
        box + [0.75, 2], box + [0.625, 1], box + [0.5, 0],
      ])
    options.classMap = merged
    #expect(try await detect(threeNames, options) == [box + [0.75, 0], box + [0.625, 1]])
    // In slices too, where the suppression is Ultralytics'.
    options = Samples.plainSlices
    options.classMap = merged
    #expect(try await detect(threeNames, options) == [box + [0.75, 0], box + [0.625, 1]])
  }

  @Test(
    "each class has its own threshold, by the ids after the map; it may be below the general one")
  func thresholds() async throws {
    var options = DetectionOptions(
      confidenceThreshold: 0.7, slicing: nil, classThresholds: [1: 0.6])
    options.classMap = merged
    #expect(try await detect(threeNames, options) == [box + [0.75, 0], box + [0.625, 1]])
    options.classThresholds = [0: 0.75, 1: 0.6]
    // Strictly above, as the general one.
    #expect(try await detect(threeNames, options) == [box + [0.625, 1]])
    options.classMap = nil
    options.classThresholds = [0: 0.4, 2: 0.8]
    #expect(try await detect(threeNames, options) == [box + [0.5, 0]])
  }

  @Test("the classes that are kept are those after the map")
  func classes() async throws {
    var options = DetectionOptions(slicing: nil, classes: [0])
    options.classMap = merged
    #expect(try await detect(threeNames, options) == [box + [0.75, 0]])
    options.classes = [2]
    #expect(try await detect(threeNames, options).isEmpty)
  }

  @Test("a class that is only renamed changes no box")
  func renamed() async throws {
    var options = DetectionOptions(slicing: nil)
    let plain = try await detect(threeNames, options)
    options.classMap = ClassMap(["a": "x", "c": "y"], of: ["a", "b", "c"])
    #expect(try await detect(threeNames, options) == plain)
  }

  /// IoU of 0...10 and 0...8: 0.8; of 0...10 and 5...15: 1/3.
  private let endToEnd = ScriptedDetector.Output(
    [
      0, 0, 10, 10, 0.75, 0, 0, 0, 8, 10, 0.5, 0, 0, 0, 10, 10, 0.625, 2, 5, 0, 15, 10, 0.4375, 2,
      0, 0, 10, 10, 0.875, 1,
    ], shape: [1, 5, 6])

  @Test(
    "what an end-to-end model finds under two names that are one now is there once, whatever else overlaps stays",
    arguments: [nil, Slicing(width: 32, height: 32, overlapRatio: 0, includesFullImage: false)])
  func endToEnd(slicing: Slicing?) async throws {
    var options = Samples.plainSlices
    options.slicing = slicing
    options.merging.threshold = 0.45
    options.classMap = merged
    // The second box of `a` overlaps the first: the model has settled that.
    #expect(
      try await detect(endToEnd, options, layout: .endToEnd) == [
        [0, 0, 10, 10, 0.875, 1], [0, 0, 10, 10, 0.75, 0], [0, 0, 8, 10, 0.5, 0],
        [5, 0, 15, 10, 0.4375, 0],
      ])
  }

  @Test("without a map an end-to-end model's boxes all stay")
  func endToEndWithoutMap() async throws {
    let options = DetectionOptions(merging: Merging(threshold: 0.1), slicing: nil)
    #expect(try await detect(endToEnd, options, layout: .endToEnd).count == 5)
    var renaming = options
    renaming.classMap = ClassMap(["a": "x"], of: ["a", "b", "c"])
    #expect(try await detect(endToEnd, renaming, layout: .endToEnd).count == 5)
  }

  @Test("without slices the duplicates' threshold is the user's, in slices the slices' own")
  func duplicateThreshold() async throws {
    // 5...15 of `c` and 0...10 of `a`: IoU 1/3.
    var options = DetectionOptions(merging: Merging(threshold: 0.3), slicing: nil)
    options.classMap = merged
    #expect(try await detect(endToEnd, options, layout: .endToEnd).count == 3)
    options = Samples.plainSlices
    options.merging.threshold = 0.3
    options.classMap = merged
    #expect(try await detect(endToEnd, options, layout: .endToEnd).count == 4)
  }

  @Test("a duplicate that went takes no other box with it")
  func chain() async throws {
    // a 0...10, c 2...12, a 4...14: neighbours overlap by 2/3, the first and the last by 3/7.
    let output = ScriptedDetector.Output(
      [0, 0, 10, 10, 0.75, 0, 2, 0, 12, 10, 0.5, 2, 4, 0, 14, 10, 0.375, 0], shape: [1, 3, 6])
    var options = DetectionOptions(merging: Merging(threshold: 0.5), slicing: nil)
    options.classMap = merged
    #expect(
      try await detect(output, options, layout: .endToEnd) == [
        [0, 0, 10, 10, 0.75, 0], [4, 0, 14, 10, 0.375, 0],
      ])
  }

  @Test("rules know the labels")
  func rules() async throws {
    var options = DetectionOptions(slicing: nil)
    options.classMap = ClassMap(
      ["class0": "x", "class2": "x"], of: ["class0", "class1", "class2"])
    options.rules = RuleReasoner(
      RuleSetIdentity(name: "r", sha256: "0"),
      table: try RuleTable([ConfidenceModifier(first: "x", second: "class1", weight: 0.5)]),
      geometry: .pixels)
    // The boxes cover each other: the less confident one, class1, is halved.
    #expect(
      try await detect(threeNames, options) == [box + [0.75, 0], box + [0.3125, 1]])
  }
}
