import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("DetectionConfiguration")
struct DetectionConfigurationTests {
  @Test("the defaults are the contract's")
  func defaults() throws {
    let defaults = try configuration("{}")
    #expect(
      defaults.json == """
        {"model":"tree-crowns","confidence_threshold":0.25,"iou_threshold":0.45,"max_detections":3000,\
        "classes":null,"sahi":{"enabled":true,"slice_width":640,"slice_height":640,"overlap_ratio":0.2,\
        "full_image":true,"merge":"greedy_nmm","merge_metric":"iou"},"symbolic_reasoning":\
        {"enabled":true,"rules":null,"geometry":"normalized"},"visualization":{"enabled":true,"show_labels":true,\
        "confidence_display":true,"line_width":null,"format":"jpeg"}}
        """)
    let model = DetectionModel(
      name: "tree-crowns", task: .detect, classNames: ["tree"],
      inputSize: PixelSize(width: 640, height: 640), layout: .yolov8, sha256: "00")
    #expect(try defaults.options(for: model) == DetectionOptions())
    #expect(defaults.annotation == AnnotationOptions())
  }

  /// Field, value at the edge, whether it is allowed, by the contract's ranges.
  static let edges: [(String, String, String?)] = [
    ("confidence_threshold", "0", nil), ("confidence_threshold", "1.0", nil),
    ("confidence_threshold", "-0.001", "OUT_OF_RANGE"),
    ("confidence_threshold", "1.5", "OUT_OF_RANGE"),
    ("confidence_threshold", "\"0.5\"", "WRONG_TYPE"),
    ("confidence_threshold", "null", "WRONG_TYPE"),
    ("iou_threshold", "0.0", nil), ("iou_threshold", "1", nil),
    ("iou_threshold", "1.01", "OUT_OF_RANGE"),
    ("iou_threshold", "true", "WRONG_TYPE"),
    ("max_detections", "1", nil), ("max_detections", "100000", nil),
    ("max_detections", "100.0", nil),
    ("max_detections", "0", "OUT_OF_RANGE"), ("max_detections", "100001", "OUT_OF_RANGE"),
    ("max_detections", "1e30", "OUT_OF_RANGE"), ("max_detections", "2.5", "WRONG_TYPE"),
    ("classes", "[]", "OUT_OF_RANGE"), ("classes", "\"plane\"", "WRONG_TYPE"),
    ("class_map", "{}", nil), ("class_map", "null", nil), ("class_map", "[]", "WRONG_TYPE"),
    ("class_map.plane", "\"aircraft\"", nil), ("class_map.plane", "\"\"", "INVALID_VALUE"),
    ("class_map.plane", "\"a\\u0000\"", "INVALID_VALUE"), ("class_map.plane", "1", "WRONG_TYPE"),
    ("class_thresholds", "null", nil), ("class_thresholds", "0.5", "WRONG_TYPE"),
    ("class_thresholds.plane", "0", nil), ("class_thresholds.plane", "1", nil),
    ("class_thresholds.plane", "1.01", "OUT_OF_RANGE"),
    ("class_thresholds.plane", "-0.01", "OUT_OF_RANGE"),
    ("class_thresholds.plane", "null", "WRONG_TYPE"),
    ("sahi.enabled", "false", nil), ("sahi.enabled", "0", "WRONG_TYPE"),
    ("sahi.slice_width", "256", nil), ("sahi.slice_width", "2048", nil),
    ("sahi.slice_width", "255", "OUT_OF_RANGE"), ("sahi.slice_width", "2049", "OUT_OF_RANGE"),
    ("sahi.slice_height", "256", nil), ("sahi.slice_height", "2048", nil),
    ("sahi.slice_height", "255", "OUT_OF_RANGE"), ("sahi.slice_height", "640.5", "WRONG_TYPE"),
    ("sahi.overlap_ratio", "0", nil), ("sahi.overlap_ratio", "0.5", nil),
    ("sahi.overlap_ratio", "0.51", "OUT_OF_RANGE"), ("sahi.full_image", "null", "WRONG_TYPE"),
    ("sahi.merge", "\"nmm\"", nil), ("sahi.merge", "\"nms\"", nil), ("sahi.merge", "\"none\"", nil),
    ("sahi.merge", "\"NMS\"", "INVALID_VALUE"), ("sahi.merge", "3", "WRONG_TYPE"),
    ("sahi.merge_metric", "\"ios\"", nil), ("sahi.merge_metric", "\"giou\"", "INVALID_VALUE"),
    ("symbolic_reasoning.enabled", "\"yes\"", "WRONG_TYPE"),
    ("symbolic_reasoning.rules", "[]", "WRONG_TYPE"),
    ("symbolic_reasoning.geometry", "\"pixels\"", nil),
    ("symbolic_reasoning.geometry", "\"metres\"", "INVALID_VALUE"),
    ("visualization.line_width", "1", nil), ("visualization.line_width", "64", nil),
    ("visualization.line_width", "null", nil), ("visualization.line_width", "0.5", "OUT_OF_RANGE"),
    ("visualization.line_width", "65", "OUT_OF_RANGE"), ("visualization.format", "\"png\"", nil),
    ("visualization.format", "\"gif\"", "INVALID_VALUE"),
    ("visualization.show_labels", "1", "WRONG_TYPE"),
    ("visualization.confidence_display", "{}", "WRONG_TYPE"),
  ]

  @Test("each field has the contract's type and range", arguments: edges.indices)
  func edge(index: Int) {
    let (field, value, code) = Self.edges[index]
    let names = field.split(separator: ".")
    let inner = "\"\(names[names.count - 1])\": \(value)"
    let config = names.count == 1 ? "{\(inner)}" : "{\"\(names[0])\": {\(inner)}}"
    #expect(faults(config: config) == (code.map { ["config.\(field) \($0)"] } ?? []))
  }

  @Test("all problems are told at once, with words for people")
  func all() throws {
    let error = #expect(throws: APIError.self) {
      try configuration(
        #"""
        {"confidence_threshold": 1.5, "max_detections": "many", "confidense_threshold": 0.5,
         "sahi": {"slice_width": 100, "merge": "best", "slice_hight": 640},
         "visualization": {"colour": "red"}, "symbolic_reasoning": true}
        """#)
    }
    #expect(
      error?.entries == [
        .field("config.confidence_threshold", "OUT_OF_RANGE", "Must be between 0.0 and 1.0"),
        .field("config.max_detections", "WRONG_TYPE", "Must be a whole number"),
        .field("config.sahi.slice_width", "OUT_OF_RANGE", "Must be between 256 and 2048"),
        .field(
          "config.sahi.merge", "INVALID_VALUE", "Must be one of greedy_nmm, nmm, nms, none"),
        .field(
          "config.sahi.slice_hight", "UNKNOWN_FIELD",
          "Unknown field; did you mean \"slice_height\"?"),
        .field("config.symbolic_reasoning", "WRONG_TYPE", "Must be an object"),
        .field("config.visualization.colour", "UNKNOWN_FIELD", "Unknown field"),
        .field(
          "config.confidense_threshold", "UNKNOWN_FIELD",
          "Unknown field; did you mean \"confidence_threshold\"?"),
      ])
    #expect(error?.field == "config.confidence_threshold")
  }

  @Test(
    "without a merge it is the contract's greedy_nmm whatever the confidence, a given one is honoured",
    arguments: [
      ("{}", MergeMethod.greedyNMM), (#"{"confidence_threshold": 0.1}"#, .greedyNMM),
      (#"{"confidence_threshold": 0.09}"#, .greedyNMM),
      (#"{"confidence_threshold": 0.09, "sahi": {"merge": "greedy_nmm"}}"#, .greedyNMM),
      (#"{"sahi": {"merge": "none"}}"#, .none),
    ])
  func merge(config: String, method: MergeMethod) throws {
    #expect(try configuration(config).merging.method == method)
  }

  @Test(
    "older clients' files are names, never paths",
    arguments: [
      ("/models/aerial15-obb.pt", "aerial15-obb"),
      (#"C:\\models\\aerial15-obb.onnx"#, "aerial15-obb"),
      ("aerial15-obb", "aerial15-obb"), ("../../etc/shadow.txt", "shadow"), ("a.tar.gz", "a.tar"),
    ])
  func olderFields(path: String, name: String) throws {
    let configuration = try configuration(
      #"{"model_path": "\#(path)", "symbolic_reasoning": {"rules_file": "\#(path)"}}"#)
    #expect(configuration.model == name)
    #expect(configuration.rules == name)
  }

  @Test("a name and a file must not contradict each other")
  func contradiction() {
    #expect(
      faults(
        config: #"""
          {"model": "a", "model_path": "x/b.pt",
           "symbolic_reasoning": {"rules": "a", "rules_file": "b.pl"}}
          """#)
        == [
          "config.model_path INVALID_VALUE", "config.symbolic_reasoning.rules_file INVALID_VALUE",
        ])
    #expect(faults(config: #"{"model": "a", "model_path": "x/a.pt"}"#) == [])
  }

  @Test("classes must be the model's")
  func classes() throws {
    let right = #"{"classes": ["ship", "storage tank", "ship"]}"#
    #expect(throws: Never.self) { try configuration(right).settled(for: aerialModel) }
    let error = #expect(throws: APIError.self) {
      try configuration(#"{"classes": ["plane", "shp", "Plane", "cow"]}"#)
        .settled(for: aerialModel)
    }
    #expect(error?.code == .invalidConfig)
    #expect(
      error?.entries.map(\.field) == [
        "config.classes[1]", "config.classes[2]", "config.classes[3]",
      ])
    #expect(
      error?.entries.first?.error
        == "The model aerial15-obb has no such class; did you mean \"ship\"?")
  }

  @Test("classes become the ids of the loaded model, and what it does not have is an error")
  func classIDs() throws {
    let model = DetectionModel(
      name: "m", task: .detect, classNames: ["plane", "ship", "plane"],
      inputSize: PixelSize(width: 640, height: 640), layout: .yolov8, sha256: "00")
    #expect(try configuration(#"{"classes": ["plane"]}"#).options(for: model).classes == [0, 2])
    let error = #expect(throws: DetectionError.self) {
      try configuration(#"{"classes": ["cow"]}"#).options(for: model)
    }
    #expect(error?.code == .invalidConfig)
  }

  @Test("what is off is off for the engine")
  func off() throws {
    let off = try configuration(
      #"{"sahi": {"enabled": false}, "visualization": {"enabled": false, "format": "png"}}"#)
    let model = DetectionModel(
      name: "m", task: .detect, classNames: ["a"], inputSize: PixelSize(width: 640, height: 640),
      layout: .yolov8, sha256: "00")
    #expect(try off.options(for: model).slicing == nil)
    #expect(off.annotation == nil)
  }

  @Test("a stored configuration is read back as it was, whatever the defaults are by then")
  func roundTrip() throws {
    var unmapped = aerialModel
    unmapped.classNames += ["a\"\\\n\u{2028}😀"]
    unmapped.defaults.confidenceThreshold = 0.25
    let configurations = try [
      "{}",
      #"""
      {"model": "aerial15-obb", "confidence_threshold": 0.1234567890123, "iou_threshold": 1e-7,
       "max_detections": 7, "classes": ["storage tank", "a\"\\\n\u2028😀"],
       "sahi": {"enabled": false, "slice_width": 256, "slice_height": 2048, "overlap_ratio": 0.3,
                "full_image": false, "merge": "none", "merge_metric": "ios"},
       "symbolic_reasoning": {"enabled": true, "rules": "dota"},
       "visualization": {"enabled": false, "show_labels": false, "confidence_display": false,
                         "line_width": 2.5, "format": "png"}}
      """#,
      #"{"confidence_threshold": 0.05, "symbolic_reasoning": {"enabled": false, "rules": "x"}}"#,
    ].map { try configuration($0).settled(for: unmapped) }
    for configuration in configurations {
      let stored = try DetectionConfiguration(json: configuration.json)
      #expect(stored == configuration)
      #expect(stored.json == configuration.json)
    }
  }

  @Test("the rules are kept with the configuration, as exactly as they were read")
  func keptRules() throws {
    var configuration = try configuration(
      #"{"confidence_threshold": 0.3, "symbolic_reasoning": {"rules": "harbours", "geometry": "pixels"}}"#
    )
    configuration.reasoner = RuleReasoner(
      RuleSetIdentity(name: "harbours", sha256: "0a"),
      table: try RuleTable([
        ConfidenceModifier(first: "ship", second: "a\"b", weight: 1.1),
        ConfidenceModifier(first: "plane", second: "harbor", weight: 0.1234567890123456789),
      ]), geometry: .pixels)
    let kept = try DetectionConfiguration(json: configuration.json)
    #expect(kept == configuration)
    #expect(kept.json == configuration.json)
  }

  @Test(
    "a client has no say in what a rule set holds",
    arguments: ["rules_name", "rules_sha256", "modifiers"])
  func forgedRules(field: String) {
    let faults = faults(
      config: #"{"symbolic_reasoning": {"rules": "x", "\#(field)": ["a", "b", "9"]}}"#)
    #expect(faults == ["config.symbolic_reasoning.\(field) UNKNOWN_FIELD"])
  }

  @Test(
    "a stored text that is no configuration is an error", arguments: ["", "{}", "[]", "{\"a\":1}"])
  func stored(text: String) {
    #expect(throws: APIError.self) { try DetectionConfiguration(json: text) }
  }
}
