import Foundation
import TestSupport
import Testing

@Suite("harrier detect and evaluate: maps and thresholds of classes")
struct ClassOptionsTests {
  private static let weak = [
    Checkout.sample("scene-1.jpg"), "--model", "aerial15-obb", "--slice", "off",
  ]
  private static let merging = [
    "--class-map", "small_vehicle=vehicle", "--class-map", "large_vehicle=vehicle",
  ]

  private func detect(_ arguments: [String]) async throws -> [String: [Double]] {
    let output = try await harrier(arguments: ["detect", "-q"] + Self.weak + arguments)
    #expect(output.status == 0, "\(output.standardError)")
    let detections = try output.document().results.flatMap { $0.detections ?? [] }
    return Dictionary(grouping: detections, by: \.class_name).mapValues { $0.map(\.confidence) }
  }

  @Test("merged classes are one, as Ultralytics finds it")
  func merged() async throws {
    let found = try await detect(["--confidence", "0.05"] + Self.merging)
    #expect(MergedVehicles.agree(found["vehicle"] ?? [], with: MergedVehicles.confidences[...]))
    #expect(found.filter { $0.key != "vehicle" }.mapValues(\.count) == MergedVehicles.others)
  }

  @Test("a class has its own threshold, below or above the others'")
  func thresholds() async throws {
    let found = try await detect(
      ["--class-threshold", "vehicle=0.05", "--class-threshold", "storage_tank=0.9"]
        + Self.merging + ["--classes", "vehicle,storage_tank"])
    #expect(MergedVehicles.agree(found["vehicle"] ?? [], with: MergedVehicles.confidences[...]))
    #expect(found["storage_tank"]?.allSatisfy { $0 > 0.9 } == true)
    #expect(found.keys.sorted() == ["storage_tank", "vehicle"])
  }

  @Test("the document beside the model counts, and options go before it")
  func document() async throws {
    let folder = try TemporaryFolder()
    let model = try folder.copy(Checkout.model("aerial15-obb.onnx"), to: "m.onnx")
    try folder.write(
      #"{"class_map":\#(MergedVehicles.map),"class_thresholds":{"vehicle":0.4},"precision":"f32"}"#,
      to: "m.json")
    let found = try await detect(["--model", model])
    #expect(MergedVehicles.agree(found["vehicle"] ?? [], with: MergedVehicles.confidences[..<5]))
    let all = try await detect(["--model", model, "--confidence", "0.05"])
    #expect(MergedVehicles.agree(all["vehicle"] ?? [], with: MergedVehicles.confidences[...]))
    let own = try await detect(["--model", model, "--class-map", "ship=vessel"])
    #expect(own["vessel"]?.count == 1 && own["vehicle"] == nil)
    try folder.write(#"{"class_map":{"small_vehcle":"vehicle"}}"#, to: "m.json")
    let output = try await harrier(arguments: ["detect", "-q"] + Self.weak + ["--model", model])
    #expect(output.status != 0)
    #expect(output.standardError.contains("m.json: class_map"), "\(output.standardError)")
    #expect(output.standardError.contains("did you mean \"small_vehicle\"?"))
  }

  @Test("evaluate maps the labels as the detections")
  func evaluate() async throws {
    let arguments = ["evaluate", "-q", "--truth", Checkout.path("Samples")] + Self.weak
    let plain = try await harrier(arguments: arguments)
    let merged = try await harrier(arguments: arguments + Self.merging)
    #expect(plain.status == 0 && merged.status == 0, "\(merged.standardError)")
    func truths(_ output: HarrierProcess.Output, _ name: String) -> Int? {
      let row = output.text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
      return row?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    }
    let small = try #require(truths(plain, "small_vehicle"))
    let large = try #require(truths(plain, "large_vehicle"))
    #expect(truths(merged, "vehicle") == small + large)
    #expect(truths(merged, "small_vehicle") == nil)
    #expect(truths(merged, "all") == truths(plain, "all"))
  }

  static let wrongOptions: [([String], [String])] = [
    (["--class-threshold", "cow=0.5"], ["--class-threshold", "aerial15-obb", "\"cow\""]),
    (["--class-threshold", "shp=0.5"], ["did you mean \"ship\"?"]),
    (["--class-map", "small_vehcle=car"], ["--class-map", "did you mean \"small_vehicle\"?"]),
    (["--class-threshold", "ship"], ["--class-threshold"]),
    (["--class-threshold", "ship=much"], ["--class-threshold"]),
    (["--class-threshold", "ship=1.5"], ["--class-threshold", "between 0"]),
    (["--class-map", "ship"], ["--class-map"]), (["--class-map", "ship="], ["--class-map"]),
    (["--class-map", "ship=a", "--class-map", "ship=b"], ["--class-map names ship twice"]),
    (
      ["--class-map", "ship=vessel", "--classes", "ship"], ["--classes", "it is \"vessel\""]
    ),
  ]

  @Test("what is wrong is said, with status 2", arguments: wrongOptions.indices)
  func wrong(index: Int) async throws {
    let (arguments, words) = Self.wrongOptions[index]
    let output = try await harrier(arguments: ["detect", "-q"] + Self.weak + arguments)
    #expect(output.status == 2)
    for word in words {
      #expect(output.standardError.contains(word), "\(output.standardError)")
    }
  }
}
