import Testing

@testable import ObjectDetection

/// Which family a model is of, where it is not a YOLO of Ultralytics.
@Suite("ModelInterpretation: YOLOX, RT-DETR and RF-DETR")
struct ModelFamilyTests {
  /// What a file holds, and what it is taken for.
  struct Example: Sendable, CustomTestStringConvertible {
    var about: String
    var inputs: [(String, ModelSignature.Shape)] = [("images", [1, 3, 64, 64])]
    var outputs: [(String, ModelSignature.Shape)]
    var operators: [String: Int] = [:]
    /// What makes the first output.
    var maker = ""
    var metadata: [String: String] = [:]
    var layout: OutputLayout = .yolov8
    var classCount = 3
    /// Words of the error, for those that are refused.
    var words: [String] = []

    var testDescription: String { about }

    func interpretation() throws -> ModelInterpretation {
      try ModelInterpretation(
        signature: ModelSignature(
          inputs: inputs.map(\.1), outputs: outputs.map(\.1), inputNames: inputs.map(\.0),
          outputNames: outputs.map(\.0), operators: operators,
          outputOperators: [maker] + outputs.dropFirst().map { _ in "" }),
        metadata: ModelMetadata(metadata))
    }
  }

  private static let names = "['plane', 'ship', 'tank']"
  /// 64 x 64 pixels have 84 cells of 8, 16 and 32.
  private static let yolox: [(String, ModelSignature.Shape)] = [("output", [1, 84, 8])]
  private static let size: [(String, ModelSignature.Shape)] = [
    ("images", [nil, 3, 64, 64]), ("orig_target_sizes", [nil, 2]),
  ]
  private static let rfdetr: [(String, ModelSignature.Shape)] = [
    ("dets", [1, 300, 4]), ("labels", [1, 300, 4]),
  ]
  private static let logits: [(String, ModelSignature.Shape)] = [
    ("logits", [1, 300, 3]), ("pred_boxes", [1, 300, 4]),
  ]
  private static let postprocessed: [(String, ModelSignature.Shape)] = [
    ("labels", [nil, nil]), ("boxes", [nil, nil, nil]), ("scores", [nil, nil]),
  ]
  private static func stated(_ head: String) -> [String: String] {
    [ModelInterpretation.headKey: head]
  }

  private static let accepted = [
    Example(
      about: "YOLOX as it is exported", outputs: yolox, operators: ["Conv": 9, "Transpose": 1],
      maker: "Transpose", layout: .yolox),
    Example(
      about: "YOLOX that decodes", outputs: yolox, operators: ["Exp": 1, "Concat": 2],
      maker: "Concat", layout: .yoloxDecoded),
    Example(
      about: "YOLOX that decodes in place, as before version 0.3", outputs: yolox,
      operators: ["Exp": 1, "ScatterND": 2], maker: "ScatterND", layout: .yoloxDecoded),
    Example(
      about: "YOLOX with names from its document", outputs: yolox, operators: ["Transpose": 1],
      maker: "Transpose", metadata: ["names": names], layout: .yolox),
    Example(
      about: "YOLOX whose document says it", outputs: yolox, metadata: stated("yolox_decoded"),
      layout: .yoloxDecoded),
    Example(
      about: "a YOLOv5 of one anchor a cell, which says its stride", outputs: yolox,
      metadata: ["names": names, "stride": "32"], layout: .yolov5),
    Example(about: "RF-DETR without names", outputs: rfdetr, layout: .rfdetr, classCount: 4),
    Example(
      about: "RF-DETR, whose last column is for no object", outputs: rfdetr,
      metadata: ["names": names], layout: .rfdetr, classCount: 4),
    Example(
      about: "RT-DETR of its authors, all sizes but the picture's open", inputs: size,
      outputs: postprocessed, layout: .rtdetrPostprocessed, classCount: 0),
    Example(
      about: "RT-DETR of transformers, whose document says it", outputs: logits,
      metadata: stated("rtdetr_logits"), layout: .rtdetrLogits),
    Example(
      about: "RT-DETR of Ultralytics, whose metadata name the decoder",
      outputs: [("output0", [1, 300, 6])], operators: ["GridSample": 6, "TopK": 2],
      metadata: ["names": names, "task": "detect", "stride": "32", "head": "RTDETRDecoder"],
      layout: .rtdetr),
    Example(
      about: "RT-DETR of two classes whose graph picks twice", outputs: [("output0", [1, 300, 6])],
      operators: ["GridSample": 6, "TopK": 2], metadata: ["names": "['a', 'b']"], layout: .rtdetr,
      classCount: 2),
    Example(
      about: "RT-DETR of two classes whose graph picks once", outputs: [("output0", [1, 300, 6])],
      operators: ["GridSample": 6, "TopK": 1], metadata: ["names": "['a', 'b']"],
      layout: .rtdetrScores, classCount: 2),
    Example(
      about: "RT-DETR of an earlier Ultralytics", outputs: [("output0", [1, 300, 7])],
      operators: ["GridSample": 6, "TopK": 1], metadata: ["names": names, "task": "detect"],
      layout: .rtdetrScores),
    Example(
      about: "a YOLO that says it is one", outputs: [("output0", [1, 300, 6])],
      operators: ["GridSample": 1, "TopK": 2], metadata: ["names": names, "head": "Detect"],
      layout: .endToEnd),
    Example(
      about: "a YOLO whose document says it, against the graph",
      outputs: [("output0", [1, 300, 6])],
      operators: ["GridSample": 1, "TopK": 2],
      metadata: stated("end_to_end").merging(["names": names]) { $1 }, layout: .endToEnd),
  ]

  @Test("a family is known by its tensors, operators and metadata", arguments: accepted)
  func families(example: Example) throws {
    let found = try example.interpretation()
    #expect(found.layout == example.layout)
    #expect(found.task == .detect)
    #expect(found.classNames.count == example.classCount)
    #expect(found.inputSize == PixelSize(width: 64, height: 64))
  }

  @Test("RF-DETR's last column is called as in its package where the names leave it out")
  func background() throws {
    let example = try #require(Self.accepted.first { $0.about.contains("no object") })
    #expect(try example.interpretation().classNames == ["plane", "ship", "tank", "__background__"])
  }

  private static let refused = [
    Example(
      about: "YOLOX of whose graph nothing is known", outputs: yolox,
      words: ["[1, 84, 8]", "{\"head\": \"yolox\"}", "{\"head\": \"yolox_decoded\"}"]),
    Example(
      about: "YOLOX whose graph shows both", outputs: yolox, operators: ["Exp": 1],
      maker: "Transpose", words: ["{\"head\": \"yolox\"}"]),
    Example(
      about: "YOLOX whose graph shows neither", outputs: yolox, operators: ["Conv": 1],
      maker: "Concat", words: ["{\"head\": \"yolox\"}"]),
    Example(
      about: "a transformer that may be a DETR", outputs: logits,
      words: ["logits and pred_boxes", "{\"head\": \"rtdetr_logits\"}"]),
    Example(
      about: "an RF-DETR with masks", outputs: rfdetr + [("masks", [1, 300, 28, 28])],
      words: ["masks"]),
    Example(
      about: "RF-DETR with too few names", outputs: rfdetr, metadata: ["names": "['a', 'b']"],
      words: ["[1, 300, 4]", "2 class names", "all 4 columns"]),
    Example(
      about: "labels, boxes and scores of nobody's size", outputs: postprocessed,
      words: ["labels, boxes and scores", "orig_target_sizes"]),
    Example(
      about: "a head that is none", outputs: yolox, metadata: stated("yolov9"),
      words: ["\"yolov9\"", "\"yolox\"", "\"rfdetr\""]),
    Example(
      about: "a head whose rows are others", outputs: [("output", [1, 85, 8])],
      metadata: stated("yolox"), words: ["\"yolox\"", "[1, 85, 8]"]),
    Example(
      about: "a head of other names", outputs: logits, metadata: stated("rfdetr"),
      words: ["\"rfdetr\"", "logits [1, 300, 3]"]),
    Example(
      about: "a head with other class names", outputs: logits,
      metadata: stated("rtdetr_logits").merging(["names": "['a']"]) { $1 },
      words: ["\"rtdetr_logits\"", "1 class names"]),
    Example(
      about: "RT-DETR of Ultralytics with names of another count",
      outputs: [("output0", [1, 300, 9])], operators: ["GridSample": 6, "TopK": 1],
      metadata: ["names": names], words: ["[1, 300, 9]", "{\"head\": \"rtdetr_scores\"}"]),
    Example(
      about: "a classifier without metadata", outputs: [("output0", [1, 1000])],
      words: ["[1, 1000]", "classifier", "looks for objects"]),
  ]

  @Test("what is not certain is refused and says what to put into the document", arguments: refused)
  func refusals(example: Example) {
    let error = #expect(throws: DetectionError.self) { try example.interpretation() }
    #expect(error?.code == .modelLoadError)
    for word in example.words + ["supported are", "YOLOX", "RF-DETR"] {
      #expect(error?.message.contains(word) == true, "\(error?.message ?? "") lacks \(word)")
    }
  }

  @Test("only transformers that were trained to make one box an object need no suppression")
  func suppression() {
    #expect(OutputLayout.rfdetr.isSuppressed && OutputLayout.rtdetr.isSuppressed)
    #expect(!OutputLayout.yolox.isSuppressed && !OutputLayout.yoloxDecoded.isSuppressed)
  }

  @Test("pictures are prepared as each one's own code does it")
  func preparation() {
    let yolo = OutputLayout.yolov8.preparation
    #expect(yolo == InputPreparation())
    #expect(yolo.fit == .centred && yolo.divisor == 255 && !yolo.takesFloats)
    let yolox = OutputLayout.yolox.preparation
    #expect(yolox.fit == .topLeft && yolox.divisor == 1 && yolox.channelOrder == .bgr)
    let rfdetr = OutputLayout.rfdetr.preparation
    #expect(rfdetr.fit == .stretched && rfdetr.takesFloats)
    #expect(rfdetr.mean == [0.485, 0.456, 0.406])
    #expect(rfdetr.standardDeviation == [0.229, 0.224, 0.225])
  }
}
