import ObjectDetection
import Testing

@testable import App

@Suite("DetectionConfiguration: maps and thresholds of classes")
struct ClassConfigurationTests {
  /// A model whose document merges two classes.
  private let model = InstalledModel(
    name: "aerial", task: .obb, classNames: ["plane", "small", "ship", "large"],
    inputSize: PixelSize(width: 640, height: 640), sha256: "00", sizeBytes: 1,
    defaults: ClassSettings(
      confidenceThreshold: 0.3, classMap: ["small": "vehicle", "large": "vehicle"],
      classThresholds: ["vehicle": 0.4]))

  private let loaded = DetectionModel(
    name: "aerial", task: .obb, classNames: ["plane", "small", "ship", "large"],
    inputSize: PixelSize(width: 640, height: 640), layout: .oriented, sha256: "00")

  private func settled(_ config: String) throws -> DetectionConfiguration {
    try configuration(config).settled(for: model)
  }

  private func entries(_ config: String) -> [APIErrorEntry] {
    do {
      _ = try settled(config)
      return []
    } catch let error as APIError {
      return error.code == .invalidConfig ? error.entries : []
    } catch {
      return []
    }
  }

  @Test("a job keeps what the document said when it was accepted")
  func document() throws {
    let kept = try DetectionConfiguration(json: try settled(#"{"classes": ["vehicle"]}"#).json)
    #expect(
      kept.json.contains(
        #""confidence_threshold":0.3,"iou_threshold":0.45,"max_detections":3000,"classes":["vehicle"],"class_map":{"large":"vehicle","small":"vehicle"},"class_thresholds":{"vehicle":0.4},"sahi""#
      ), "\(kept.json)")
    // The loaded model's document may say something else by now.
    let options = try kept.options(for: loaded)
    #expect(options.confidenceThreshold == 0.3)
    #expect(options.classMap?.labels == ["plane", "vehicle", "ship"])
    #expect(options.classThresholds == [1: 0.4])
    #expect(options.classes == [1])
  }

  @Test("a job without them keeps none, whatever the document says later")
  func none() throws {
    var plain = model
    plain.defaults = ClassSettings()
    let json = try configuration("{}").settled(for: plain).json
    #expect(!json.contains("class_map") && !json.contains("class_thresholds"))
    var changed = loaded
    changed.defaults = model.defaults
    let options = try DetectionConfiguration(json: json).options(for: changed)
    #expect(options == DetectionOptions())
  }

  @Test("the request's map takes the place of the document's, an empty one too")
  func map() throws {
    let other = try settled(#"{"class_map": {"ship": "vessel"}, "classes": ["vessel", "small"]}"#)
    #expect(
      other.classSettings
        == ClassSettings(confidenceThreshold: 0.3, classMap: ["ship": "vessel"]))
    let none = try settled(#"{"class_map": {}, "classes": ["small"]}"#)
    #expect(none.json.contains(#""class_map":{}"#))
    #expect(try DetectionConfiguration(json: none.json) == none)
    #expect(try none.options(for: loaded).classMap == nil)
  }

  @Test("thresholds: the request's of a class, then its general one, then the document's")
  func thresholds() throws {
    #expect(
      try settled(#"{"class_thresholds": {"plane": 0.1}}"#).classSettings.classThresholds
        == ["vehicle": 0.4, "plane": 0.1])
    let general = try settled(
      #"{"confidence_threshold": 0.05, "class_thresholds": {"plane": 0.1}}"#)
    #expect(general.classSettings.classThresholds == ["plane": 0.1])
    #expect(general.classSettings.confidenceThreshold == 0.05)
  }

  @Test("every class that the model does not have is told at once, with what may have been meant")
  func unknown() {
    let found = entries(
      #"""
      {"classes": ["plane", "small", "shipp"], "class_map": {"large": "small", "plan": "jet"},
       "class_thresholds": {"large": 0.5, "cow": 0.5}}
      """#)
    // The map makes large small, and small stays.
    #expect(
      found == [
        .field(
          "config.classes[2]", "INVALID_VALUE",
          "The model aerial has no such class; did you mean \"ship\"?"),
        .field(
          "config.class_map.plan", "INVALID_VALUE",
          "The model aerial has no such class; did you mean \"plane\"?"),
        .field(
          "config.class_thresholds.cow", "INVALID_VALUE", "The model aerial has no such class"),
        .field(
          "config.class_thresholds.large", "INVALID_VALUE",
          "The model aerial has no such class; did you mean \"small\"?"),
      ])
  }

  @Test("a name that was mapped is none any more, and the answer says what it is now")
  func renamed() {
    #expect(
      entries(#"{"classes": ["small"]}"#) == [
        .field(
          "config.classes[0]", "INVALID_VALUE",
          "The model aerial has no such class; did you mean \"vehicle\"?")
      ])
  }

  @Test("wrong values are told with the other fields, each by its name")
  func values() {
    #expect(
      faults(
        config:
          #"{"iou_threshold": 2, "class_map": {"plane": "", "a": 1}, "class_thresholds": {"plane": 7, "b": "0"}}"#
      ) == [
        "config.class_map.plane INVALID_VALUE", "config.class_map.a WRONG_TYPE",
        "config.class_thresholds.plane OUT_OF_RANGE", "config.class_thresholds.b WRONG_TYPE",
        "config.iou_threshold OUT_OF_RANGE",
      ])
  }

  @Test("10,000 classes are the limit")
  func limit() {
    func members(_ count: Int, _ value: String) -> String {
      "{" + (0..<count).map { "\"\($0)\": \(value)" }.joined(separator: ",") + "}"
    }
    #expect(faults(config: "{\"class_map\": \(members(10_000, "\"a\""))}") == [])
    #expect(
      faults(
        config:
          "{\"class_map\": \(members(10_001, "\"a\"")), \"class_thresholds\": \(members(10_001, "0"))}"
      ) == ["config.class_map OUT_OF_RANGE", "config.class_thresholds OUT_OF_RANGE"])
  }

  @Test("long names of unknown classes are cut in the answer")
  func longNames() {
    let name = String(repeating: "a", count: 1000)
    let found = entries("{\"class_thresholds\": {\"\(name)\": 0.5}}")
    #expect(found.map(\.field) == ["config.class_thresholds." + name.prefix(64)])
  }

  @Test("a class of the kept map that the loaded model does not have is an error")
  func otherModel() throws {
    var other = loaded
    other.classNames = ["plane", "ship"]
    let kept = try settled("{}")
    let error = #expect(throws: DetectionError.self) { try kept.options(for: other) }
    #expect(error?.code == .invalidConfig)
    #expect(error?.message == "The model aerial has no class \"large\"")
  }
}
