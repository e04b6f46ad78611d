import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import Testing

@testable import App

@Suite("Reasoning routes")
struct ReasoningRoutesTests {
  private static func set(_ name: String, _ weight: Double) throws -> RuleSet {
    RuleSet(
      name: name, sha256: "sha-of-\(name)", source: "% \(name)",
      table: try RuleTable([
        ConfidenceModifier(first: "plane", second: "ship", weight: weight),
        ConfidenceModifier(first: "ship", second: "Plane", weight: 2),
      ]))
  }

  /// A job whose plane a rule has halved because it lies on the ship.
  private static func fixture() async throws -> ResultsFixture {
    var routes = RouteHarness()
    routes.settings.defaultRules = "harbours"
    routes.rules = SomeRules(sets: [try set("harbours", 0.5), try set("friends", 1.5)])
    return try await ResultsFixture(
      routes: routes,
      rules: try RuleReasoner(
        set("harbours", 0.5), for: ResultsFixture.model.classNames, geometry: .normalized))
  }

  private static let penalty = """
    {"action": "PENALTY", "rule": "plane<->ship x0.5",
     "first": {"detection": 0, "class_name": "ship", "bbox": [10.5, 20.25, 110.5, 60.25],
       "confidence_before": 0.95, "confidence_after": 0.95},
     "second": {"detection": 1, "class_name": "plane", "bbox": [90, 30, 110, 70],
       "confidence_before": 0.5, "confidence_after": 0.25},
     "suppressed": "second", "kept": "first"}
    """

  @Test("the report has a row for each action, with both objects before and after")
  func report() async throws {
    let fixture = try await Self.fixture()
    let answer = try await fixture.routes.get("\(fixture.path)/reasoning")
    let files = fixture.files
    #expect(
      try answer.json
        == object(
          """
          {"status": "success",
           "data": {"job_id": "\(fixture.job.id)", "rules": "harbours",
             "rules_sha256": "sha-of-harbours", "total_images": 3, "total_changes": 1,
             "total_actions": 1, "actions_left_out": 0,
             "results": [
               {"file_id": "\(files[0])", "filename": "a.jpg",
                "changes": [
                  {"detection": 1, "class_name": "plane", "bbox": [90, 30, 110, 70],
                   "confidence_before": 0.5, "confidence_after": 0.25,
                   "rules": ["plane<->ship x0.5"]}],
                "actions": [\(Self.penalty)]},
               {"file_id": "\(files[1])", "filename": "a.jpg", "changes": [], "actions": []},
               {"file_id": "\(files[2])", "filename": "broken.png",
                "error": {"code": "CORRUPTED_FILE", "message": "it is cut off"}}]}}
          """))
    let csv = try await fixture.routes.get("\(fixture.path)/reasoning?format=csv")
    #expect(csv.headers[.contentType] == "text/csv; charset=utf-8")
    #expect(
      csv.text == """
        file_id,filename,action,rule,weight,first_detection,first_class,\
        first_confidence_before,first_confidence_after,second_detection,second_class,\
        second_confidence_before,second_confidence_after,suppressed_detection,kept_detection
        \(files[0]),a.jpg,PENALTY,plane<->ship x0.5,0.5,0,ship,0.950000,0.950000,1,plane,0.500000,0.250000,1,0

        """)
  }

  @Test("a job without rules has a report that says so")
  func noRules() async throws {
    let fixture = try await ResultsFixture()
    let answer = try await fixture.routes.get("\(fixture.path)/reasoning")
    let data = try #require(answer.json?["data"] as? NSDictionary)
    #expect(data["rules"] is NSNull)
    #expect(data["rules_sha256"] == nil)
    #expect(data["total_actions"] as? Int == 0)
    let csv = try await fixture.routes.get("\(fixture.path)/reasoning?format=csv")
    #expect(csv.text.split(separator: "\n").count == 1)
  }

  @Test("a changed detection of the results carries its reasoning; the others do not")
  func results() async throws {
    let fixture = try await Self.fixture()
    let answer = try await fixture.routes.get("\(fixture.path)/results")
    let data = try #require(answer.json?["data"] as? NSDictionary)
    let image = try #require((data["results"] as? [NSDictionary])?.first)
    let detections = try #require(image["detections"] as? [NSDictionary])
    #expect(detections.map { $0["class_name"] as? String } == ["ship", "plane"])
    #expect(detections[0]["reasoning"] == nil)
    #expect(detections[1]["confidence"] as? Double == 0.25)
    #expect(
      detections[1]["reasoning"] as? NSDictionary
        == (try object(#"{"confidence_before": 0.5, "rules": ["plane<->ship x0.5"]}"#)))
  }

  @Test("a preview starts from the model's confidences and changes nothing")
  func preview() async throws {
    let fixture = try await Self.fixture()
    let before = await fixture.routes.blobs.blobs
    let answer = try await post(#"{"rules": "friends"}"#, fixture)
    #expect(answer.status == .ok)
    let data = try #require(answer.json?["data"] as? NSDictionary)
    #expect(data["rules"] as? String == "friends")
    let image = try #require((data["results"] as? [NSDictionary])?.first)
    let action = try #require((image["actions"] as? [NSDictionary])?.first)
    #expect(action["action"] as? String == "BOOST")
    let second = try #require(action["second"] as? NSDictionary)
    // Of 0.5, which the job's own rules had halved.
    #expect(second["confidence_before"] as? Double == 0.5)
    #expect(second["confidence_after"] as? Double == 0.75)
    #expect(action["suppressed"] == nil)
    #expect(await fixture.routes.blobs.blobs == before)
    let again = try await fixture.routes.get("\(fixture.path)/reasoning")
    #expect((again.json?["data"] as? NSDictionary)?["rules"] as? String == "harbours")
    let csv = try await post(#"{"rules": "friends", "geometry": "pixels"}"#, fixture, "?format=csv")
    let row =
      ",BOOST,plane<->ship x1.5,1.5,0,ship,0.950000,1.000000,1,plane,0.500000,0.750000,,\n"
    #expect(csv.text.contains(row))
  }

  @Test(
    "a preview that names no set that can be used is refused, naming the field",
    arguments: [
      (#"{"rules": "none"}"#, APIErrorCode.rulesNotFound, "rules"),
      (#"{"rules": "broken"}"#, .rulesNotFound, "rules"),
      (#"{"rules": "../x"}"#, .rulesNotFound, "rules"),
      ("{}", .invalidConfig, "rules"),
      (#"{"rules": "friends", "geometry": "miles"}"#, .invalidConfig, "geometry"),
      (#"{"rules": "friends", "weight": 2}"#, .invalidConfig, "weight"),
      ("{", .invalidRequest, nil),
    ] as [(String, APIErrorCode, String?)])
  func refusedPreview(body: String, code: APIErrorCode, field: String?) async throws {
    let fixture = try await Self.fixture()
    let error = await fixture.routes.error(
      "\(fixture.path)/reasoning/preview", [.contentType: "application/json"], method: .post,
      body: body)
    #expect(error?.code == code)
    #expect(error?.entries.first?.field == field)
  }

  @Test("the list of rule sets tells of each whether it can be used")
  func list() async throws {
    let fixture = try await Self.fixture()
    #expect(
      try await fixture.routes.get("rules").json
        == object(
          """
          {"status": "success",
           "data": {"rules": [
             {"name": "harbours", "sha256": "sha-of-harbours", "pair_count": 2, "default": true},
             {"name": "friends", "sha256": "sha-of-friends", "pair_count": 2, "default": false},
             {"name": "broken", "error": "broken.pl:3:10: odd", "default": false}]}}
          """))
  }

  @Test("a rule set shows its source and table, and what a model does not know of it")
  func ruleSet() async throws {
    let fixture = try await Self.fixture()
    #expect(
      try await fixture.routes.get("rules/harbours?model=aerial15").json
        == object(
          """
          {"status": "success",
           "data": {"name": "harbours", "sha256": "sha-of-harbours", "default": true,
             "source": "% harbours",
             "table": [
               {"first": "plane", "second": "ship", "weight": 0.5, "effect": "PENALTY"},
               {"first": "ship", "second": "Plane", "weight": 2, "effect": "BOOST"}],
             "warnings": ["the model has no class 'Plane'; did you mean 'plane'?"]}}
          """))
    #expect(await fixture.routes.error("rules/none")?.code == .notFound)
    await #expect(
      throws:
        DetectionError(.modelNotFound, "no model named \"none\" is installed or registered")
    ) {
      try await fixture.routes.get("rules/harbours?model=none")
    }
    let broken = await fixture.routes.error("rules/broken")
    #expect(broken?.code == .rulesNotFound)
    #expect(broken?.details == "broken.pl:3:10: odd")
  }

  @Test("the relations of a job are counted, and given as JSON, as Prolog facts and as a graph")
  func relations() async throws {
    let fixture = try await Self.fixture()
    let json = try await fixture.routes.get("\(fixture.path)/relations")
    let data = try #require(json.json?["data"] as? NSDictionary)
    #expect(data["job_id"] as? String == "\(fixture.job.id)")
    #expect(data["limited_images"] as? Int == 0)
    let graph = try #require(data["graph"] as? NSDictionary)
    #expect(graph["images"] as? Int == 2)
    let prolog = try await fixture.routes.get("\(fixture.path)/relations?format=prolog")
    #expect(prolog.headers[.contentType] == "text/x-prolog; charset=utf-8")
    #expect(prolog.text.contains("fact(cooccurs, plane, ship, 1).\n"))
    let svg = try await fixture.routes.get("\(fixture.path)/relations?format=svg")
    #expect(svg.headers[.contentType] == "image/svg+xml")
    #expect(svg.text.contains("</svg>"))
    let tag = try #require(svg.headers[.eTag])
    let again = try await fixture.routes.get(
      "\(fixture.path)/relations?format=svg", [.ifNoneMatch: tag])
    #expect(again.status == .notModified)
    #expect(
      await fixture.routes.error("\(fixture.path)/relations?format=dot")?.code == .invalidRequest)
  }

  private func post(
    _ body: String, _ fixture: ResultsFixture, _ query: String = ""
  ) async throws -> RouteHarness.Answer {
    try await fixture.routes.get(
      "\(fixture.path)/reasoning/preview\(query)", [.contentType: "application/json"],
      method: .post, body: body)
  }
}

/// Two sets that can be used and one that cannot.
private struct SomeRules: RuleSource {
  let sets: [RuleSet]
  private static let failure = DetectionError(.reasoningError, "broken.pl:3:10: odd")

  func ruleSets() async throws -> [InstalledRuleSet] {
    sets.map { InstalledRuleSet(name: $0.name, result: .success($0)) }
      + [InstalledRuleSet(name: "broken", result: .failure(Self.failure))]
  }

  func ruleSet(named name: String) async throws -> RuleSet {
    if name == "broken" { throw Self.failure }
    guard let set = sets.first(where: { $0.name == name }) else {
      throw DetectionError(.rulesNotFound, "no rule set")
    }
    return set
  }
}
