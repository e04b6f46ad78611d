import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

/// Which rules a new job gets.
@Suite("The rules of a job")
struct RulePinningTests {
  private let harbours: RuleSet

  init() throws {
    harbours = RuleSet(
      name: "harbours", sha256: "0a", source: "",
      table: try RuleTable([
        ConfidenceModifier(first: "ship", second: "plane", weight: 2),
        ConfidenceModifier(first: "ship", second: "unicorn", weight: 2),
      ]))
  }

  private func reasoner(_ reasoning: String, default name: String? = nil) async throws
    -> RuleReasoner?
  {
    var settings = ServiceSettings()
    settings.defaultRules = name
    let service = MonitoredService(settings: settings, rules: MemoryRuleSource([harbours])).service
    let configuration = try configuration("{\"symbolic_reasoning\": \(reasoning)}")
    return try await service.reasoner(for: configuration, aerialModel)
  }

  @Test("a set that a client names is pinned, without the pairs that the model cannot meet")
  func named() async throws {
    let reasoner = try #require(
      try await reasoner(#"{"rules": "harbours", "geometry": "pixels"}"#))
    #expect(reasoner.rules == RuleSetIdentity(name: "harbours", sha256: "0a"))
    #expect(reasoner.geometry == .pixels)
    #expect(
      reasoner.table.modifiers
        == [ConfidenceModifier(first: "ship", second: "plane", weight: 2)])
  }

  @Test("the operator's set is that of requests that name none; without one there are no rules")
  func defaults() async throws {
    #expect(try await reasoner("{}") == nil)
    #expect(try await reasoner("{}", default: "harbours")?.rules.name == "harbours")
  }

  @Test("reasoning that is off asks for no set")
  func off() async throws {
    #expect(
      try await reasoner(#"{"enabled": false, "rules": "../x"}"#, default: "harbours") == nil)
  }

  @Test("a set that is not there is refused, naming the field")
  func missing() async throws {
    let error = await #expect(throws: APIError.self) {
      try await reasoner(#"{"rules": "other"}"#)
    }
    #expect(error?.code == .rulesNotFound)
    #expect(error?.entries.map(\.field) == ["config.symbolic_reasoning.rules"])
  }
}
