import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Routes of shadows, and what clients see of them")
struct ShadowRoutesTests {
  @Test("a rule is set, replaced, shown and removed")
  func rule() async throws {
    let bench = try await ShadowBench()
    let none = try await bench.ask(.get, "models/aerial/shadow")
    #expect(none.status == 200)
    #expect(none.data["rule"] is NSNull && none.data["report"] is NSNull)
    #expect(none.data["base_version"] as? Int == 1)
    let set = try await bench.ask(
      .put, "models/aerial/shadow", body: #"{"candidate": 2, "share": 0.25}"#)
    #expect(set.status == 201)
    #expect(set.headers[.location] == "/api/v1/models/aerial/shadow")
    #expect(
      try object(set.text)["data"] as? NSDictionary
        == object(
          """
          {"name": "aerial",
           "rule": {"candidate": 2, "share": 0.25, "set_at": "\(startOfTests.rfc3339)"}}
          """))
    let ann = Caller(
      credential: .none, owner: "ann", account: "ann", scopes: Set(AccessScope.allCases))
    let replaced = try await bench.ask(
      .put, "models/aerial/shadow", body: #"{"candidate": "production"}"#, as: ann)
    #expect(replaced.status == 200)
    let shown = try await bench.ask(.get, "models/aerial/shadow")
    let rule = try #require(shown.data["rule"] as? [String: Any])
    #expect(rule["candidate"] as? String == "production")
    #expect(rule["share"] as? Double == 0.1)
    #expect(rule["set_by"] as? String == "ann")
    // It is what clients' jobs run, so nothing is tried.
    #expect(shown.data["candidate_version"] as? Int == 1)
    #expect(shown.data["report"] is NSNull)
    #expect(try await bench.ask(.delete, "models/aerial/shadow").status == 200)
    #expect(try await bench.ask(.delete, "models/aerial/shadow").status == 404)
  }

  @Test(
    "a rule that is none is refused, and the field named",
    arguments: [
      ("{", "INVALID_REQUEST", nil), ("{}", "INVALID_CONFIG", "candidate"),
      (#"{"candidate": 0}"#, "INVALID_CONFIG", "candidate"),
      (#"{"candidate": 1.5}"#, "INVALID_CONFIG", "candidate"),
      (#"{"candidate": "Prod"}"#, "INVALID_CONFIG", "candidate"),
      (#"{"candidate": null}"#, "INVALID_CONFIG", "candidate"),
      (#"{"candidate": 2, "share": 0}"#, "INVALID_CONFIG", "share"),
      (#"{"candidate": 2, "share": 1.01}"#, "INVALID_CONFIG", "share"),
      (#"{"candidate": 2, "share": "all"}"#, "INVALID_CONFIG", "share"),
      (#"{"candidate": 2, "shares": 1}"#, "INVALID_CONFIG", "shares"),
      (#"{"candidate": 3}"#, "MODEL_NOT_FOUND", "candidate"),
      (#"{"candidate": "none"}"#, "MODEL_NOT_FOUND", "candidate"),
    ] as [(String, String, String?)])
  func refused(body: String, code: String, field: String?) async throws {
    let bench = try await ShadowBench()
    let answer = try await bench.ask(.put, "models/aerial/shadow", body: body)
    #expect(answer.code == code, "\(answer.text)")
    let entries = answer.json["errors"] as? [[String: Any]]
    #expect(entries?.first?["field"] as? String == field)
    #expect(try await bench.store.shadow(of: "aerial") == nil)
  }

  @Test("a model that is not registered has no shadow", arguments: ["tree-crowns", "none", ".x"])
  func unknown(name: String) async throws {
    let bench = try await ShadowBench()
    let path = "models/\(name)/shadow"
    #expect(try await bench.ask(.get, path).status == 404)
    #expect(try await bench.ask(.put, path, body: #"{"candidate": 1}"#).status == 404)
    #expect(try await bench.ask(.delete, path).status == 404)
  }

  @Test("the report adds up the pairs of two versions, also of others than the present ones")
  func report() async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    let boxes = [ComparisonBench.box(0, at: 0), ComparisonBench.box(1, at: 50)]
    try await bench.jobs.complete(base, as: 1, [boxes, boxes, nil])
    // Ships have another number there.
    try await bench.jobs.complete(shadow, as: 2, [[ComparisonBench.box(0, at: 50)], [], []])
    #expect(await bench.compare())
    let waiting = try await bench.jobs.insert()
    await bench.start(beside: waiting)
    let answer = try await bench.ask(.get, "models/aerial/shadow")
    #expect(answer.data["candidate_version"] as? Int == 2)
    let figures = { (base: Int, candidate: Int, matched: Int, agreement: String, mean: String) in
      """
      "base_boxes": \(base), "candidate_boxes": \(candidate), "matched": \(matched),
      "only_base": \(base - matched), "only_candidate": \(candidate - matched),
      "agreement": \(agreement), "mean_iou": \(mean == "null" ? mean : "1"),
      "mean_confidence_change": \(mean)
      """
    }
    // By hand: 1 of 4 and 1 boxes, 2 x 1 / 5.
    #expect(
      answer.data["report"] as? NSDictionary
        == (try object(
          """
          {"jobs": 1, "failed": 0, "pending": 1, "images": 2,
           "figures": {\(figures(4, 1, 1, "0.4", "0"))},
           "classes": [{"class": "ship", \(figures(2, 1, 1, "0.666667", "0"))},
             {"class": "plane", \(figures(2, 0, 0, "0", "null"))}],
           "relabelled": [], "failures": [],
           "worst": [{"job_id": "\(base.id)", "shadow_job_id": "\(shadow.id)", "agreement": 0.4,
             "compared_at": "\(startOfTests.rfc3339)"}]}
          """)),
      "\(answer.text)")
    _ = try await bench.store.move(
      "production", of: "aerial", to: 2, expecting: .anywhere, by: nil, now: startOfTests)
    #expect(try await bench.ask(.get, "models/aerial/shadow").data["report"] is NSNull)
    let older = try await bench.ask(.get, "models/aerial/shadow?base=1&candidate=2")
    #expect((older.data["report"] as? [String: Any])?["jobs"] as? Int == 1)
    #expect(
      try await bench.ask(.get, "models/aerial/shadow?base=0").code == "INVALID_REQUEST")
  }

  @Test("of many pairs the report names those that agree least")
  func worst() throws {
    var report = ShadowReport(
      versions: ShadowVersions(name: "aerial", base: 1, candidate: 2))
    var order = SeededGenerator(seed: 7)
    let shares = (1...30).shuffled(using: &order)
    for share in shares {
      let figures = try #require(
        ComparisonFigures(
          baseBoxes: 30, candidateBoxes: 30, matched: share, meanIoU: 1, meanConfidenceChange: 0))
      let comparison = ModelComparison(
        images: 1, figures: figures, classes: ["ship": figures], relabelled: [:])
      let pair = ShadowPair(
        versions: report.versions, baseJob: JobID(at: startOfTests),
        shadowJob: JobID(at: startOfTests))
      try report.add(
        ShadowResult(
          pair: pair, outcome: .compared(figures: comparison.storedShadow),
          endedAt: startOfTests))
    }
    #expect(report.worst.map { ($0.agreement * 30).rounded() } == (1...20).map(Double.init))
    #expect(report.jobs == 30)
    // 1 + 2 + ... + 30
    #expect(report.comparison.figures.matched == 465)
    #expect(report.comparison.classes["ship"]?.baseBoxes == 900)
  }

  @Test("figures that cannot be read are an error, not zeros")
  func unreadable() {
    var report = ShadowReport(
      versions: ShadowVersions(name: "aerial", base: 1, candidate: 2))
    let pair = ShadowPair(
      versions: report.versions, baseJob: JobID(at: startOfTests),
      shadowJob: JobID(at: startOfTests))
    for text in ["", "{}", #"{"images": 1}"#, "[]"] {
      #expect(throws: JobsError.self) {
        try report.add(
          ShadowResult(pair: pair, outcome: .compared(figures: text), endedAt: startOfTests))
      }
    }
  }
}

@Suite("What clients see of shadows")
struct UnseenShadowTests {
  private static let ann = Caller(
    credential: .none, owner: "ann", account: "ann", scopes: [.read, .submit])

  /// All that a client is told on a job's way, without the ids.
  private func story(isShadowed: Bool) async throws -> [String] {
    let bench = try await ShadowBench()
    var upload = sampleUpload()
    upload.owner = "ann"
    try await bench.store.insert(upload)
    if isShadowed { try await bench.setRule() }
    var offered = bench.service.shadowQueue.jobs.makeAsyncIterator()
    var answers = [
      try await bench.ask(
        .post, "inference/predict", body: #"{"upload_id": "\#(upload.id)"}"#, as: Self.ann)
    ]
    let id = try #require((answers[0].data["job_id"] as? String).flatMap { JobID($0) })
    let job = try #require(await offered.next())
    #expect(job.id == id)
    await bench.start(beside: job)
    #expect(try await bench.shadows().count == (isShadowed ? 1 : 0))
    answers.append(try await bench.ask(.get, "jobs/\(id)/status", as: Self.ann))
    answers.append(try await bench.ask(.get, "jobs", as: Self.ann))
    let claim = try #require(
      try await bench.store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests)
    ).claim
    #expect(claim.jobID == id)
    try await bench.store.finish(claim, .completed(summary: "{}"), now: startOfTests)
    bench.time.advance(3)
    let again = try await bench.ask(
      .post, "inference/predict", body: #"{"upload_id": "\#(upload.id)"}"#, as: Self.ann)
    let second = try #require(again.data["job_id"] as? String)
    answers += [again, try await bench.ask(.post, "jobs/\(second)/cancel", as: Self.ann)]
    // The shadow is still queued.
    answers.append(try await bench.ask(.delete, "uploads/\(upload.id)", as: Self.ann))
    #expect(answers.map(\.status) == [202, 200, 200, 202, 200, 200])
    return answers.map { answer in
      answer.text.replacing("\(id)", with: "FIRST").replacing(second, with: "SECOND")
        .replacing("\(upload.id)", with: "UPLOAD")
    }
  }

  @Test("a client's answers are the same with and without")
  func answers() async throws {
    #expect(try await story(isShadowed: true) == story(isShadowed: false))
  }

  @Test("who sees all jobs sees shadows, marked")
  func marked() async throws {
    let bench = try await ShadowBench()
    let (base, shadow) = try await bench.pair()
    let answer = try await bench.ask(.get, "jobs")
    let listed = try #require(answer.data["jobs"] as? [[String: Any]])
    #expect(listed.count == 2)
    for job in listed {
      let comparison = job["comparison"] as? NSDictionary
      if job["job_id"] as? String == shadow.id.description {
        #expect(
          try comparison == object(#"{"job_id": "\#(base.id)", "shadow": true}"#))
      } else {
        #expect(comparison == nil)
      }
    }
  }

  @Test("only what clients ask for anew gets a shadow: no repetition, no retry, no comparison")
  func offered() async throws {
    let bench = try await ShadowBench()
    let body = #"{"upload_id": "\#(bench.jobs.upload.id)"}"#
    func predict(_ key: String) async throws -> String {
      let answer = try await bench.ask(.post, "inference/predict", body: body, key: key)
      return try #require(answer.data["job_id"] as? String)
    }
    let first = try await predict("a")
    #expect(try await predict("a") == first)
    #expect(try await bench.ask(.post, "jobs/\(first)/cancel").status == 200)
    #expect(try await bench.ask(.post, "jobs/\(first)/retry").status == 202)
    let retried = try #require(try await bench.store.jobs(JobQuery(state: .queued)).first)
    try await bench.jobs.complete(retried, as: 1, [[], [], []])
    let compared = try await bench.ask(
      .post, "jobs/\(retried.id)/compare", body: #"{"model": "aerial@2"}"#)
    #expect(compared.status == 202)
    let last = try await predict("b")
    var offered = bench.service.shadowQueue.jobs.makeAsyncIterator()
    #expect(await offered.next()?.id.description == first)
    #expect(await offered.next()?.id.description == last)
  }
}
