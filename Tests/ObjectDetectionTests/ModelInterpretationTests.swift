import Testing

@testable import ObjectDetection

@Suite("ModelInterpretation")
struct ModelInterpretationTests {
  private static let threeNames = "{0: 'plane', 1: 'ship', 2: 'tank'}"
  private static let eightyNames = "[" + (0..<80).map { "'\($0)'" }.joined(separator: ", ") + "]"

  /// A model file's shapes and metadata, and what they mean.
  struct Example: Sendable, CustomTestStringConvertible {
    var about: String
    var input: ModelSignature.Shape = [1, 3, 64, 64]
    var output: ModelSignature.Shape
    var metadata: [String: String] = [:]
    var layout: OutputLayout
    var classCount = 3

    var testDescription: String { about }
  }

  private static let accepted = [
    Example(
      about: "v8 detection", output: [1, 7, 84], metadata: ["task": "detect", "names": threeNames],
      layout: .yolov8),
    Example(
      about: "v8 with one class", output: [1, 5, 84],
      metadata: ["task": "detect", "names": "{0: 'x'}"], layout: .yolov8, classCount: 1),
    Example(
      about: "v8 whose output is square", output: [1, 84, 84],
      metadata: ["task": "detect", "names": eightyNames],
      layout: .yolov8, classCount: 80),
    Example(about: "v8 without metadata", output: [1, 7, 84], layout: .yolov8),
    Example(
      about: "v5, whose metadata hold only names", output: [1, 252, 8],
      metadata: ["names": threeNames, "stride": "32"], layout: .yolov5),
    Example(about: "v5 without metadata", output: [1, 252, 8], layout: .yolov5),
    Example(
      about: "v5 P6 without metadata (255 rows of four strides)", output: [1, 255, 8],
      layout: .yolov5),
    Example(
      about: "v5 with one class: 252 rows are three strides of 64 x 64 pixels",
      output: [1, 252, 6], metadata: ["names": "['x']"], layout: .yolov5, classCount: 1),
    Example(
      about: "end-to-end with one class: 300 rows are not", output: [1, 300, 6],
      metadata: ["task": "detect", "names": "['x']"], layout: .endToEnd, classCount: 1),
    Example(
      about: "end-to-end of three classes that happens to have 252 rows", output: [1, 252, 6],
      metadata: ["task": "detect", "names": threeNames], layout: .endToEnd),
    Example(
      about: "an export with nms=True that claims not to be end-to-end", output: [1, 300, 6],
      metadata: ["task": "detect", "names": threeNames, "end2end": "False"], layout: .endToEnd),
    Example(
      about: "a raw output that claims to be end-to-end", output: [1, 7, 84],
      metadata: ["task": "detect", "names": threeNames, "end2end": "True"], layout: .yolov8),
    Example(
      about: "end-to-end without names", output: [1, 300, 6], layout: .endToEnd, classCount: 0),
    Example(
      about: "oriented", output: [1, 8, 84], metadata: ["task": "obb", "names": threeNames],
      layout: .oriented),
    Example(
      about: "oriented without names", output: [1, 8, 84], metadata: ["task": "obb"],
      layout: .oriented),
    Example(
      about: "oriented end-to-end", output: [1, 300, 7],
      metadata: ["task": "obb", "names": threeNames], layout: .orientedEndToEnd),
    Example(
      about: "v8 with open sizes", input: [nil, 3, nil, nil], output: [nil, 7, nil],
      metadata: ["task": "detect", "names": threeNames, "imgsz": "[64, 64]"], layout: .yolov8),
    Example(
      about: "end-to-end with open rows", input: [nil, 3, nil, nil], output: [nil, nil, 6],
      metadata: ["task": "detect", "names": threeNames, "imgsz": "[64, 64]"], layout: .endToEnd),
    Example(
      about: "v5 of one class with open rows and no task", input: [nil, 3, nil, nil],
      output: [nil, nil, 6], metadata: ["names": "['x']", "imgsz": "64"], layout: .yolov5,
      classCount: 1),
  ]

  @Test("layouts are told apart", arguments: accepted)
  func layouts(example: Example) throws {
    let found = try ModelInterpretation(
      signature: ModelSignature(inputs: [example.input], outputs: [example.output]),
      metadata: ModelMetadata(example.metadata))
    #expect(found.layout == example.layout)
    #expect(found.task == example.layout.task)
    #expect(found.classNames.count == example.classCount)
    #expect(found.inputSize == PixelSize(width: 64, height: 64))
  }

  @Test("the head decodes what the interpretation accepts", arguments: accepted)
  func headAgrees(example: Example) throws {
    let found = try ModelInterpretation(
      signature: ModelSignature(inputs: [example.input], outputs: [example.output]),
      metadata: ModelMetadata(example.metadata))
    let shape = example.output.enumerated().map { $1 ?? ($0 == 0 ? 1 : 9) }
    let head = YOLOHead(layout: found.layout, classCount: found.classNames.count)
    let zeros = [Float](repeating: 0, count: shape.reduce(1, *))
    let detections = try zeros.withUnsafeBufferPointer {
      try head.decode($0, shape: shape, threshold: 0.25)
    }
    #expect(detections.isEmpty)
  }

  @Test("names come from the metadata, or are numbered")
  func names() throws {
    let signature = ModelSignature(inputs: [[1, 3, 64, 64]], outputs: [[1, 7, 84]])
    let named = try ModelInterpretation(
      signature: signature, metadata: ModelMetadata(["names": Self.threeNames]))
    #expect(named.classNames == ["plane", "ship", "tank"])
    let unnamed = try ModelInterpretation(signature: signature, metadata: ModelMetadata())
    #expect(unnamed.classNames == ["class0", "class1", "class2"])
  }

  @Test("height comes before width in tensors and metadata")
  func rectangularInput() throws {
    func size(_ input: ModelSignature.Shape, _ metadata: [String: String]) throws -> PixelSize {
      try ModelInterpretation.inputSize(
        of: ModelSignature(inputs: [input], outputs: []), ModelMetadata(metadata))
    }
    let expected = PixelSize(width: 96, height: 64)
    #expect(try size([1, 3, 64, 96], [:]) == expected)
    #expect(try size([nil, nil, nil, nil], ["imgsz": "[64, 96]"]) == expected)
    // What the tensor says counts.
    #expect(try size([1, 3, 64, 96], ["imgsz": "[640, 640]"]) == expected)
    #expect(try size([1, 3, nil, 96], ["imgsz": "[64, 32]"]) == expected)
  }

  /// A model that cannot be used, and the words that its error must have.
  struct Refusal: Sendable, CustomTestStringConvertible {
    var about: String
    var inputs: [ModelSignature.Shape] = [[1, 3, 64, 64]]
    var outputs: [ModelSignature.Shape] = [[1, 7, 84]]
    var metadata: [String: String] = ["names": threeNames]
    var words: [String]

    var testDescription: String { about }
  }

  private static let refused = [
    Refusal(
      about: "segmentation without prototypes", metadata: ["task": "segment"],
      words: ["segmentation model with the outputs [1, 7, 84]"]),
    Refusal(about: "pose", metadata: ["task": "pose"], words: ["\"pose\""]),
    Refusal(about: "classification", metadata: ["task": "classify"], words: ["\"classify\""]),
    Refusal(
      about: "two outputs", outputs: [[1, 7, 84], [1, 32, 16, 16]], words: ["2 outputs"]),
    Refusal(about: "no output", outputs: [], words: ["0 outputs"]),
    Refusal(
      about: "two inputs", inputs: [[1, 3, 64, 64], [1, 2]], words: ["2 inputs"]),
    Refusal(
      about: "a fixed batch", inputs: [[4, 3, 64, 64]], outputs: [[4, 7, 84]],
      words: ["batches of exactly 4", "batch=1"]),
    Refusal(
      about: "one channel", inputs: [[1, 1, 64, 64]], words: ["[1, 1, 64, 64]", "[1, 3,"]),
    Refusal(
      about: "channels last", inputs: [[1, 64, 64, 3]], words: ["[1, 64, 64, 3]", "[1, 3,"]),
    Refusal(about: "an input of rank 3", inputs: [[3, 64, 64]], words: ["[3, 64, 64]"]),
    Refusal(
      about: "an open input size without imgsz", inputs: [[1, 3, nil, nil]],
      words: ["input size is open", "input_size"]),
    Refusal(about: "an absurd size", inputs: [[1, 3, 64, 100_000]], words: ["100000x64"]),
    Refusal(about: "an empty size", inputs: [[1, 3, 0, 64]], words: ["64x0"]),
    Refusal(
      about: "more names than scores",
      metadata: ["task": "detect", "names": "['a', 'b', 'c', 'd', 'e']"],
      words: ["[1, 7, 84]", "5 class names"]),
    Refusal(about: "an output of rank 2", outputs: [[84, 7]], words: ["[84, 7]"]),
    Refusal(
      about: "a nonsense output", outputs: [[1, 3, 3]], metadata: [:], words: ["[1, 3, 3]"]),
    Refusal(
      about: "an output of two images", outputs: [[2, 7, 84]], words: ["[2, 7, 84]"]),
    Refusal(
      about: "an open output without names", outputs: [[nil, nil, nil]], metadata: [:],
      words: ["[?, ?, ?]"]),
    Refusal(
      about: "an oriented model with a plain output", outputs: [[1, 7, 84]],
      metadata: ["task": "obb", "names": threeNames], words: ["[1, 7, 84]", "3 class names"]),
    Refusal(
      about: "rows of box and objectness only", outputs: [[1, 252, 5]],
      metadata: ["names": "{}"], words: ["[1, 252, 5]"]),
  ]

  @Test("a refusal says what was found and what is supported", arguments: refused)
  func refusals(refusal: Refusal) {
    let error = #expect(throws: DetectionError.self) {
      try ModelInterpretation(
        signature: ModelSignature(inputs: refusal.inputs, outputs: refusal.outputs),
        metadata: ModelMetadata(refusal.metadata))
    }
    #expect(error?.code == .modelLoadError)
    for word in refusal.words + ["supported are YOLO detection and oriented-box models"] {
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "") lacks \(word)")
    }
  }
}
