import Testing

@testable import ObjectDetection

@Suite("ModelMetadata")
struct ModelMetadataTests {
  private func names(_ text: String) -> [String]? { ModelMetadata(["names": text]).classNames }

  @Test(
    "class names are read from Python's reprs",
    arguments: [
      ("{0: 'plane', 1: 'ship'}", ["plane", "ship"]),
      ("{1: 'ship', 0: 'plane'}", ["plane", "ship"]),
      ("['plane', 'ship']", ["plane", "ship"]),
      ("('plane', 'ship',)", ["plane", "ship"]),
      ("[\"plane\", 'ship',]", ["plane", "ship"]),
      ("{0: \"driver's cab\"}", ["driver's cab"]),
      ("{0: 'driver\\'s \"cab\"'}", ["driver's \"cab\""]),
      ("{0: 'a\\\\b', 1: 'tab\\there'}", ["a\\b", "tab\there"]),
      ("{0: 'a, b: {c}', 1: '[d]'}", ["a, b: {c}", "[d]"]),
      ("  { 0 : 'plane' , 1 : 'ship' } ", ["plane", "ship"]),
      ("{'0': 'plane'}", ["plane"]),
      ("[plane, ship]", ["plane", "ship"]),
      ("{0: 'Flugzeug \u{e9}', 1: '\u{8239}'}", ["Flugzeug \u{e9}", "\u{8239}"]),
      ("{0: ''}", [""]),
      // JSON, as hand-written files beside a model have it.
      ("{\"0\": \"plane\", \"1\": \"ship\"}", ["plane", "ship"]),
    ])
  func classNames(text: String, expected: [String]) {
    #expect(names(text) == expected)
  }

  @Test(
    "names that cannot be read are none",
    arguments: [
      "", " ", "plane", "42", "{0: 'plane'", "{0: 'plane", "{0 'plane'}", "{0: }", "['a' 'b']",
      "['a'] ['b']", "{0: 'a', 2: 'b'}", "{-1: 'a'}", "{'x': 'a'}", "[,]", "{,}", "]", "'", "(a",
    ])
  func unreadable(text: String) {
    #expect(names(text) == nil)
  }

  @Test("literals nested too deep are refused, however many brackets there are")
  func deepNesting() {
    for depth in [9, 1000, 200_000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(PythonLiteral(parsing: text) == nil)
      #expect(PythonLiteral(parsing: String(repeating: "{0:", count: depth)) == nil)
    }
    #expect(PythonLiteral(parsing: "[[[[]]]]") == .list([.list([.list([.list([])])])]))
  }

  @Test("nested literals keep their structure")
  func nested() {
    #expect(
      PythonLiteral(parsing: "{'a': [1, (2.5, None)], 'b': {}}")
        == .dictionary([
          PythonLiteral.Pair(
            key: .scalar("a"),
            value: .list([.scalar("1"), .list([.scalar("2.5"), .scalar("None")])])),
          PythonLiteral.Pair(key: .scalar("b"), value: .dictionary([])),
        ]))
  }

  @Test(
    "names that are written are read back",
    arguments: [
      ["plane", "ship"], [], [""], ["driver's cab", "a\"b", "a\\", "\\'", "'"],
      ["comma, colon: {brace} [bracket]", " space "], ["\u{8239}\u{1F6A2}", "line\nbreak"],
    ])
  func roundTrip(names: [String]) {
    var metadata = ModelMetadata()
    metadata.setClassNames(names)
    #expect(metadata.classNames == names)
  }

  @Test(
    "the input size is height and width, or one number for both",
    arguments: [
      ("[480, 640]", PixelSize(width: 640, height: 480)),
      ("(480, 640)", PixelSize(width: 640, height: 480)),
      ("640", PixelSize(width: 640, height: 640)),
      ("[640]", nil), ("[0, 640]", nil), ("[-1, 640]", nil), ("[1, 2, 3]", nil), ("big", nil),
      ("", nil), ("{0: 640}", nil), ("[640.5, 640]", nil), ("99999999999999999999", nil),
    ])
  func inputSize(text: String, expected: PixelSize?) {
    #expect(ModelMetadata(["imgsz": text]).inputSize == expected)
  }

  @Test(
    "a stride is a whole number, whatever the file says",
    arguments: [
      ("32", 32), ("32.0", 32), ("x", nil), ("", nil), ("nan", nil), ("inf", nil), ("1e300", nil),
    ])
  func stride(text: String, expected: Int?) {
    #expect(ModelMetadata(["stride": text]).stride == expected)
  }

  @Test("without metadata there is nothing to say")
  func empty() {
    let metadata = ModelMetadata()
    #expect(metadata.task == nil)
    #expect(metadata.classNames == nil)
    #expect(metadata.inputSize == nil)
    #expect(metadata.stride == nil)
  }

  @Test("class ids beyond the names keep their number")
  func className() {
    let model = DetectionModel(
      name: "m", task: .detect, classNames: ["plane"],
      inputSize: PixelSize(width: 64, height: 64), layout: .endToEnd, sha256: "")
    #expect([0, 1, -1].map(model.className) == ["plane", "class1", "class-1"])
  }
}
