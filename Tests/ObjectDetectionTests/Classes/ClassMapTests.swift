import Testing

@testable import ObjectDetection

@Suite("ClassMap")
struct ClassMapTests {
  private let names = ["plane", "small-vehicle", "ship", "large-vehicle"]

  @Test("classes of one label are one class, with ids by first appearance in the model's order")
  func merging() {
    let map = ClassMap(
      ["large-vehicle": "vehicle", "small-vehicle": "vehicle", "plane": "aircraft"], of: names)
    #expect(map.labels == ["aircraft", "vehicle", "ship"])
    #expect((0..<4).map { map($0) } == [0, 1, 2, 1])
  }

  @Test("a class may take the name of another one, which stays: they are one")
  func intoAnother() {
    let map = ClassMap(["plane": "large-vehicle"], of: names)
    #expect(map.labels == ["large-vehicle", "small-vehicle", "ship"])
    #expect((0..<4).map { map($0) } == [0, 1, 2, 0])
  }

  @Test("two classes may swap their names")
  func swap() {
    let map = ClassMap(["plane": "ship", "ship": "plane"], of: names)
    #expect(map.labels == ["ship", "small-vehicle", "plane", "large-vehicle"])
    #expect((0..<4).map { map($0) } == [0, 1, 2, 3])
  }

  @Test("ids beyond the model's names stay")
  func beyond() {
    #expect(ClassMap(["ship": "boat"], of: names)(7) == 7)
  }
}

@Suite("ClassSettings")
struct ClassSettingsTests {
  private let names = ["plane", "small-vehicle", "ship", "large-vehicle"]
  private let vehicles = ["small-vehicle": "vehicle", "large-vehicle": "vehicle"]

  /// What a document with a map and thresholds for two labels says.
  private var document: ClassSettings {
    ClassSettings(
      confidenceThreshold: 0.3, classMap: vehicles, classThresholds: ["vehicle": 0.4, "ship": 0.5])
  }

  @Test("who says nothing gets what the document says")
  func silence() {
    #expect(ClassSettings().over(document, classNames: names) == document)
  }

  @Test("thresholds go before the document's one by one")
  func thresholds() {
    let settings = ClassSettings(classThresholds: ["ship": 0.2, "plane": 0.1])
      .over(document, classNames: names)
    #expect(settings.classThresholds == ["vehicle": 0.4, "ship": 0.2, "plane": 0.1])
    #expect(settings.confidenceThreshold == 0.3)
  }

  @Test("a general threshold sets the document's thresholds of classes aside, its own stay")
  func general() {
    let settings = ClassSettings(confidenceThreshold: 0.1, classThresholds: ["plane": 0.7])
      .over(document, classNames: names)
    #expect(settings.confidenceThreshold == 0.1)
    #expect(settings.classThresholds == ["plane": 0.7])
    #expect(settings.classMap == vehicles)
  }

  @Test("a map goes in place of the whole one; thresholds of labels that are gone go with them")
  func map() {
    let settings = ClassSettings(classMap: ["ship": "boat"]).over(document, classNames: names)
    #expect(settings.labels(of: names) == ["plane", "small-vehicle", "boat", "large-vehicle"])
    #expect(settings.classThresholds.isEmpty)
    let none = ClassSettings(classMap: [:]).over(document, classNames: names)
    #expect(none.labels(of: names) == names)
    #expect(none.map(of: names) == nil)
    #expect(none.classThresholds == ["ship": 0.5])
  }

  @Test("classes that the model does not have are told, with what may have been meant")
  func problems() {
    let settings = ClassSettings(
      classMap: ["shp": "boat", "small-vehicle": "car", "cow": "animal"],
      classThresholds: ["plan": 0.1, "small-vehicle": 0.2, "car": 0.3, "animal": 0.4])
    #expect(
      settings.problems(for: names) == [
        ClassProblem(field: .classMap, name: "cow", suggestion: nil),
        ClassProblem(field: .classMap, name: "shp", suggestion: "ship"),
        ClassProblem(field: .classThresholds, name: "animal", suggestion: nil),
        ClassProblem(field: .classThresholds, name: "plan", suggestion: "plane"),
        // It has another name now.
        ClassProblem(field: .classThresholds, name: "small-vehicle", suggestion: "car"),
      ])
    #expect(document.problems(for: names).isEmpty)
  }

  @Test(
    "labels are 1 to 128 characters without control characters",
    arguments: [
      ("", false), ("a", true), ("tree crown", true), ("Küstenbaum 🌳", true), ("a\nb", false),
      ("a\u{7f}", false), ("a\u{85}b", false), ("a\u{2028}b", false), ("\u{1b}[31m", false),
      (String(repeating: "a", count: 128), true), (String(repeating: "a", count: 129), false),
    ])
  func labels(_ text: String, isLabel: Bool) {
    #expect(ClassSettings.isLabel(text) == isLabel)
  }

  @Test("options get ids of the labels; classes of one name all have its threshold")
  func options() {
    var options = DetectionOptions()
    options.apply(document, classNames: names)
    #expect(options.confidenceThreshold == 0.3)
    #expect(options.classMap?.labels == ["plane", "vehicle", "ship"])
    #expect(options.classThresholds == [1: 0.4, 2: 0.5])
    options.apply(
      ClassSettings(classThresholds: ["a": 0.5]), classNames: ["a", "b", "a"])
    #expect(options.confidenceThreshold == 0.25)
    #expect(options.classMap == nil)
    #expect(options.classThresholds == [0: 0.5, 2: 0.5])
  }

  @Test("the lowest threshold is that of a class that is kept")
  func lowest() {
    var options = DetectionOptions(confidenceThreshold: 0.3)
    #expect(options.lowestThreshold(of: 3) == 0.3)
    options.classThresholds = [0: 0.4, 1: 0.05]
    #expect(options.lowestThreshold(of: 3) == 0.05)
    options.classes = [0, 2]
    #expect(options.lowestThreshold(of: 3) == 0.3)
    options.classes = [0]
    #expect(options.lowestThreshold(of: 3) == 0.4)
    options = DetectionOptions(confidenceThreshold: 0.05, classThresholds: [0: 0.4])
    // All classes have a threshold of their own: the general one counts for none.
    #expect(options.lowestThreshold(of: 1) == 0.4)
  }
}
