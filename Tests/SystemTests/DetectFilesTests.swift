import Foundation
import TestSupport
import Testing

@Suite("harrier detect: several pictures and files")
struct DetectFilesTests {
  private let folder: TemporaryFolder

  /// pictures/: a.jpg, a.png, b.TIF, deeper/a.jpg, and what is no picture, or a folder named like one.
  init() throws {
    folder = try TemporaryFolder()
    try folder.copy(Checkout.imageFixture("jpeg-420.jpg"), to: "pictures/a.jpg")
    try folder.copy(Checkout.imageFixture("png-rgb8.png"), to: "pictures/a.png")
    try folder.copy(Checkout.imageFixture("tiff-strips.tif"), to: "pictures/b.TIF")
    try folder.copy(Checkout.imageFixture("jpeg-444.jpg"), to: "pictures/deeper/a.jpg")
    try folder.write("no picture", to: "pictures/notes.txt")
    try folder.write("no picture", to: "pictures/.hidden.jpg")
    try folder.write("no picture", to: "pictures/folder.png/notes.txt")
  }

  private func detect(_ arguments: String...) async throws -> HarrierProcess.Output {
    try await harrier(arguments: ["detect", "-q"] + arguments, in: folder.path)
  }

  @Test(
    "a folder is searched at every depth, in name order",
    arguments: ["pictures", "pictures/", "./pictures", "pictures/../pictures"])
  func folders(_ argument: String) async throws {
    let output = try await detect(argument)
    #expect(output.status == 0)
    #expect(
      try output.document().results.map(\.filename) == ["a.jpg", "a.png", "b.TIF", "deeper/a.jpg"])
  }

  @Test("the working directory and a link to a folder are folders too")
  func linkedFolder() async throws {
    let expected = ["a.jpg", "a.png", "b.TIF", "deeper/a.jpg"]
    let here = try await harrier("detect", "-q", ".", in: folder.path("pictures"))
    #expect(try here.document().results.map(\.filename) == expected)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: folder.path("pictures"))
    #expect(try await detect("link").document().results.map(\.filename) == expected)
  }

  @Test("--output writes a file a picture, at the same depth; equal stems keep their endings")
  func output() async throws {
    let output = try await detect("pictures", "--output", "results/new")
    #expect(output.status == 0)
    #expect(output.standardOutput.isEmpty)
    let written = try folder.files().filter { $0.hasPrefix("results/") }
    #expect(
      written == ["a.jpg", "a.png", "b", "deeper/a"].map { "results/new/\($0).json" })
    for file in written {
      let document = try DetectionsDocument(Checkout.data(folder.path(file)))
      #expect(document.total_images == 1)
    }
  }

  @Test("pictures of one name from two folders do not overwrite each other's results")
  func collisions() async throws {
    try folder.copy(Checkout.imageFixture("png-rgb8.png"), to: "third/a.jpg-2.png")
    let output = try await detect(
      "pictures/a.jpg", "pictures/deeper/a.jpg", "third/a.jpg-2.png", "--output", "results",
      "--format", "csv")
    #expect(output.status == 0)
    #expect(try folder.files().count(where: { $0.hasPrefix("results/") }) == 3)
  }

  @Test(
    "every format has its ending",
    arguments: [
      ("json", "json"), ("yolo", "txt"), ("coco", "json"), ("voc", "xml"), ("csv", "csv"),
      ("geojson", "geojson"),
    ])
  func endings(_ format: String, _ ending: String) async throws {
    let output = try await detect("pictures", "--format", format, "--output", "results")
    #expect(output.status == 0)
    let written = try folder.files().filter { $0.hasPrefix("results/") }
    #expect(written.count == 4)
    #expect(written.allSatisfy { $0.hasSuffix(".\(ending)") })
  }

  @Test("--annotate draws beside the results, or here")
  func annotate() async throws {
    #expect(try await detect("pictures/b.TIF", "--annotate", "--output", "results").status == 0)
    #expect(try await detect("pictures/b.TIF", "--annotate").status == 0)
    let written = try folder.files().filter { !$0.hasPrefix("pictures/") }
    #expect(written == ["b.annotated.jpg", "results/b.annotated.jpg", "results/b.json"])
    for file in written where file.hasSuffix(".jpg") {
      #expect(try Checkout.data(folder.path(file)).prefix(3) == Data([0xff, 0xd8, 0xff]))
    }
  }

  @Test("--json-lines prints the pictures in the order of the arguments, large or small")
  func jsonLines() async throws {
    let large = Checkout.sample("yell-541000.jpg")
    let output = try await detect(
      large, "pictures/a.jpg", "pictures/missing.jpg", large, "pictures/b.TIF", "--json-lines")
    #expect(output.status == 1)
    let lines = try output.lines()
    #expect(
      lines.map(\.filename)
        == ["yell-541000.jpg", "a.jpg", "missing.jpg", "yell-541000.jpg", "b.TIF"])
    #expect(lines.map { $0.error != nil } == [false, false, true, false, false])
  }

  @Test("an output folder that cannot be made, or is a file, is one clear line and status 1")
  func unusableOutput() async throws {
    try folder.write("", to: "file")
    for target in ["file", "file/below"] {
      let output = try await detect("pictures", "--output", target)
      #expect(output.status == 1)
      #expect(output.errorLines.count == 1)
      #expect(output.standardError.contains("file"))
    }
  }

  @Test("one bad picture among good ones: the others are done, and the status is 1")
  func oneBad() async throws {
    try folder.write("no picture", to: "pictures/bad.jpg")
    let output = try await detect("pictures", "--output", "results")
    #expect(output.status == 1)
    #expect(output.errorLines.count == 1)
    #expect(output.standardError.contains("bad.jpg"))
    #expect(try folder.files().count(where: { $0.hasPrefix("results/") }) == 4)
  }
}
