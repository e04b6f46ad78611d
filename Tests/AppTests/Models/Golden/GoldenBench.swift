import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

/// A model whose versions find what their files say: `good` all ten boxes of each picture, `bad` eight of the first
/// picture and one too much.
extension ModelBench {
  /// A square of 10 pixels.
  static func square(_ place: Int) -> BoundingBox {
    let x = Float(20 * place)
    return BoundingBox(xMin: x, yMin: 0, xMax: x + 10, yMax: 10)
  }

  static func found(_ places: some Sequence<Int>) -> [Detection] {
    places.map { Detection(classID: 0, confidence: 0.9, box: square($0)) }
  }

  /// Two pictures with ten ships each.
  func draft(
    _ demand: GoldenDemand = GoldenDemand(), names: [String] = ["one.jpg", "two.jpg"],
    maxBytes: Int = 1000
  ) async throws -> GoldenDraft {
    var pictures: [GoldenDraft.Picture] = []
    for name in names {
      let path = try await blobs.temporaryPath()
      try Data(name.utf8).write(to: URL(fileURLWithPath: path))
      var picture = GoldenDraft.Picture(
        filename: name, path: path, sizeBytes: name.utf8.count,
        sha256: String(repeating: "a", count: 64), size: PixelSize(width: 640, height: 640))
      picture.expected = (0..<10).map { ExpectedBox(label: "ship", box: Self.square($0)) }
      pictures.append(picture)
    }
    return try GoldenDraft(
      pictures: pictures, labels: ["ship"], demand: demand, maxBytes: maxBytes)
  }

  @discardableResult
  func putGolden(_ demand: GoldenDemand = GoldenDemand()) async throws -> GoldenSet {
    try await registry.putGoldenSet(try await draft(demand), of: "aerial", by: "ann")
  }

  /// Versions of these files, of which the first is production.
  func publishVersions(_ contents: String...) async throws {
    for content in contents { try await publish(content) }
    probe.find { path, pictures in
      let content = try String(contentsOfFile: path, encoding: .utf8)
      let found = pictures.indices.map { index in
        Self.found(
          content.hasPrefix("bad") && index == 0 ? [0, 1, 2, 3, 4, 5, 6, 7, 20] : Array(0..<10))
      }
      return ProbedPictures(labels: ["ship", "plane"], pictures: found)
    }
  }

  @discardableResult
  func promote(_ number: Int, _ golden: GoldenGuard = .checked) async throws -> AliasMove? {
    try await registry.move(
      "production", of: "aerial", to: number, expecting: .anywhere, golden, by: "bob")
  }

  func production() async throws -> Int? {
    try await store.registeredModel(named: "aerial")?.aliases["production"]
  }

  /// The refusal that `body` ends with.
  func refusal(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
  ) async -> GoldenRefusal? {
    await #expect(throws: GoldenRefusal.self, sourceLocation: sourceLocation) { try await body() }
  }
}
