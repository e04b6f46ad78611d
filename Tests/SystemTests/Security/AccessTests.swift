import Foundation
import TestSupport
import Testing

@Suite("Service: keys, tokens, sessions")
struct AccessTests {
  @Test("a revoked key, and the tokens and sessions made of it, open nothing after five seconds")
  func revocation() async throws {
    let bench = try await AccessBench.start(workers: 0)
    let key = try await bench.key("read")
    let client = bench.anonymous.with(key: key)
    let token = try #require(
      try await client.send("POST", "/api/v1/auth/token").data["access_token"] as? String)
    let session = try await bench.anonymous.post(
      "/api/v1/auth/session", json: #"{"key":"\#(key)"}"#)
    let cookie = try #require(session.headers["set-cookie"]?.split(separator: ";").first)
    let withCookie = bench.anonymous.with(headers: ["Cookie": String(cookie)])
    let ways = [client, bench.anonymous.with(key: token), withCookie]
    for way in ways { #expect(try await way.get("/api/v1/jobs").status == 200) }
    let revoked = try await bench.keys(["revoke", key])
    #expect(revoked.status == 0 && revoked.text.hasPrefix("Revoked: hrk_"))
    let clock = ContinuousClock()
    let end = clock.now + .seconds(6)
    for way in ways {
      while true {
        let asked = clock.now
        guard try await way.get("/api/v1/jobs").status == 200 else { break }
        // When it was asked counts, not when a busy machine has answered.
        if asked > end {
          Issue.record("It opens something still")
          break
        }
      }
    }
    let listed = try await bench.keys(["list", "--json"])
    #expect(listed.text.contains(#""state":"revoked""#))
    #expect(!listed.text.contains(key))
    #expect(await bench.server.stop() == 0)
  }

  @Test("keys are shown once and kept as hashes; the server's log and the audit log have no secret")
  func noSecrets() async throws {
    let bench = try await AccessBench.start(["HARRIER_LOG_LEVEL": "trace"], workers: 0)
    let key = try await bench.key("read,submit")
    let secret = try #require(key.split(separator: "_").last)
    let client = bench.anonymous.with(key: key)
    let upload = try await client.upload([try AccessBench.picture()])
    #expect(upload.status == 200)
    let token = try await client.send("POST", "/api/v1/auth/token")
    let text = try #require(token.data["access_token"] as? String)
    _ = try await bench.anonymous.post("/api/v1/auth/session", json: #"{"key":"\#(key)"}"#)
    _ = try await bench.anonymous.with(key: key + "x").get("/api/v1/jobs")
    _ = try await bench.anonymous.with(key: text + "x").get("/api/v1/jobs")
    #expect(await bench.server.stop() == 0)
    let signature = try #require(text.split(separator: ".").last)
    let files = try FileManager.default.subpathsOfDirectory(atPath: bench.server.dataDirectory)
    let kept = files.map { "\(bench.server.dataDirectory)/\($0)" }
      .filter { FileManager.default.isReadableFile(atPath: $0) && !$0.hasSuffix("/") }
      .compactMap { try? Data(contentsOf: URL(fileURLWithPath: $0)) }
    for text in [secret, signature] {
      #expect(!bench.server.log.contains(text))
      for data in kept { #expect(data.range(of: Data(text.utf8)) == nil) }
    }
    let entries = try bench.audit()
    let actions = entries.compactMap { $0["action"] as? String }
    #expect(
      actions == [
        "keys create", "POST /api/v1/inference/upload", "POST /api/v1/auth/token",
        "POST /api/v1/auth/session", "GET /api/v1/jobs", "GET /api/v1/jobs",
      ])
    let uploaded = try #require(entries.first { $0["action"] as? String == actions[1] })
    #expect(uploaded["client"] as? String == "127.0.0.1")
    #expect(
      uploaded["key_id"] as? String == key.split(separator: "_").prefix(2).joined(separator: "_"))
    #expect(
      (uploaded["ids"] as? [String: String])?["upload_id"] == upload.data["upload_id"] as? String)
    #expect(uploaded["request_id"] as? String == upload.headers["x-request-id"])
    #expect(entries.last?["outcome"] as? String == "refused")
  }

  @Test("a token has the scopes asked for and no more, and ends; it is not exchanged again")
  func tokens() async throws {
    let bench = try await AccessBench.start(workers: 0)
    let client = try await bench.client("read,submit")
    let answer = try await client.post(
      "/api/v1/auth/token", json: #"{"scopes":["read"],"expires_in":600}"#)
    #expect(answer.data["expires_in"] as? Int == 600)
    #expect(answer.headers["cache-control"] == "no-store")
    let token = try #require(answer.data["access_token"] as? String)
    let holder = bench.anonymous.with(key: token)
    #expect(try await holder.get("/api/v1/jobs").status == 200)
    #expect(try await holder.get("/api/v1/auth/me").data["scopes"] as? [String] == ["read"])
    #expect(
      try await holder.upload([try AccessBench.picture()]).errorCode == "FORBIDDEN")
    #expect(try await holder.send("POST", "/api/v1/auth/token").status == 401)
    for wrong in [
      #"{"scopes":["admin"]}"#, #"{"scopes":["all"]}"#, #"{"scopes":[]}"#, #"{"expires_in":0}"#,
      #"{"expires_in":901}"#, #"{"scope":"read"}"#,
    ] {
      let refused = try await client.post("/api/v1/auth/token", json: wrong)
      #expect(refused.status == 400 && refused.errorCode == "INVALID_CONFIG", "\(wrong)")
    }
    try await expectEnd(ofTokenOf: client, bench)
    #expect(await bench.server.stop() == 0)
  }

  /// A token of three seconds opens something at first, and nothing after them.
  private func expectEnd(ofTokenOf client: ServiceClient, _ bench: AccessBench) async throws {
    let clock = ContinuousClock()
    let wished = clock.now
    let answer = try await client.post("/api/v1/auth/token", json: #"{"expires_in":3}"#)
    let holder = bench.anonymous.with(
      key: try #require(answer.data["access_token"] as? String, "\(answer.text)"))
    // In whole seconds, and one more in which clocks may differ.
    let (first, end) = (try await holder.get("/api/v1/jobs").status, clock.now + .seconds(4))
    // A busy machine may answer when the token's time is over.
    if clock.now - wished < .seconds(2) { #expect(first == 200) }
    while true {
      let asked = clock.now
      guard try await holder.get("/api/v1/jobs").status == 200 else { break }
      if asked > end {
        Issue.record("The token goes on")
        break
      }
    }
  }

  @Test("a session's cookie is out of reach of scripts and other pages, and of programs' headers")
  func session() async throws {
    let bench = try await AccessBench.start(workers: 0)
    let key = try await bench.key("read,submit")
    let begun = try await bench.anonymous.post(
      "/api/v1/auth/session", json: #"{"key":"\#(key)"}"#)
    let header = try #require(begun.headers["set-cookie"])
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
      #expect(header.contains(attribute))
    }
    let cookie = String(try #require(header.split(separator: ";").first))
    let own = ["Cookie": cookie, "Sec-Fetch-Site": "same-origin"]
    #expect(
      try await bench.anonymous.get("/api/v1/jobs", headers: ["Cookie": cookie]).status == 200)
    let form = MultipartForm([try AccessBench.picture()])
    func upload(_ headers: [String: String]) async throws -> Int {
      try await bench.anonymous.send(
        "POST", "/api/v1/inference/upload",
        headers: headers.merging(["Content-Type": form.contentType]) { $1 }, body: form.body
      ).status
    }
    #expect(try await upload(own) == 200)
    let origin = bench.server.baseURL
    #expect(try await upload(["Cookie": cookie, "Origin": origin]) == 200)
    for foreign in [
      ["Cookie": cookie], ["Cookie": cookie, "Sec-Fetch-Site": "cross-site"],
      ["Cookie": cookie, "Sec-Fetch-Site": "same-site"],
      ["Cookie": cookie, "Origin": "https://evil.example.org"],
      ["Cookie": cookie, "Origin": "null"],
      ["Cookie": cookie, "Origin": "http://127.0.0.1:1"],
    ] { #expect(try await upload(foreign) == 403, "\(foreign)") }
    // A session's token is good in a cookie only, an access token in a header only.
    let token = String(cookie.drop { $0 != "=" }.dropFirst())
    #expect(try await bench.anonymous.with(key: token).get("/api/v1/jobs").status == 401)
    let access = try await bench.anonymous.with(key: key).send("POST", "/api/v1/auth/token")
    let text = try #require(access.data["access_token"] as? String)
    #expect(
      try await bench.anonymous.get("/api/v1/jobs", headers: ["Cookie": "harrier=\(text)"]).status
        == 401)
    let ended = try await bench.anonymous.send("DELETE", "/api/v1/auth/session", headers: own)
    #expect(ended.headers["set-cookie"]?.contains("Max-Age=0") == true)
    // Behind a proxy that is trusted and came by HTTPS it is Secure; anybody else's word is nothing.
    let spoofed = try await bench.anonymous.post(
      "/api/v1/auth/session", json: #"{"key":"\#(key)"}"#, headers: ["X-Forwarded-Proto": "https"])
    #expect(spoofed.headers["set-cookie"]?.contains("Secure") == false)
    #expect(await bench.server.stop() == 0)
  }

  @Test("an address that shows wrong keys has to wait, and good keys are let in from it meanwhile")
  func bruteForce() async throws {
    let bench = try await AccessBench.start(["HARRIER_FAILED_LOGINS": "5"], workers: 0)
    let good = try await bench.client("read")
    #expect(try await good.get("/api/v1/jobs").status == 200)
    let id = "hrk_01kgfsbz4wq8n5e2xa7c3hd9pt_"
    let run = try await BucketRun(limit: 5) { number in
      let wrong = id + String(repeating: "\(number % 10)", count: 52)
      // Its own word for another address does not help.
      return try await bench.anonymous.get(
        "/api/v1/jobs",
        headers: ["X-API-Key": wrong, "X-Forwarded-For": "192.0.2.\(number)"])
    }
    #expect(run.isExplained, "\(run.admitted.count)")
    #expect(run.admitted.allSatisfy { $0.status == 401 })
    #expect(run.refused.headers["retry-after"].flatMap { Int($0) }.map { $0 > 0 } == true)
    #expect(try await good.get("/api/v1/jobs").status == 200)
    #expect(try await bench.anonymous.get("/health/live").status == 200)
    #expect(await bench.server.stop() == 0)
  }

  @Test("a key's own limits hold, and each refusal says what is left")
  func quotas() async throws {
    let bench = try await AccessBench.start(workers: 0)
    let picture = try AccessBench.picture()
    let few = try await bench.client("read", ["--requests-per-minute", "3"])
    let run = try await BucketRun(limit: 3) { _ in try await few.get("/api/v1/jobs") }
    #expect(run.isExplained, "\(run.admitted.count)")
    #expect(run.admitted.allSatisfy { $0.status == 200 })
    let form = MultipartForm([picture])
    let share = form.body.count * 3 / 2
    let small = try await bench.client(
      "read,submit", ["--bytes-per-day", "\(share)", "--queued-jobs", "2"])
    let kept = try await small.upload([picture])
    #expect(kept.status == 200)
    let refused = try await small.upload([picture])
    #expect(refused.status == 429 && refused.errorCode == "RATE_LIMIT_EXCEEDED")
    let left = share - picture.data.count
    let details = (refused.json["error"] as? [String: Any])?["details"] as? String
    #expect(details?.contains("\(left) are left") == true, "\(refused.text)")
    #expect(refused.headers["retry-after"].flatMap { Int($0) }.map { $0 <= 86_400 } == true)
    let me = try await small.get("/api/v1/auth/me").data
    #expect((me["used"] as? [String: Any])?["bytes_today"] as? Int == picture.data.count)
    // An upload that is refused for its content costs nothing.
    #expect(try await small.upload([("a.txt", Data("no picture".utf8))]).status == 400)
    let after = try await small.get("/api/v1/auth/me").data
    #expect((after["used"] as? [String: Any])?["bytes_today"] as? Int == picture.data.count)
    let id = try #require(kept.data["upload_id"] as? String)
    let body = #"{"upload_id":"\#(id)"}"#
    for expected in [202, 202, 429] {
      let answer = try await small.post("/api/v1/inference/predict", json: body)
      #expect(answer.status == expected, "\(answer.text)")
    }
    let admin = try await bench.client("admin")
    #expect(try await admin.post("/api/v1/inference/predict", json: body).status == 202)
    #expect(await bench.server.stop() == 0)
  }

  @Test("jobs of one owner are worked on no more at once than its key allows")
  func runningJobs() async throws {
    let bench = try await AccessBench.start(workers: 2)
    let client = try await bench.client("read,submit", ["--running-jobs", "1"])
    let upload = try await client.upload([try AccessBench.picture()])
    let id = try #require(upload.data["upload_id"] as? String)
    var jobs: [String] = []
    for _ in 0..<4 {
      let job = try await client.post(
        "/api/v1/inference/predict", json: #"{"upload_id":"\#(id)"}"#)
      jobs.append(try #require(job.data["job_id"] as? String))
    }
    var spans: [(Date, Date)] = []
    for job in jobs {
      let status = try await client.waitForEnd(of: job).data
      #expect(status["status"] as? String == "completed")
      let times = ["started_at", "completed_at"].compactMap { status[$0] as? String }
        .compactMap {
          try? Date(
            $0, strategy: .iso8601.year().month().day().time(includingFractionalSeconds: true))
        }
      try #require(times.count == 2, "\(status)")
      spans.append((times[0], times[1]))
    }
    for (first, second) in zip(
      spans.sorted { $0.0 < $1.0 }, spans.sorted { $0.0 < $1.0 }.dropFirst())
    {
      #expect(first.1 <= second.0)
    }
    #expect(await bench.server.stop() == 0)
  }

  @Test("without auth the service listens on this machine only, unless it is told in words")
  func offIsForOneMachine() async throws {
    let folder = try TemporaryFolder()
    let run = { (arguments: [String], environment: [String: String]) in
      try await HarrierProcess(
        ["serve", "--port", "0", "--workers", "0", "--data-dir", folder.path("data")] + arguments,
        environment: environment
      ).run()
    }
    for host in ["0.0.0.0", "::", "192.0.2.1", "example.org"] {
      let output = try await run(["--host", host], [:])
      #expect(output.status == 2)
      #expect(
        output.standardError.contains("host: \(host) lets other machines in, and auth is off"))
    }
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0", "--host", "0.0.0.0"],
      environment: ["HARRIER_AUTH": "off-on-every-address"])
    #expect(server.log.contains("everybody who reaches the service may do everything"))
    #expect(await server.stop() == 0)
  }
}
