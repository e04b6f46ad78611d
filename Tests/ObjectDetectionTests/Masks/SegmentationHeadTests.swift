import TestSupport
import Testing

@testable import ObjectDetection

@Suite("SegmentationHead")
struct SegmentationHeadTests {
  /// Calls `body` with tensors that live as long.
  private func with<Result>(
    _ tensors: [(values: [Float], shape: [Int])], _ body: (OutputTensors) throws -> Result,
    made: [OutputTensor] = []
  ) throws -> Result {
    guard let first = tensors.first else { return try body(OutputTensors(made)) }
    return try first.values.withUnsafeBufferPointer { values in
      try with(
        Array(tensors.dropFirst()), body,
        made: made + [OutputTensor(values: values, shape: first.shape)])
    }
  }

  /// Two masks, 2 x 2: the left half and the right half.
  private let prototypes = (values: [Float]([1, -1, 1, -1, -1, 1, -1, 1]), shape: [1, 2, 2, 2])

  /// Two classes, three anchors, a row a channel: cx, cy, w, h, scores, factors.
  private let raw = (
    values: [Float]([
      4, 2, 4, 4, 4, 4, 8, 2, 0, 8, 4, 8,
      0.9, 0.1, 0.2, 0.3, 0.8, 0.5, 1, 0.5, 0, 0.25, 2, -1,
    ]), shape: [1, 8, 3]
  )

  @Test("raw rows: the best class above the threshold, and the factors of the same anchor")
  func rawRows() throws {
    let head = SegmentationHead(layout: .segmented, classCount: 2)
    try with([raw, prototypes]) { outputs in
      let found = try head.decode(outputs, threshold: 0.5, classes: nil)
      // The third has exactly the threshold, which is not above it, and no width.
      #expect(found.map(\.classID) == [0, 1])
      #expect(found.map(\.confidence) == [0.9, 0.8])
      #expect(
        found.map(\.box) == [
          BoundingBox(xMin: 0, yMin: 0, xMax: 8, yMax: 8),
          BoundingBox(xMin: 1, yMin: 2, xMax: 3, yMax: 6),
        ])
      #expect(found.map(\.candidate) == [0, 1])
      #expect(try head.decode(outputs, threshold: 0.5, classes: [1]).map(\.candidate) == [1])
      let masks = try head.prototypes(outputs, of: found)
      let letterbox = Letterbox(sourceWidth: 8, sourceHeight: 8, inputWidth: 8, inputHeight: 8)
      let region = PixelRegion(x: 0, y: 0, width: 8, height: 8)
      // 1 * left + 1/4 * right, and 1/2 * left + 2 * right.
      let made = found.map { $0.masked(by: masks, letterbox, region) }
      #expect(made[0]?.mask?.bounds.xMax == 4)
      #expect(made[0]?.candidate == 0)
      #expect(made[1] == nil, "its half is outside of its box")
    }
  }

  @Test("suppressed rows: corners, confidence, class and factors, whichever output comes first")
  func suppressedRows() throws {
    let rows = (
      values: [Float]([
        0, 0, 8, 8, 0.75, 1, 0, 1,
        1, 1, 3, 3, 0.5, 0, 1, 0,
        0, 0, 0, 0, 0, 0, 0, 0,
      ]), shape: [1, 3, 8]
    )
    let head = SegmentationHead(layout: .segmentedEndToEnd, classCount: 0)
    for outputs in [[rows, prototypes], [prototypes, rows]] {
      try with(outputs) { outputs in
        let found = try head.decode(outputs, threshold: 0.5, classes: nil)
        #expect(found.map(\.classID) == [1])
        #expect(found.first?.box == BoundingBox(xMin: 0, yMin: 0, xMax: 8, yMax: 8))
        let masks = try head.prototypes(outputs, of: found)
        let letterbox = Letterbox(sourceWidth: 8, sourceHeight: 8, inputWidth: 8, inputHeight: 8)
        let region = PixelRegion(x: 0, y: 0, width: 8, height: 8)
        #expect(found.first?.masked(by: masks, letterbox, region)?.mask?.bounds.xMin == 4)
      }
    }
  }

  @Test("boxes that are not finite or have no area are none")
  func brokenBoxes() throws {
    let values: [Float] = [
      0, 0, .nan, 8, 0.75, 1, 0, 1,
      4, 4, 4, 8, 0.75, 1, 0, 1,
      0, 0, 8, 8, 0.75, -1, 0, 1,
      0, 0, .infinity, 8, 0.75, 1, 0, 1,
    ]
    let head = SegmentationHead(layout: .segmentedEndToEnd, classCount: 2)
    let found = try with([(values, [1, 4, 8]), prototypes]) {
      try head.decode($0, threshold: 0.5, classes: nil)
    }
    #expect(found.isEmpty)
  }

  @Test("tensors of other shapes are an error")
  func mismatch() throws {
    let head = SegmentationHead(layout: .segmented, classCount: 3)
    for outputs in [[raw, prototypes], [prototypes, prototypes], [raw, raw]] {
      #expect(throws: DetectionError.self) {
        try with(outputs) { try head.decode($0, threshold: 0.5, classes: nil) }
      }
    }
  }
}

@Suite("ModelInterpretation: segmentation")
struct SegmentedInterpretationTests {
  private func interpretation(
    _ outputs: [ModelSignature.Shape], names: [String]? = ["tank", "field", "lake"],
    task: String? = "segment"
  ) throws -> ModelInterpretation {
    var metadata = ModelMetadata()
    metadata.values["task"] = task
    if let names { metadata.setClassNames(names) }
    return try ModelInterpretation(
      signature: ModelSignature(inputs: [[1, 3, 320, 320]], outputs: outputs), metadata: metadata)
  }

  @Test("boxes with factors and their prototypes are a segmentation model, in either order")
  func accepted() throws {
    let boxes: ModelSignature.Shape = [1, 39, 2100]
    let prototypes: ModelSignature.Shape = [1, 32, 80, 80]
    for outputs in [[boxes, prototypes], [prototypes, boxes]] {
      let model = try interpretation(outputs)
      #expect(model.layout == .segmented)
      #expect(model.task == .segment)
      #expect(model.classNames == ["tank", "field", "lake"])
    }
    #expect(
      try interpretation([[1, 39, nil], [1, 32, nil, nil]]).layout == .segmented, "open sizes")
    #expect(try interpretation([[1, 300, 38], prototypes]).layout == .segmentedEndToEnd)
    #expect(!OutputLayout.segmented.isSuppressed && OutputLayout.segmentedEndToEnd.isSuppressed)
  }

  @Test("without names the shapes say how many classes there are")
  func unnamed() throws {
    let model = try interpretation([[1, 39, 2100], [1, 32, 80, 80]], names: nil)
    #expect(model.classNames == ["class0", "class1", "class2"])
  }

  @Test("other shapes are refused by what they are")
  func refused() throws {
    let prototypes: ModelSignature.Shape = [1, 32, 80, 80]
    let outputs: [[ModelSignature.Shape]] = [
      [[1, 39, 2100]], [[1, 40, 2100], prototypes], [[1, 39, 2100], [1, 32, 80]],
      [[2, 39, 2100], prototypes], [[1, 39, 2100], prototypes, prototypes],
    ]
    for outputs in outputs {
      #expect {
        _ = try interpretation(outputs)
      } throws: {
        let error = $0 as? DetectionError
        return error?.code == .modelLoadError
          && error?.message.contains("segmentation model with the outputs") == true
      }
    }
    #expect(throws: DetectionError.self) {
      try interpretation([[1, 39, 2100], prototypes], task: "detect")
    }
  }
}
