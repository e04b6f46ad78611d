import Foundation
import TestSupport
import Testing

@Suite("harrier detect: wrong input")
struct DetectErrorTests {
  private let folder: TemporaryFolder
  private static let picture = Checkout.imageFixture("png-rgb8.png")

  init() throws { folder = try TemporaryFolder() }

  /// One line on standard error that holds all of `words`, and this status.
  private func expectOneLine(
    _ arguments: [String], status: Int32, naming words: [String],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let output = try await harrier(arguments: ["detect", "-q"] + arguments, in: folder.path)
    #expect(output.status == status, sourceLocation: sourceLocation)
    #expect(
      output.errorLines.count == 1, "\(output.standardError)", sourceLocation: sourceLocation)
    for word in words {
      #expect(
        output.standardError.contains(word), "\(output.standardError)",
        sourceLocation: sourceLocation)
    }
  }

  @Test(
    "a picture that cannot be read is named in one line; status 1",
    arguments: [
      ("hostile/text.jpg", "not a JPEG, PNG or TIFF"), ("hostile/empty.png", "empty"),
      ("hostile/gif.png", "not a JPEG, PNG or TIFF"),
      ("hostile/png-50000.png", "50000x50000"), ("hostile/jpeg-65500.jpg", "65500x65500"),
      ("hostile/tiff-100000.tif", "100000x100000"), ("hostile/png-63x64.png", "63x64"),
      ("hostile/jpeg-garbage-scan.jpg", "damaged"),
      ("hostile/tiff-offset-past-end.tif", "damaged"), ("tiff-float32.tif", "8 or 16 bit"),
    ])
  func badPicture(_ file: String, _ reason: String) async throws {
    try await expectOneLine(
      [Checkout.imageFixture(file)], status: 1,
      naming: [(file as NSString).lastPathComponent, reason])
  }

  @Test(
    "a picture that was cut short is named; status 1",
    arguments: ["jpeg-444.jpg", "png-rgb8.png", "tiff-strips.tif"])
  func truncated(_ file: String) async throws {
    let whole = try Checkout.data(Checkout.imageFixture(file))
    let cut = try folder.write(whole.prefix(whole.count * 8 / 10), to: "cut-\(file)")
    try await expectOneLine([cut], status: 1, naming: ["cut-\(file)", "truncated or damaged"])
  }

  @Test("a missing file and a folder without pictures are named; status 1")
  func nothingThere() async throws {
    try await expectOneLine(["missing.jpg"], status: 1, naming: ["missing.jpg", "no such file"])
    try folder.write("", to: "empty/notes.txt")
    try await expectOneLine(["empty"], status: 1, naming: ["empty", "no image files"])
  }

  @Test("a file whose bytes cannot be read is named, and the others are done")
  func readError() async throws {
    let output = try await harrier("detect", "-q", "/proc/self/mem", Self.picture)
    #expect(output.status == 1)
    #expect(output.errorLines.count == 1)
    #expect(output.standardError.contains("/proc/self/mem"))
    #expect(try output.document().results.map { $0.error == nil } == [false, true])
  }

  @Test(
    "a wrong option is explained; status 2",
    arguments: [
      (["--wrong"], "--wrong"), (["--confidence", "2"], "--confidence"),
      (["--confidence", "high"], "--confidence"), (["--slice", "abc"], "--slice"),
      (["--slice", "10"], "--slice"), (["--slice", "640x"], "--slice"),
      (["--overlap", "0.6"], "--overlap"), (["--iou", "-0.1"], "--iou"),
      (["--max-detections", "0"], "--max-detections"), (["--merge", "best"], "--merge"),
      (["--format", "pdf"], "--format"), (["--precision", "f64"], "--precision"),
      (["--json-lines", "--format", "csv"], "--json-lines"),
      (["--json-lines", "--output", "x"], "--json-lines"),
      (["--confidence", "nan"], "--confidence"),
    ])
  func wrongOption(_ options: [String], _ word: String) async throws {
    let output = try await harrier(arguments: ["detect", "-q", Self.picture] + options)
    #expect(output.status == 2)
    #expect(output.standardOutput.isEmpty)
    #expect(output.errorLines.first?.contains(word) == true, "\(output.standardError)")
  }

  @Test("no picture at all, and no such command; status 2")
  func nothingAsked() async throws {
    #expect(try await harrier("detect").status == 2)
    #expect(try await harrier("detekt").status == 2)
  }

  @Test("two pictures in a format of one document a picture need a folder; status 2")
  func needsFolder() async throws {
    let output = try await harrier(
      "detect", Self.picture, Self.picture, "--format", "voc")
    #expect(output.status == 2)
    #expect(output.standardError.contains("--output"))
  }

  @Test("an unknown model is refused with those that are installed; status 2")
  func unknownModel() async throws {
    try await expectOneLine(
      [Self.picture, "--model", "cars"], status: 2,
      naming: ["\"cars\"", "aerial15-obb, tree-crowns"])
    try await expectOneLine(
      [Self.picture, "--model", "nowhere/cars.onnx"], status: 2, naming: ["nowhere/cars.onnx"])
    try await expectOneLine(
      [Self.picture, "--model", "nowhere/cars.xml"], status: 2, naming: ["nowhere/cars.xml"])
  }

  @Test("a device, a precision or a class that is not there is refused; status 2")
  func impossible() async throws {
    try await expectOneLine(
      [Self.picture, "--precision", "int8"], status: 2, naming: ["tree-crowns", "int8"])
    try await expectOneLine([Self.picture, "--device", "TPU"], status: 2, naming: ["TPU", "CPU"])
    try await expectOneLine(
      [Self.picture, "--classes", "tree,boat"], status: 2, naming: ["\"boat\"", "tree"])
    try await expectOneLine([Self.picture, "--classes", "7"], status: 2, naming: ["\"7\""])
  }

  @Test("a model file that cannot be used is named in one line; status 1")
  func badModel() async throws {
    let text = try folder.write("no model", to: "text.onnx")
    let whole = try Checkout.data(Checkout.model("tree-crowns.onnx"))
    let cut = try folder.write(whole.prefix(whole.count / 2), to: "cut.onnx")
    for model in [text, cut] {
      try await expectOneLine([Self.picture, "--model", model], status: 1, naming: [model])
    }
    try await expectOneLine(
      [Self.picture, "--model", Checkout.modelFixture("classify.onnx")], status: 1,
      naming: ["classify.onnx", "\"classify\"", "supported are"])
  }

  @Test("a models folder that is not there is named; status 2")
  func noModels() async throws {
    try await expectOneLine(
      [Self.picture, "--models-dir", "nowhere"], status: 2, naming: ["nowhere"])
  }
}
