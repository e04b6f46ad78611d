import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

/// Against Tests/Fixtures/rules/reference.py, which follows the description pair by pair.
@Suite("RuleReasoner and the Python reference")
struct RuleReferenceTests {
  private struct Image: Decodable {
    var width: Int
    var height: Int
    /// Class id, confidence, corners.
    var detections: [[Float]]
    var solutions: [Solution]
    /// In the order of the arithmetic.
    var confidences: [Double]
    var actions: [Action]
  }

  private struct Solution: Decodable {
    var modifier: ConfidenceModifier

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      modifier = ConfidenceModifier(
        first: try list.decode(String.self), second: try list.decode(String.self),
        weight: try list.decode(Double.self))
    }
  }

  private struct Action: Decodable, Equatable {
    /// Of the detections.
    var classes: [String]
    /// Both before, both after.
    var confidences: [Double]

    init(classes: [String], confidences: [Double]) {
      self.classes = classes
      self.confidences = confidences
    }

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      classes = [try list.decode(String.self), try list.decode(String.self)]
      confidences = []
      while !list.isAtEnd { confidences.append(try list.decode(Double.self)) }
    }
  }

  private static let classes = [
    "plane", "ship", "storage_tank", "baseball_diamond", "tennis_court", "basketball_court",
    "Ground_Track_Field", "harbor", "Bridge", "large_vehicle", "small_vehicle", "helicopter",
    "roundabout", "soccer_ball_field", "swimming_pool",
  ]

  private static func images(seed: Int, count: Int) async throws -> [Image] {
    let output = try await HarrierProcess(
      program: "python3",
      [Checkout.path("Tests/Fixtures/rules/reference.py"), "\(seed)", "\(count)"]
    ).run()
    #expect(output.status == 0, "\(output.standardError)")
    let decoder = JSONDecoder()
    return try output.text.split(separator: "\n").map {
      try decoder.decode(Image.self, from: Data($0.utf8))
    }
  }

  @Test(
    "a thousand random images get the reference's confidences and actions, with the index and without",
    arguments: [2026, Int.random(in: 0..<1_000_000)])
  func thousand(seed: Int) async throws {
    let images = try await Self.images(seed: seed, count: 1000)
    #expect(images.count == 1000)
    var actionCount = 0
    for (number, image) in images.enumerated() {
      let detections = image.detections.map {
        Detection(
          classID: Int($0[0]), confidence: $0[1],
          box: BoundingBox(xMin: $0[2], yMin: $0[3], xMax: $0[4], yMax: $0[5]))
      }
      let reasoner = RuleReasoner(
        RuleSetIdentity(name: "random", sha256: ""),
        table: try RuleTable(image.solutions.map(\.modifier)))
      for search in [RuleReasoner.Search.index, .allPairs] {
        let (found, reasoning) = reasoner.reason(
          detections, Self.classes, image.width, image.height, search: search, maxActions: .max)
        let actions = reasoning.actions.map { action in
          Action(
            classes: [action.first, action.second].map {
              Self.classes[found[$0.detection].classID]
            },
            confidences: [
              action.first.confidenceBefore, action.second.confidenceBefore,
              action.first.confidenceAfter, action.second.confidenceAfter,
            ])
        }
        try #require(actions == image.actions, "seed \(seed), image \(number), \(search)")
        try #require(
          found.map(\.confidence) == image.confidences.map { Float($0) }.sorted(by: >),
          "seed \(seed), image \(number), \(search)")
        #expect(
          reasoning.undone(found) == detections.sorted(by: Detection.inResultOrder),
          "seed \(seed), image \(number), \(search)")
      }
      actionCount += image.actions.count
    }
    print("seed \(seed): \(actionCount) actions on 1000 images")
    #expect(actionCount > 10_000)
  }
}
