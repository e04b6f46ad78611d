import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("ModelRoutes")
struct ModelRoutesTests {
  private func answer(_ defaults: ClassSettings) async throws -> NSDictionary {
    var routes = RouteHarness()
    routes.modelDefaults = defaults
    let json = try await routes.get("models/aerial15").json
    return try #require(json?["data"] as? NSDictionary)
  }

  @Test("a model without a document has its own classes and the contract's threshold")
  func plain() async throws {
    let model = try await answer(ClassSettings())
    #expect(
      model
        == (try object(
          #"""
          {"name": "aerial15", "task": "obb", "classes": ["plane", "ship"],
           "defaults": {"confidence_threshold": 0.25, "class_thresholds": {}},
           "input_size": [640, 640], "size_bytes": 1, "sha256": "0a1b", "default": false}
          """#)))
  }

  @Test("classes are those after the document's map, which is told beside its defaults")
  func mapped() async throws {
    let model = try await answer(
      ClassSettings(
        confidenceThreshold: 0.3, classMap: ["ship": "vessel"],
        classThresholds: ["vessel": 0.4]))
    #expect(model["classes"] as? [String] == ["plane", "vessel"])
    #expect(model["class_map"] as? [String: String] == ["ship": "vessel"])
    #expect(
      model["defaults"] as? NSDictionary
        == (try object(
          #"{"confidence_threshold": 0.3, "class_thresholds": {"vessel": 0.4}}"#)))
  }

  @Test("a rule set is warned of by the labels")
  func ruleWarnings() async throws {
    var routes = RouteHarness()
    routes.modelDefaults = ClassSettings(classMap: ["ship": "vessel"])
    routes.rules = MemoryRuleSource([
      RuleSet(
        name: "r", sha256: "0a", source: "",
        table: try RuleTable([
          ConfidenceModifier(first: "vessel", second: "plane", weight: 2),
          ConfidenceModifier(first: "ship", second: "plane", weight: 2),
        ]))
    ])
    let data = try await routes.get("rules/r?model=aerial15").json?["data"] as? NSDictionary
    #expect(data?["warnings"] as? [String] == ["the model has no class 'ship'"])
  }

  @Test("a job without any result has the labels that it keeps")
  func failedJob() async throws {
    let fixture = try await ResultsFixture(
      detections: [], configuration: #"{"model":"aerial15","class_map":{"ship":"vessel"}}"#)
    let service = try await fixture.routes.get("\(fixture.path)/results?class=vessel&format=coco")
    #expect(
      service.text.contains("vessel") && !service.text.contains("\"ship\""), "\(service.text)")
  }
}
