import Foundation
import TestSupport
import Testing

/// The real program on stores of its own, with a demo model and what people have marked.
@Suite("harrier models golden, check, promote")
struct GoldenCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func models(_ arguments: String...) async throws -> HarrierProcess.Output {
    try await harrier(arguments: ["models"] + arguments + ["--data-dir", folder.path("data")])
  }

  /// The 279 crowns of the sample picture, as a tool for marking would write them.
  private func boxes() throws -> String {
    let (width, height) = (1249.0, 1035.0)
    let text = try String(contentsOfFile: Checkout.sample("yell-541000.txt"), encoding: .utf8)
    let annotations = text.split(separator: "\n").map { line in
      let numbers = line.split(separator: " ").compactMap { Double($0) }
      let (w, h) = (numbers[3] * width, numbers[4] * height)
      let (x, y) = (numbers[1] * width - w / 2, numbers[2] * height - h / 2)
      return #"{"image_id": 1, "category_id": 1, "bbox": [\#(x), \#(y), \#(w), \#(h)]}"#
    }
    return try folder.write(
      """
      {"images": [{"id": 1, "file_name": "yell-541000.jpg", "width": 1249, "height": 1035}],
       "categories": [{"id": 1, "name": "tree"}],
       "annotations": [\(annotations.joined(separator: ","))]}
      """, to: "boxes.json")
  }

  private func golden(_ boxes: String, _ recall: String) async throws -> HarrierProcess.Output {
    try await models(
      "golden", "crowns", "--pictures", Checkout.sample("yell-541000.jpg"), "--expected", boxes,
      "--min-recall", recall, "--min-precision", "0.6")
  }

  /// Recall 0.434 and precision 0.624: Tests/InferenceTests/GoldenPicturesTests.swift says where they come from.
  @Test("a version that finds the marked objects passes, another one does not become production")
  func commands() async throws {
    let boxes = try boxes()
    let unknown = try await golden(boxes, "0.4")
    #expect(unknown.status == 1 && unknown.standardError.contains("crowns"))
    let first = try await models(
      "publish", Checkout.model("tree-crowns.onnx"), "--name", "crowns")
    try #require(first.status == 0, "\(first.standardError)")
    let set = try await golden(boxes, "0.4")
    #expect(set.status == 0, "\(set.standardError)")
    #expect(set.text.contains("1 golden picture with 279 boxes"))
    let check = try await models("check", "crowns@1")
    #expect(check.status == 0, "\(check.standardError)")
    #expect(check.text.contains("crowns@1 passes"))
    #expect(check.text.contains("yell-541000.jpg"))
    // Another model: it finds nothing of this.
    let second = try await models(
      "publish", Checkout.modelFixture("red-cell.onnx"), "--name", "crowns", "--alias",
      "production")
    #expect(second.status == 1)
    #expect(second.standardError.contains("crowns@2 does not pass"))
    #expect(second.standardError.contains("279 of 279 boxes missing"))
    let listed = try await models("golden", "crowns")
    #expect(listed.text.contains("crowns@1") && listed.text.contains("crowns@2"))
    #expect(try await models("promote", "crowns@2").status == 1)
    let moved = try await models("promote", "crowns@2", "--unchecked")
    #expect(moved.status == 0 && moved.text.contains("crowns@1 -> crowns@2"))
    let back = try await models("rollback", "crowns")
    #expect(back.status == 0 && back.text.contains("crowns@2 -> crowns@1"))
    let audit = try String(contentsOfFile: folder.path("data/audit.log"), encoding: .utf8)
    #expect(audit.split(separator: "\n").count { $0.contains("unchecked") } == 1)
    // More than the model can.
    #expect(try await golden(boxes, "0.9").status == 0)
    let strict = try await models("check", "crowns@1")
    #expect(strict.status == 1 && strict.text.contains("crowns@1 does not pass"))
    #expect(try await models("golden", "crowns", "--off").status == 0)
    #expect(try await models("promote", "crowns@2").status == 0)
  }

  @Test(
    "options that do not go together are told; status 2",
    arguments: [
      ["golden", "crowns", "--pictures", "."], ["golden", "crowns", "--expected", "boxes.json"],
      ["golden", "crowns", "--off", "--pictures", ".", "--expected", "boxes.json"],
      ["golden", "crowns", "--min-recall", "1.1"], ["golden", "crowns", "--guard", "Prod"],
      ["check", "crowns"],
    ])
  func usage(arguments: [String]) async throws {
    let output = try await harrier(
      arguments: ["models"] + arguments + ["--data-dir", folder.path("data")])
    #expect(output.status == 2, "\(output.standardError)")
  }
}
