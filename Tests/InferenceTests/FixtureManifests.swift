import Foundation
import TestSupport
import Testing

/// Tests/Fixtures/images/manifest.json: what Pillow, OpenCV and tifffile see in each picture.
struct ImageManifest: Decodable {
  struct Accepted: Decodable, Sendable, CustomTestStringConvertible {
    var file: String
    var width: Int
    var height: Int
    var tolerance: Int
    var samples: [Sample]
    var testDescription: String { file }
  }

  /// `[x, y, [r, g, b]]`
  struct Sample: Decodable, Sendable {
    var x: Int
    var y: Int
    var colour: [Int]

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      x = try values.decode(Int.self)
      y = try values.decode(Int.self)
      colour = try values.decode([Int].self)
    }
  }

  struct Refused: Decodable, Sendable, CustomTestStringConvertible {
    var file: String
    var reason: String
    var testDescription: String { "\(file): \(reason)" }
  }

  struct Hostile: Decodable, Sendable { var file: String }

  var images: [Accepted]
  var refused: [Refused]
  var hostile: [Hostile]

  static func load() throws -> ImageManifest {
    try JSONDecoder().decode(
      ImageManifest.self, from: Checkout.data(Checkout.imageFixture("manifest.json")))
  }
}

/// Tests/Fixtures/models/manifest.json: what each synthetic model is, and what ONNX Runtime computes.
struct ModelManifest: Decodable {
  struct Entry: Decodable, Sendable, CustomTestStringConvertible {
    var file: String
    var layout: String?
    var task: String?
    var names: [String]?
    /// Height, width.
    var input: [Int]?
    /// Rows above 0.25 in network pixels; nil for models that are refused.
    var rows: [[Double]]?
    var reason: String?
    var testDescription: String { file }

    private enum Keys: String, CodingKey {
      case file, layout, task, names, input, expected, reason
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      file = try values.decode(String.self, forKey: .file)
      layout = try values.decodeIfPresent(String.self, forKey: .layout)
      task = try values.decodeIfPresent(String.self, forKey: .task)
      names = try values.decodeIfPresent([String].self, forKey: .names)
      input = try values.decodeIfPresent([Int].self, forKey: .input)
      reason = try values.decodeIfPresent(String.self, forKey: .reason)
      // Either rows or the word "error".
      rows = reason == nil ? try values.decode([[Double]].self, forKey: .expected) : nil
    }
  }

  var models: [Entry]

  static func load() throws -> ModelManifest {
    try JSONDecoder().decode(
      ModelManifest.self, from: Checkout.data(Checkout.modelFixture("manifest.json")))
  }

  static func accepted() throws -> [Entry] { try load().models.filter { $0.rows != nil } }
}
