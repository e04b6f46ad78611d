import TestSupport
import Testing

@testable import ObjectDetection

@Suite("DetectionPipeline: masks")
struct MaskedPipelineTests {
  private let model = PipelineSamples.model(.segmented, classCount: 1, side: 32)

  /// One class and one mask of 8 x 8 samples, which is 1 all over but for `holes`: rows `[cx, cy, w, h, score, factor]`.
  private func output(_ rows: [[Float]], holes: Set<Int> = []) -> ScriptedDetector.Output {
    ScriptedDetector.Output(
      (0..<6).flatMap { channel in rows.map { $0[channel] } }, shape: [1, 6, rows.count],
      others: [
        ScriptedDetector.Output(
          (0..<64).map { holes.contains($0) ? -1 : 1 }, shape: [1, 1, 8, 8], name: "output1")
      ])
  }

  @Test("masks are in pixels of the image, and what has none in its box is no detection")
  func slices() async throws {
    let detector = ScriptedDetector(model: model) { _ in
      output([[16, 16, 8, 4, 0.9, 1], [8, 8, 6, 6, 0.8, -1]])
    }
    let image = PipelineSamples.coordinates(width: 64, height: 32)
    let result = try await DetectionPipeline(detector: detector).detect(
      in: image, options: PipelineSamples.plainSlices, lane: PipelineSamples.lane)
    #expect(
      result.detections.map(\.mask?.bounds) == [
        BoundingBox(xMin: 12, yMin: 14, xMax: 20, yMax: 18),
        BoundingBox(xMin: 44, yMin: 14, xMax: 52, yMax: 18),
      ])
    #expect(result.detections.map(\.mask?.areaPixels) == [32, 32])
    #expect(result.detections.allSatisfy { $0.candidate == 0 })
  }

  @Test("suppression goes by boxes and keeps each box's own mask")
  func suppression() async throws {
    let detector = ScriptedDetector(model: model) { _ in
      output([[15, 16, 8, 8, 0.6, 1], [16, 16, 8, 8, 0.9, 1], [26, 26, 4, 4, 0.7, 1]])
    }
    let image = PipelineSamples.coordinates(width: 64, height: 64)
    var options = PipelineSamples.plainSlices
    options.slicing = nil
    let result = try await DetectionPipeline(detector: detector).detect(
      in: image, options: options, lane: PipelineSamples.lane)
    // The picture is twice as large as the input.
    #expect(result.detections.map(\.confidence) == [0.9, 0.7])
    #expect(
      result.detections.map(\.mask?.bounds) == [
        BoundingBox(xMin: 24, yMin: 24, xMax: 40, yMax: 40),
        BoundingBox(xMin: 48, yMin: 48, xMax: 56, yMax: 56),
      ])
  }

  @Test("a model that ends its outputs early is an error of the inference")
  func missingOutput() async throws {
    let detector = ScriptedDetector(model: model) { _ in
      ScriptedDetector.Output([16, 16, 8, 4, 0.9, 1], shape: [1, 6, 1])
    }
    await #expect(throws: DetectionError.self) {
      try await DetectionPipeline(detector: detector).detect(
        in: PipelineSamples.coordinates(width: 32, height: 32),
        options: PipelineSamples.plainSlices, lane: PipelineSamples.lane)
    }
  }
}

@Suite("Merging: masks")
struct MaskedMergingTests {
  private func detection(
    _ box: (Float, Float, Float, Float), _ confidence: Float, _ pixels: String
  ) -> Detection {
    Detection(
      classID: 0, confidence: confidence,
      box: BoundingBox(xMin: box.0, yMin: box.1, xMax: box.2, yMax: box.3),
      mask: MaskSamples.mask(pixels))
  }

  private var halves: [SliceDetection] {
    [
      SliceDetection(slice: 0, detection: detection((0, 0, 4, 2), 0.9, "####....\n###.....")),
      SliceDetection(slice: 1, detection: detection((2, 0, 6, 2), 0.8, "..##....\n..####..")),
    ]
  }

  @Test(
    "what is merged has the pixels of all, in the box around both",
    arguments: [MergeMethod.greedyNMM, .nmm])
  func union(method: MergeMethod) {
    let merged = Merging(method: method, metric: .ios, threshold: 0.5).merge(halves)
    #expect(merged.map(\.mask) == [MaskSamples.mask("####\n######")])
    #expect(merged.map(\.box) == [BoundingBox(xMin: 0, yMin: 0, xMax: 6, yMax: 2)])
  }

  @Test("suppression and no merging leave masks as they are")
  func untouched() {
    let suppressed = Merging(method: .nms, metric: .ios, threshold: 0.5).merge(halves)
    #expect(suppressed.map(\.mask) == [MaskSamples.mask("####\n###")])
    #expect(
      Merging(method: .none).merge(halves).map(\.mask) == halves.map(\.detection.mask))
  }
}
