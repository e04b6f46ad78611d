import Foundation
import TestSupport
import Testing

/// Every route for every kind of caller, on a running server.
@Suite("Service: who may do what")
struct AccessTableTests {
  /// What a route answers to whom; the numbers are statuses.
  private struct Row {
    var route: String
    var path: String
    var body: String?
    /// Who owns the things, with the scopes `read` and `submit`.
    var owner: Int
    /// Another one with the same scopes.
    var other: Int
    /// Of the owner, with one scope only.
    var reader: Int
    var submitter: Int
    var metrics: Int
    var admin: Int
    /// Without a key.
    var nobody = 401
    /// Whether the answer goes on for ever: its head is asked for.
    var isEndless = false
  }

  private struct Things {
    var upload: String
    var file: String
    var job: String
    var failedJob: String
  }

  /// The things of `Things`, once and again: each caller needs what it changes.
  private static func table(_ things: Things) -> [Row] {
    let (job, file) = (things.job, things.file)
    func look(_ route: String, _ path: String, other: Int = 404) -> Row {
      Row(
        route: "GET \(route)", path: path, owner: 200, other: other, reader: 200, submitter: 403,
        metrics: 403, admin: 200)
    }
    func ofJob(_ end: String) -> Row {
      look("/api/v1/jobs/{job_id}/\(end)", "/api/v1/jobs/\(job)/\(end)")
    }
    func ofFile(_ end: String, query: String = "") -> Row {
      look("/api/v1/files/{file_id}/\(end)", "/api/v1/files/\(file)/\(end)\(query)")
    }
    func open(_ route: String, _ path: String, _ status: Int = 200) -> Row {
      Row(
        route: route, path: path, owner: status, other: status, reader: status,
        submitter: status, metrics: status, admin: status, nobody: status)
    }
    let predict = #"{"upload_id":"\#(things.upload)"}"#
    let change = { (route: String, path: String, body: String?, owner: Int) in
      Row(
        route: route, path: path, body: body, owner: owner, other: 404, reader: 403,
        submitter: owner, metrics: 403, admin: owner)
    }
    var feed = look("/api/v1/jobs/events", "/api/v1/jobs/events", other: 200)
    feed.isEndless = true
    // The job was not made to be compared.
    var comparison = ofJob("comparison")
    (comparison.owner, comparison.reader, comparison.admin) = (400, 400, 400)
    // An administrator's; there is nothing of it here.
    func registry(_ route: String, _ path: String, body: String? = nil, _ status: Int = 404) -> Row
    {
      Row(
        route: route, path: path, body: body, owner: 403, other: 403, reader: 403, submitter: 403,
        metrics: 403, admin: status)
    }
    let (model, alias) = ("/api/v1/models/{name}", "/api/v1/models/{name}/aliases/{alias}")
    return [
      // Taken by the operator's folder.
      registry("POST \(model)/versions", "/api/v1/models/tree-crowns/versions", body: "{}", 409),
      registry("DELETE \(model)/versions/{version}", "/api/v1/models/none/versions/1"),
      registry("DELETE \(model)", "/api/v1/models/none"),
      registry("GET \(alias)", "/api/v1/models/none/aliases/production"),
      registry("PUT \(alias)", "/api/v1/models/none/aliases/production", body: #"{"version":1}"#),
      registry("DELETE \(alias)", "/api/v1/models/none/aliases/production"),
      registry("POST \(alias)/rollback", "/api/v1/models/none/aliases/production/rollback"),
      registry("PUT \(model)/golden", "/api/v1/models/none/golden", body: "{}"),
      registry("GET \(model)/golden", "/api/v1/models/none/golden"),
      registry("DELETE \(model)/golden", "/api/v1/models/none/golden"),
      registry("POST \(model)/versions/{version}/check", "/api/v1/models/none/versions/1/check"),
      registry("GET \(model)/versions/{version}/check", "/api/v1/models/none/versions/1/check"),
      registry("GET \(model)/shadow", "/api/v1/models/none/shadow"),
      registry("PUT \(model)/shadow", "/api/v1/models/none/shadow", body: #"{"candidate":1}"#),
      registry("DELETE \(model)/shadow", "/api/v1/models/none/shadow"),
      look("/api/v1/jobs", "/api/v1/jobs", other: 200), feed, ofJob("status"), ofJob("attempts"),
      ofJob("log"), ofJob("events"), ofJob("deliveries"), ofJob("results"), ofJob("reasoning"),
      ofJob("relations"), ofJob("export"), ofJob("visualization"), ofFile("original"),
      ofFile("picture"),
      ofFile("picture", query: "?job_id=\(job)"),
      ofFile("annotated"), ofFile("annotated", query: "?job_id=\(job)"), ofFile("thumbnail"),
      look(
        "/api/v1/jobs/{job_id}/results/{file_id}/labels.txt",
        "/api/v1/jobs/\(job)/results/\(file)/labels.txt"),
      look("/api/v1/models", "/api/v1/models", other: 200),
      look("/api/v1/models/{name}", "/api/v1/models/tree-crowns", other: 200),
      look("/api/v1/rules", "/api/v1/rules", other: 200),
      look("/api/v1/rules/{name}", "/api/v1/rules/dota", other: 200),
      // Refused for its content, by those who may.
      Row(
        route: "POST /api/v1/inference/upload", path: "/api/v1/inference/upload", body: "{}",
        owner: 415, other: 415, reader: 403, submitter: 415, metrics: 403, admin: 415),
      change("POST /api/v1/inference/predict", "/api/v1/inference/predict", predict, 202),
      change("POST /api/v1/jobs/{job_id}/cancel", "/api/v1/jobs/\(job)/cancel", nil, 409),
      change(
        "POST /api/v1/jobs/{job_id}/retry", "/api/v1/jobs/\(things.failedJob)/retry", nil, 202),
      comparison,
      change("POST /api/v1/jobs/{job_id}/compare", "/api/v1/jobs/\(job)/compare", "{", 400),
      change(
        "POST /api/v1/jobs/{job_id}/reasoning/preview", "/api/v1/jobs/\(job)/reasoning/preview",
        "{", 400),
      Row(
        route: "GET /metrics", path: "/metrics", owner: 403, other: 403, reader: 403,
        submitter: 403, metrics: 200, admin: 200),
      Row(
        route: "GET /api/v1/monitoring/dashboard", path: "/api/v1/monitoring/dashboard",
        owner: 403, other: 403, reader: 403, submitter: 403, metrics: 200, admin: 200),
      Row(
        route: "GET /api/v1/auth/me", path: "/api/v1/auth/me", owner: 200, other: 200,
        reader: 200, submitter: 200, metrics: 200, admin: 200),
      Row(
        route: "POST /api/v1/auth/token", path: "/api/v1/auth/token", owner: 200, other: 200,
        reader: 200, submitter: 200, metrics: 200, admin: 200),
      open("POST /api/v1/auth/session", "/api/v1/auth/session", 415),
      open("DELETE /api/v1/auth/session", "/api/v1/auth/session"),
      open("GET /health/live", "/health/live"), open("GET /health/ready", "/health/ready"),
      open("GET /", "/"), open("GET /docs", "/docs"), open("GET /openapi.json", "/openapi.json"),
      open("GET /docs/{asset}", "/docs/none", 404),
      open("GET /console/{asset}", "/console/main.js"),
      // Last: it takes the things away.
      Row(
        route: "DELETE /api/v1/uploads/{upload_id}", path: "/api/v1/uploads/\(things.upload)",
        owner: 409, other: 404, reader: 403, submitter: 409, metrics: 403, admin: 409),
    ]
  }

  @Test("each route answers each caller as the table says, and the table has every route")
  func table() async throws {
    let bench = try await AccessBench.start()
    let owner = try await bench.client("read,submit", ["--owner", "ada"])
    let callers: [(name: String, client: ServiceClient, expected: KeyPath<Row, Int>)] = [
      ("other", try await bench.client("read,submit"), \.other),
      ("reader", try await bench.client("read", ["--owner", "ada"]), \.reader),
      ("submitter", try await bench.client("submit", ["--owner", "ada"]), \.submitter),
      ("metrics", try await bench.client("metrics"), \.metrics),
      ("admin", try await bench.client("admin"), \.admin), ("owner", owner, \.owner),
      ("nobody", bench.anonymous, \.nobody),
    ]
    let things = try await Self.things(of: owner)
    let rows = Self.table(things)
    let described = try #require(
      try await bench.anonymous.get("/openapi.json").json["paths"] as? [String: [String: Any]])
    let routes = described.flatMap { path, methods in
      methods.keys.map { "\($0.uppercased()) \(path)" }
    }
    #expect(Set(rows.map(\.route)) == Set(routes))
    for row in rows {
      for caller in callers {
        let answer = try await Self.ask(row, caller.client)
        let expected = row[keyPath: caller.expected]
        #expect(
          answer.status == expected, "\(row.route) as \(caller.name): \(answer.text.prefix(300))")
        if answer.status >= 400, !row.isEndless {
          #expect(answer.errorCode != nil, "\(row.route) as \(caller.name)")
          // Nothing of the owner's shows in a refusal.
          #expect(!answer.textWithoutID.contains("ada") && !answer.text.contains("a.jpg"))
        }
      }
      // What opens nothing is the same as nothing, or less.
      for wrong in ["hrk_01kgfsbz4wq8n5e2xa7c3hd9pt_" + String(repeating: "a", count: 52), "x"] {
        let answer = try await Self.ask(row, bench.anonymous.with(key: wrong))
        let isKeyRoute = row.route == "POST /api/v1/auth/token"
        #expect(
          answer.status == (isKeyRoute ? 401 : row.nobody) || answer.status == 429,
          "\(row.route) with \(wrong): \(answer.status)")
      }
    }
    #expect(await bench.server.stop() == 0)
  }

  @Test("what is another one's looks like what is not there, in paths, queries and bodies")
  func guessedIDs() async throws {
    let bench = try await AccessBench.start()
    let owner = try await bench.client("read,submit")
    let other = try await bench.client("read,submit")
    let theirs = try await Self.things(of: owner)
    let own = try await Self.things(of: other)
    let absent = Things(
      upload: "upl_01kgfsbz4wq8n5e2xa7c3hd9pt", file: "img_01kgfsbz51m2k9r6td4wy8fbe3",
      job: "job_01kgfsc0e7v5j1n8qg3zr6xh2a", failedJob: "job_01kgfsc0e7v5j1n8qg3zr6xh2b")
    func questions(_ things: Things) -> [(String, String, String?)] {
      [
        ("GET", "/api/v1/jobs/\(things.job)/status", nil),
        ("GET", "/api/v1/jobs/\(things.failedJob)/results", nil),
        ("GET", "/api/v1/jobs/\(own.job)/results?file_id=\(things.file)", nil),
        ("GET", "/api/v1/jobs/\(own.job)/visualization?format=base64&file_id=\(things.file)", nil),
        ("GET", "/api/v1/jobs/\(own.job)/results/\(things.file)/labels.txt", nil),
        ("GET", "/api/v1/jobs/\(things.job)/results/\(own.file)/labels.txt", nil),
        ("GET", "/api/v1/files/\(own.file)/annotated?job_id=\(things.job)", nil),
        ("GET", "/api/v1/jobs/\(own.job)/comparison?base=\(things.job)", nil),
        ("GET", "/api/v1/jobs/\(own.job)/comparison?base=\(things.failedJob)", nil),
        ("GET", "/api/v1/jobs/\(things.job)/comparison?base=\(own.job)", nil),
        ("POST", "/api/v1/jobs/\(things.job)/compare", #"{"model":"tree-crowns"}"#),
        ("GET", "/api/v1/files/\(own.file)/thumbnail?job_id=\(things.failedJob)", nil),
        ("GET", "/api/v1/files/\(things.file)/annotated?job_id=\(own.job)", nil),
        ("POST", "/api/v1/inference/predict", #"{"upload_id":"\#(things.upload)"}"#),
        (
          "POST", "/api/v1/inference/predict",
          #"{"upload_id":"\#(own.upload)","file_ids":["\#(things.file)"]}"#
        ),
        ("POST", "/api/v1/jobs/\(things.failedJob)/retry", nil),
        (
          "POST", "/api/v1/jobs/\(own.failedJob)/retry",
          #"{"exclude_file_ids":["\#(things.file)"]}"#
        ),
        ("POST", "/api/v1/jobs/\(things.job)/cancel", nil),
        ("DELETE", "/api/v1/uploads/\(things.upload)", nil),
      ]
    }
    for (theirs, absent) in zip(questions(theirs), questions(absent)) {
      let (found, missing) = (
        try await Self.ask(theirs, other), try await Self.ask(absent, other)
      )
      #expect(found.status == missing.status && found.status >= 400, "\(theirs): \(found.text)")
      #expect(Self.withoutNames(found.text) == Self.withoutNames(missing.text), "\(theirs)")
    }
    // Nor in lists, and nothing of theirs has changed.
    let listed = try await other.get("/api/v1/jobs?limit=100&cursor=\(theirs.job)")
    #expect(!listed.text.contains(theirs.upload))
    #expect(try await owner.get("/api/v1/jobs/\(theirs.job)/results").status == 200)
    #expect(await bench.server.stop() == 0)
  }

  /// An upload, a job over it that has completed, and one that was cancelled.
  private static func things(of client: ServiceClient) async throws -> Things {
    let upload = try await client.upload([try AccessBench.picture()])
    let id = try #require(upload.data["upload_id"] as? String, "\(upload.text)")
    let files = try #require(upload.data["uploaded_files"] as? [[String: Any]])
    let body = #"{"upload_id":"\#(id)"}"#
    let job = try await client.post("/api/v1/inference/predict", json: body)
    let jobID = try #require(job.data["job_id"] as? String, "\(job.text)")
    try await client.waitForEnd(of: jobID)
    var cancelled = ""
    var isCancelled = false
    // A worker may be faster.
    while !isCancelled {
      let second = try await client.post("/api/v1/inference/predict", json: body)
      cancelled = try #require(second.data["job_id"] as? String, "\(second.text)")
      isCancelled =
        try await client.send("POST", "/api/v1/jobs/\(cancelled)/cancel").status == 200
    }
    return Things(
      upload: id, file: try #require(files.first?["file_id"] as? String), job: jobID,
      failedJob: cancelled)
  }

  private static func ask(_ row: Row, _ client: ServiceClient) async throws
    -> ServiceClient.Answer
  {
    let method = row.isEndless ? "HEAD" : String(row.route.prefix { $0 != " " })
    return try await ask((method, row.path, row.body), client)
  }

  private static func ask(
    _ question: (method: String, path: String, body: String?), _ client: ServiceClient
  ) async throws -> ServiceClient.Answer {
    if let body = question.body, !question.path.hasSuffix("/upload") {
      return try await client.send(
        question.method, question.path, headers: ["Content-Type": "application/json"],
        body: Data(body.utf8))
    }
    return try await client.send(
      question.method, question.path, body: question.body.map { Data($0.utf8) })
  }

  /// Without what is another one each time.
  private static func withoutNames(_ text: String) -> String {
    text.replacing(/"(request_id|timestamp)":"[^"]*"/, with: "")
  }
}

extension ServiceClient.Answer {
  /// Without the request's id, whose letters may be any name.
  fileprivate var textWithoutID: String {
    let failure = json["error"] as? [String: Any]
    return text.replacing(failure?["request_id"] as? String ?? " ", with: "")
  }
}
