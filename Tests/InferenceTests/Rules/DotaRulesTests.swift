import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("The rule set dota")
struct DotaRulesTests {
  /// As the specification lists them, by hand.
  private static let pairs: [ConfidenceModifier] = {
    let sports = [
      "tennis_court", "basketball_court", "soccer_ball_field", "baseball_diamond", "swimming_pool",
      "Ground_Track_Field",
    ]
    var pairs = [
      ConfidenceModifier("ship", "harbor", 1.25),
      ConfidenceModifier("helicopter", "ship", 1.20),
      ConfidenceModifier("large_vehicle", "small_vehicle", 1.15),
      ConfidenceModifier("small_vehicle", "roundabout", 1.10),
      ConfidenceModifier("ship", "Bridge", 0.1),
      ConfidenceModifier("ship", "roundabout", 0.1),
      ConfidenceModifier("plane", "harbor", 0.2),
      ConfidenceModifier("plane", "Bridge", 0.2),
      ConfidenceModifier("large_vehicle", "roundabout", 0.75),
    ]
    for (first, second) in [
      ("tennis_court", "basketball_court"), ("tennis_court", "soccer_ball_field"),
      ("tennis_court", "baseball_diamond"), ("tennis_court", "swimming_pool"),
      ("tennis_court", "Ground_Track_Field"), ("basketball_court", "soccer_ball_field"),
      ("basketball_court", "baseball_diamond"), ("basketball_court", "swimming_pool"),
      ("basketball_court", "Ground_Track_Field"), ("soccer_ball_field", "baseball_diamond"),
      ("soccer_ball_field", "swimming_pool"), ("soccer_ball_field", "Ground_Track_Field"),
      ("baseball_diamond", "swimming_pool"), ("baseball_diamond", "Ground_Track_Field"),
      ("swimming_pool", "Ground_Track_Field"),
    ] {
      pairs.append(ConfidenceModifier(first, second, 1.10))
      pairs.append(ConfidenceModifier(second, first, 1.10))
    }
    for first in ["harbor", "Bridge", "roundabout", "storage_tank"] {
      pairs += sports.map { ConfidenceModifier(first, $0, 0.7) }
    }
    for first in ["small_vehicle", "large_vehicle", "plane", "ship"] {
      pairs += sports.map { ConfidenceModifier(first, $0, 0.5) }
    }
    return pairs
  }()

  @Test("it gives exactly the pairs of the specification, each once")
  func table() async throws {
    let text = try Data(contentsOf: URL(fileURLWithPath: Checkout.path("Rules/dota.pl")))
    let table = try await RuleFixture.reader.table(of: Array(text), file: "dota.pl")
    let order = { (a: ConfidenceModifier, b: ConfidenceModifier) in
      (a.first, a.second) < (b.first, b.second)
    }
    #expect(table.count == 87)
    #expect(table.sorted(by: order) == Self.pairs.sorted(by: order))
  }
}
