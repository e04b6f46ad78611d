import Foundation
import TestSupport
import Testing

@Suite("Service: rules")
struct RuleServiceTests {
  private static let aerial = #""model":"aerial15-obb","sahi":{"enabled":false}"#

  private func harbour() throws -> [(name: String, data: Data)] {
    [("scene.jpg", try Checkout.data(Checkout.sample("scene-large.jpg")))]
  }

  private func config(_ rules: String) -> String {
    "{\(Self.aerial),\"confidence_threshold\":0.05,\"symbolic_reasoning\":{\"rules\":\"\(rules)\"}}"
  }

  private func start(
    _ folder: TemporaryFolder, environment: [String: String] = [:]
  ) async throws -> ServerProcess {
    try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--rules-dir", folder.path("rules")],
      environment: environment.merging(["HARRIER_RATE_LIMIT": "0"]) { $1 })
  }

  /// The confidences of a job by box, and those before rules where rules changed them.
  private func confidences(
    of job: String, _ client: ServiceClient
  ) async throws -> [String: (now: Double, before: Double?, rules: [String])] {
    let images = try await client.get("/api/v1/jobs/\(job)/results").data["results"]
    let detections = (images as? [[String: Any]])?.first?["detections"] as? [[String: Any]] ?? []
    return Dictionary(
      detections.map { detection in
        let box = detection["bbox"] as? [String: Any] ?? [:]
        let name = detection["class_name"] as? String ?? ""
        let key =
          name + ["x_min", "y_min", "x_max", "y_max"].map { " \(box[$0] ?? "")" }.joined()
        let reasoning = detection["reasoning"] as? [String: Any]
        return (
          key,
          (
            detection["confidence"] as? Double ?? -1, reasoning?["confidence_before"] as? Double,
            reasoning?["rules"] as? [String] ?? []
          )
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  @Test("a job with rules has the boxes of the job without, and tells of every change")
  func effect() async throws {
    let client = try await SharedServer.client()
    let plain = try await client.runJob(
      try harbour(), config: "{\(Self.aerial),\"confidence_threshold\":0.05}")
    let ruled = try await client.runJob(try harbour(), config: config("dota"))
    let without = try await confidences(of: plain, client)
    let with = try await confidences(of: ruled, client)
    #expect(Set(with.keys) == Set(without.keys))
    let changed = with.filter { $0.value.before != nil }
    #expect(!changed.isEmpty)
    for (box, found) in with {
      #expect(found.before ?? found.now == without[box]?.now)
      #expect(found.before == nil || !found.rules.isEmpty)
    }
    let report = try await client.get("/api/v1/jobs/\(ruled)/reasoning").data
    #expect(report["rules"] as? String == "dota")
    #expect(report["total_changes"] as? Int == changed.count)
    // The same rules on the job without give the same.
    let preview = try await client.post(
      "/api/v1/jobs/\(plain)/reasoning/preview", json: #"{"rules":"dota"}"#
    ).data
    #expect(preview["total_changes"] as? Int == changed.count)
    #expect(preview["total_actions"] as? Int == report["total_actions"] as? Int)
    let set = try await client.get("/api/v1/rules/dota?model=aerial15-obb").data
    #expect(set["sha256"] as? String == report["rules_sha256"] as? String)
    #expect((set["table"] as? [Any])?.count == 87)
    #expect((set["warnings"] as? [Any])?.count == 0)
  }

  @Test("hostile rule files are refused with their place, and the service and the next job go on")
  func hostile() async throws {
    let folder = try TemporaryFolder()
    let target = try folder.write("precious", to: "precious")
    let hostile = [
      "shell": "confidence_modifier(a,b,2) :- shell('touch \(folder.path("evil"))').",
      "open": "confidence_modifier(a,b,2) :- open('\(folder.path("evil"))',write,_).",
      "initialization": ":- initialization(shell('rm \(target)')).\nconfidence_modifier(a,b,2).",
      "directive": ":- delete_file('\(target)').\nconfidence_modifier(a,b,2).",
      "process": ":- use_module(library(process)).\n"
        + "confidence_modifier(a,b,2) :- process_create(path(touch),['\(folder.path("evil"))'],[]).",
      "foreign": ":- use_foreign_library('\(folder.path("evil")).so').\n"
        + "confidence_modifier(a,b,2) :- load_foreign_library('\(folder.path("evil")).so').",
      "assert": "confidence_modifier(a,b,2) :- repeat, assertz(x(aaaaaaaaaaaaaaaa)), fail.",
      "recursion": "confidence_modifier(A,b,2) :- f(A).\nf(X) :- f(Y), X = g(Y).",
      "solutions": "confidence_modifier(a,b,N) :- between(1,1000000000,N).",
      "syntax": "confidence_modifier(a,b,2).\nconfidence_modifier(a,,3).",
    ]
    for (name, text) in hostile { try folder.write(text, to: "rules/\(name).pl") }
    // Of 50 MB, without 50 MB on the disk.
    try folder.write("", to: "rules/large.pl")
    #expect(truncate(folder.path("rules/large.pl"), 50 << 20) == 0)
    try folder.write("confidence_modifier(small_vehicle,ship,1.5).", to: "rules/good.pl")
    let server = try await start(folder)
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload(try harbour()).data["upload_id"] as? String ?? ""
    func predict(_ rules: String) async throws -> ServiceClient.Answer {
      try await client.post(
        "/api/v1/inference/predict",
        json: #"{"upload_id":"\#(upload)","config":\#(config(rules))}"#)
    }
    for name in hostile.keys.sorted() + ["large"] {
      let start = ContinuousClock.now
      let answer = try await predict(name)
      #expect(answer.status == 400 && answer.errorCode == "RULES_NOT_FOUND", "\(name)")
      #expect(answer.text.contains("\(name).pl"), "\(answer.text)")
      // The service gives a file up after 15 s; the rest is a busy machine's.
      #expect(start.duration(to: .now) < .seconds(90), "\(name)")
    }
    #expect(try await predict("syntax").text.contains("syntax.pl:2:"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("evil")))
    #expect(FileManager.default.contents(atPath: target) == Data("precious".utf8))
    let listed = try await client.get("/api/v1/rules").data["rules"] as? [[String: Any]] ?? []
    #expect(listed.count == hostile.count + 2)
    #expect(listed.filter { $0["error"] == nil }.map { $0["name"] as? String } == ["good"])
    let job = try await predict("good").data["job_id"] as? String ?? ""
    #expect(try await client.waitForEnd(of: job).data["status"] as? String == "completed")
    #expect(await server.stop() == 0)
  }

  @Test(
    "a rule file that changes is read again without a restart; a job keeps what it was accepted with"
  )
  func change() async throws {
    let folder = try TemporaryFolder()
    try folder.write("confidence_modifier(ship,ship,0.5).", to: "rules/mine.pl")
    let server = try await start(folder, environment: ["HARRIER_WORKERS": "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let first = try await client.startJob(try harbour(), config: config("mine"))
    let before = try await client.get("/api/v1/rules/mine").data["sha256"] as? String
    try folder.write("confidence_modifier(ship,harbor,1.5).", to: "rules/mine.pl")
    let second = try await client.startJob(try harbour(), config: config("mine"))
    let after = try await client.get("/api/v1/rules/mine").data["sha256"] as? String
    #expect(before != nil && after != nil && before != after)
    #expect(await server.stop() == 0)
    // The file is gone altogether when the jobs are done.
    try FileManager.default.removeItem(atPath: folder.path("rules/mine.pl"))
    let next = try await start(folder)
    let nextClient = ServiceClient(baseURL: next.baseURL)
    for (job, sha256) in [(first, before), (second, after)] {
      try await nextClient.waitForEnd(of: job)
      let report = try await nextClient.get("/api/v1/jobs/\(job)/reasoning").data
      #expect(report["rules_sha256"] as? String == sha256)
    }
    #expect(await next.stop() == 0)
  }

  @Test(
    "the operator's set is that of jobs that name none; when it cannot be used, the start warns")
  func defaultRules() async throws {
    let folder = try TemporaryFolder()
    try folder.write("confidence_modifier(ship,harbor,1.25", to: "rules/mine.pl")
    let server = try await start(
      folder, environment: ["HARRIER_DEFAULT_RULES": "mine", "HARRIER_WORKERS": "0"])
    #expect(server.log.contains("default_rules cannot be used"))
    #expect(server.log.contains("mine.pl:1:"))
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload(try harbour()).data["upload_id"] as? String ?? ""
    func predict(_ config: String) async throws -> ServiceClient.Answer {
      try await client.post(
        "/api/v1/inference/predict", json: #"{"upload_id":"\#(upload)","config":\#(config)}"#)
    }
    #expect(try await predict("{\(Self.aerial)}").errorCode == "RULES_NOT_FOUND")
    let off = #"{"symbolic_reasoning":{"enabled":false}}"#
    #expect(try await predict(off).status == 202)
    // Mended, without a restart.
    try folder.write("confidence_modifier(ship,harbor,1.25).", to: "rules/mine.pl")
    #expect(try await predict("{\(Self.aerial)}").status == 202)
    #expect(await server.stop() == 0)
  }

  @Test("without SWI-Prolog rules are refused with that reason, and jobs without rules go on")
  func noProlog() async throws {
    let folder = try TemporaryFolder()
    try folder.write("confidence_modifier(ship,harbor,1.25).", to: "rules/facts.pl")
    try folder.write("", to: "bin/none")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("bin/prlimit"), withDestinationPath: "/usr/bin/prlimit")
    let server = try await start(folder, environment: ["PATH": folder.path("bin")])
    let client = ServiceClient(baseURL: server.baseURL)
    let upload = try await client.upload(try harbour()).data["upload_id"] as? String ?? ""
    let refused = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload)","config":\#(config("facts"))}"#)
    #expect(refused.errorCode == "RULES_NOT_FOUND")
    #expect(refused.text.contains("SWI-Prolog (swipl) is not installed"), "\(refused.text)")
    let job = try await client.runJob(try harbour(), config: "{\(Self.aerial)}")
    let status = try await client.get("/api/v1/jobs/\(job)/status").data["status"] as? String
    #expect(status == "completed")
    #expect(await server.stop() == 0)
  }
}
