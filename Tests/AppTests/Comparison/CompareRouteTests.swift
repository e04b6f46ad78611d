import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("POST /jobs/{job_id}/compare")
struct CompareRouteTests {
  private func newJob(_ answer: ComparisonBench.Answer, in bench: ComparisonBench) async throws
    -> Job
  {
    #expect(answer.status == 202, "\(answer.text)")
    let id = try #require((answer.data["job_id"] as? String).flatMap { JobID($0) })
    return try #require(try await bench.store.job(id))
  }

  @Test("the other model runs over the same files with the job's configuration")
  func queued() async throws {
    let bench = try await ComparisonBench()
    let config = """
      {"confidence_threshold": 0.3, "class_thresholds": {"ship": 0.6}, "classes": ["ship"],
       "iou_threshold": 0.5, "visualization": {"format": "png"}}
      """
    let base = try await bench.insert(config) { job in
      job.fileIDs.removeFirst()
      job.callbackURL = "https://example.org"
      job.priority = .high
    }
    try await bench.complete(base, as: 1, [[], []])
    let answer = try await bench.compare(base, with: #"{"model": "aerial@2"}"#, key: "once")
    let job = try await newJob(answer, in: bench)
    #expect(answer.headers[.location] == "/api/v1/jobs/\(job.id)/status")
    #expect(job.fileIDs == base.fileIDs)
    #expect(job.uploadID == base.uploadID)
    #expect(job.model == bench.versions[1].pin)
    #expect(job.comparison == JobComparison(base: base.id, isShadow: false))
    #expect(job.priority == .normal)
    #expect(job.callbackURL == nil)
    // 2 of 1249 x 1035 pixels.
    #expect(abs(job.megapixels - 2.58543) < 1e-9)
    var expected = try bench.kept(config)
    expected.model = "aerial@2"
    #expect(try DetectionConfiguration(json: job.configuration) == expected)
    let again = try await bench.compare(base, with: #"{"model": "aerial@2"}"#, key: "once")
    #expect(try await newJob(again, in: bench).id == job.id)
    let other = try await bench.compare(base, with: #"{"model": "aerial@1"}"#, key: "once")
    #expect(other.code == "IDEMPOTENCY_CONFLICT")
    let status = StatusDocument(job, estimatedCompletion: nil).data
    #expect(
      try object(status)["comparison"] as? NSDictionary
        == object(#"{"job_id": "\#(base.id)", "shadow": false}"#))
    let plain = StatusDocument(base, estimatedCompletion: nil).data
    #expect(try object(plain)["comparison"] == nil)
  }

  @Test("an alias, a priority and a model of the folder may be named; the owner stays")
  func choices() async throws {
    let bench = try await ComparisonBench()
    let base = try await bench.insert()
    try await bench.complete(base, as: 1, [[], [], []])
    _ = try await bench.store.move(
      "candidate", of: "aerial", to: 2, expecting: .anywhere, by: nil, now: startOfTests)
    let low = try await newJob(
      try await bench.compare(base, with: #"{"model": "aerial@candidate", "priority": "low"}"#),
      in: bench)
    #expect(low.model == bench.versions[1].pin)
    #expect(low.priority == .low)
    #expect(low.owner == nil)
    let folder = try await newJob(
      try await bench.compare(base, with: #"{"model": "tree-crowns"}"#), in: bench)
    #expect(folder.model == nil)
    #expect(try DetectionConfiguration(json: folder.configuration).model == "tree-crowns")
  }

  @Test("rules are made anew for the other model's classes")
  func rules() async throws {
    let bench = try await ComparisonBench()
    let name = #"{"symbolic_reasoning": {"rules": "harbours"}}"#
    let base = try await bench.insert(name) { job in
      // As predict pins them: of the two pairs the one that the first version knows.
      var kept = try DetectionConfiguration(json: job.configuration)
      kept.reasoner = RuleReasoner(
        RuleSetIdentity(name: "harbours", sha256: "sha-of-harbours"),
        table: try ComparisonBench.table([("plane", "ship")]), geometry: .normalized)
      job.configuration = kept.json
    }
    try await bench.complete(base, as: 1, [[], [], []])
    let job = try await newJob(
      try await bench.compare(base, with: #"{"model": "aerial@2"}"#), in: bench)
    let modifiers = try DetectionConfiguration(json: job.configuration).reasoner?.table.modifiers
    #expect(modifiers?.map(\.second) == ["ship", "boat"])
  }

  @Test("a job that had no rules when it was accepted is compared without")
  func noRules() async throws {
    let bench = try await ComparisonBench()
    let base = try await bench.insert(#"{"symbolic_reasoning": {"rules": "harbours"}}"#)
    try await bench.complete(base, as: 1, [[], [], []])
    let job = try await newJob(
      try await bench.compare(base, with: #"{"model": "aerial@2"}"#), in: bench)
    #expect(try DetectionConfiguration(json: job.configuration).reasoner == nil)
  }

  @Test(
    "what cannot be compared is refused, and says why",
    arguments: [
      (#"{"model": "aerial@1"}"#, "INVALID_CONFIG", "model: The job has run aerial@1 already"),
      (#"{"model": "aerial@9"}"#, "MODEL_NOT_FOUND", "model: No model \"aerial@9\" is installed"),
      (#"{"model": "../x"}"#, "MODEL_NOT_FOUND", "model: Nothing of this name is installed"),
      ("{}", "INVALID_CONFIG", "model: Is required"),
      (#"{"model": "aerial@2", "priority": "now"}"#, "INVALID_CONFIG", nil),
      (#"{"model": "aerial@2", "modell": 1}"#, "INVALID_CONFIG", nil),
      ("{", "INVALID_REQUEST", nil),
    ] as [(String, String, String?)])
  func refused(body: String, code: String, problem: String?) async throws {
    let bench = try await ComparisonBench()
    let base = try await bench.insert()
    try await bench.complete(base, as: 1, [[], [], []])
    let answer = try await bench.compare(base, with: body)
    #expect(answer.code == code, "\(answer.text)")
    if let problem { #expect(answer.problem == problem) }
    #expect(try await bench.store.jobs(JobQuery()).count == 1)
  }

  @Test(
    "a class that the other model lacks is named",
    arguments: [
      (#"{"classes": ["plane"]}"#, "classes", "plane"),
      (#"{"class_map": {"ship": "vessel"}}"#, "class_map", "ship"),
    ])
  func lacks(config: String, field: String, name: String) async throws {
    let bench = try await ComparisonBench()
    let base = try await bench.insert(config)
    try await bench.complete(base, as: 1, [[], [], []])
    let answer = try await bench.compare(base, with: #"{"model": "tree-crowns"}"#)
    #expect(answer.code == "INVALID_CONFIG")
    #expect(
      answer.problem
        == "model: tree-crowns has no class \"\(name)\", which \(field) of the job names"
    )
  }

  @Test("only a completed job can be compared, as only it has results")
  func states() async throws {
    let bench = try await ComparisonBench()
    let base = try await bench.insert()
    let early = try await bench.compare(base, with: #"{"model": "aerial@2"}"#)
    #expect(early.code == "RESULTS_NOT_READY")
    let none = try await bench.ask(
      .post, "job_01kgfsc0e7v5j1n8qg3zr6xh2a/compare", [.contentType: "application/json"],
      body: #"{"model": "aerial@2"}"#)
    #expect(none.code == "JOB_NOT_FOUND")
  }

  @Test("a retry of it is compared with the same job; that of a shadow stays nobody's")
  func retried() async throws {
    let bench = try await ComparisonBench()
    let base = try await bench.insert()
    for isShadow in [false, true] {
      let comparison = JobComparison(base: base.id, isShadow: isShadow)
      let job = try await bench.insert { $0.comparison = comparison }
      _ = try await bench.store.cancel(job.id, now: startOfTests)
      let retry = try await newJob(try await bench.ask(.post, "\(job.id)/retry"), in: bench)
      #expect(retry.comparison == comparison)
      #expect(retry.owner == nil)
    }
  }
}

@Suite("A configuration for another model")
struct MovedConfigurationTests {
  private func model(_ classNames: [String], map: [String: String]? = nil) -> InstalledModel {
    InstalledModel(
      name: "other", task: .detect, classNames: classNames,
      inputSize: PixelSize(width: 640, height: 640), sha256: "00", sizeBytes: 1,
      defaults: ClassSettings(
        confidenceThreshold: 0.9, classMap: map, classThresholds: ["plane": 0.8]))
  }

  @Test("thresholds of the old model's document are left to the new one's; a caller's own stay")
  func documentThresholds() throws {
    let document = ClassSettings(
      confidenceThreshold: 0.3, classThresholds: ["plane": 0.5, "ship": 0.6])
    // As a job keeps it whose request asked for a threshold of boats only.
    let old = try configuration(
      #"""
      {"confidence_threshold": 0.3,
       "class_thresholds": {"plane": 0.5, "ship": 0.6, "boat": 0.7}}
      """#)
    let moved = try old.moved(to: model(["plane", "ship", "boat"]), from: document)
    #expect(
      moved.classSettings
        == ClassSettings(
          confidenceThreshold: 0.9, classThresholds: ["plane": 0.8, "boat": 0.7]))
    // Neither said anything: 0.25 is nobody's wish.
    let plain = try configuration(#"{"confidence_threshold": 0.25}"#)
    #expect(
      try plain.moved(to: model(["plane"]), from: ClassSettings()).classSettings.confidenceThreshold
        == 0.9)
  }

  @Test("thresholds stay where the model has the class, and the model's own are not taken")
  func thresholds() throws {
    let old = try configuration(
      #"{"confidence_threshold": 0.4, "class_thresholds": {"ship": 0.5, "boat": 0.6}}"#)
    let moved = try old.moved(to: model(["plane", "boat"]), from: ClassSettings())
    #expect(
      moved.classSettings
        == ClassSettings(confidenceThreshold: 0.4, classThresholds: ["boat": 0.6]))
    #expect(moved.model == "other")
  }

  @Test("a map of the old model's document is left to the new one's; one of the request stays")
  func maps() throws {
    let old = try configuration(#"{"class_map": {"boat": "ship"}, "classes": ["ship"]}"#)
    let document = ClassSettings(classMap: ["boat": "ship"])
    // The new model has no boats; its document calls its vessels ships.
    let other = model(["vessel"], map: ["vessel": "ship"])
    let own = try old.moved(to: other, from: document)
    #expect(own.classSettings.classMap == ["vessel": "ship"])
    let error = #expect(throws: APIError.self) { try old.moved(to: other, from: ClassSettings()) }
    #expect(error?.entries.map(\.field) == ["model", "model"])
    let stays = try old.moved(to: model(["boat", "plane"]), from: ClassSettings())
    #expect(stays.classSettings.classMap == ["boat": "ship"])
    let none = try configuration(#"{"class_map": {}}"#)
    #expect(try none.moved(to: other, from: ClassSettings()).classSettings.classMap == [:])
  }
}
