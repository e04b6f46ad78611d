import Foundation
import TestSupport
import Testing

/// API processes and workers that share a database and files, and nothing else.
@Suite("Service: a cluster", .enabled(if: PostgresServer.isInstalled))
struct ClusterTests {
  private func picture() throws -> (name: String, data: Data) {
    ("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
  }

  @Test("any API process answers for what another one has taken")
  func anyProcess() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(dataDirectory: folder.path("data"), workers: 1)
    let (here, there) = (cluster.clients[0], cluster.clients[1])
    let upload = try await here.upload([try picture()])
    let file = try #require((upload.data["uploaded_files"] as? [[String: Any]])?.first)
    let fileID = try #require(file["file_id"] as? String)
    let job = try await there.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload.data["upload_id"] as? String ?? "")"}"#,
      headers: ["Idempotency-Key": "one"])
    let id = try #require(job.data["job_id"] as? String)
    // The stream of the process that did not take the job tells of all that its worker does.
    let events = try await here.get("/api/v1/jobs/\(id)/events").text
    #expect(events.contains("event: progress"))
    #expect(events.contains("event: end") && events.contains(#""status":"completed""#))
    let paths = [
      "/api/v1/jobs/\(id)/status", "/api/v1/jobs/\(id)/results", "/api/v1/jobs/\(id)/attempts",
      "/api/v1/files/\(fileID)/original", "/api/v1/jobs?limit=1",
      "/api/v1/jobs/\(id)/visualization",
    ]
    for path in paths {
      let answers = [try await here.get(path), try await there.get(path)]
      #expect(answers.allSatisfy { $0.status == 200 }, "\(path): \(answers.map(\.status))")
      if answers[0].json.isEmpty {
        #expect(answers[0].body == answers[1].body)
      } else {
        #expect(
          NSDictionary(dictionary: answers[0].data) == NSDictionary(dictionary: answers[1].data),
          "\(path)")
      }
    }
    #expect(try await there.get("/api/v1/files/\(fileID)/original").body == picture().data)
    let again = try await here.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(upload.data["upload_id"] as? String ?? "")"}"#,
      headers: ["Idempotency-Key": "one"])
    #expect(again.data["job_id"] as? String == id)
    #expect(await cluster.stop() == [0, 0, 0])
    #expect(!cluster.log.contains(PostgresServer.password))
  }

  @Test("a job that one API process cancels ends at once for who waits at another")
  func cancelledElsewhere() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(dataDirectory: folder.path("data"), workers: 0)
    let (here, there) = (cluster.clients[0], cluster.clients[1])
    let id = try await here.startJob([try picture()])
    let first = try await there.get("/api/v1/jobs/\(id)/status")
    let tag = try #require(first.headers["etag"])
    async let waiting = there.get(
      "/api/v1/jobs/\(id)/status?wait=30", headers: ["If-None-Match": tag])
    let cancelled = try await here.post("/api/v1/jobs/\(id)/cancel", json: "")
    #expect(cancelled.status == 200)
    #expect(try await waiting.data["status"] as? String == "cancelled")
    #expect(await cluster.stop() == [0, 0])
  }

  @Test("a client that goes from one API process to the other never sees a job go back")
  func monotonic() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(dataDirectory: folder.path("data"), workers: 1)
    let scene = try Checkout.data(Checkout.sample("yell-541000.jpg"))
    let id = try await cluster.client.startJob([("scene.jpg", scene)])
    var last = (version: 0, percentage: 0, state: "queued")
    while last.state == "queued" || last.state == "processing" {
      let answer = try await cluster.client.get("/api/v1/jobs/\(id)/status")
      let progress = answer.data["progress"] as? [String: Any]
      let tag = answer.headers["etag"]?.filter(\.isNumber) ?? ""
      let next = (
        version: Int(tag) ?? 0, percentage: progress?["percentage"] as? Int ?? 0,
        state: answer.data["status"] as? String ?? ""
      )
      #expect(next.version >= last.version && next.percentage >= last.percentage)
      last = next
    }
    #expect(last.state == "completed")
    // Who has been told so finds the results everywhere.
    for client in cluster.clients {
      #expect(try await client.get("/api/v1/jobs/\(id)/results").status == 200)
    }
    #expect(await cluster.stop() == [0, 0, 0])
  }

  @Test("workers that nobody supervises share the work and stop when they are told to")
  func workers() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(dataDirectory: folder.path("data"))
    let picture = try picture()
    // A busy machine may start one of them late.
    for _ in 0..<20 where !cluster.workers.allSatisfy({ $0.log.contains("Job completed") }) {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<12 {
          group.addTask {
            let id = try await cluster.client.runJob(
              [("\(number).jpg", picture.data)], config: #"{"sahi":{"enabled":false}}"#)
            let status = try await cluster.client.get("/api/v1/jobs/\(id)/status").data
            #expect(status["status"] as? String == "completed")
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(cluster.workers.allSatisfy { $0.log.contains("Job completed") })
    #expect(await cluster.stop() == [0, 0, 0, 0, 0])
  }

  @Test("a process that starts before its database waits for it")
  func startBeforeDatabase() async throws {
    let folder = try TemporaryFolder()
    let relay = try await TCPRelay.start(to: try await PostgresServer.shared().port)
    relay.set(.cut)
    let url = try await PostgresServer.shared().makeDatabase("sslmode=disable", port: relay.port)
    async let starting = ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      environment: ["HARRIER_DATABASE_URL": url])
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("data"), environment: ["HARRIER_DATABASE_URL": url])
    await worker.waitForLog("The database is waited for")
    relay.set(.passing)
    let server = try await starting
    let id = try await ServiceClient(baseURL: server.baseURL).runJob([try picture()])
    #expect(!id.isEmpty)
    #expect(await worker.stop() == 0)
    #expect(await server.stop() == 0, "\(server.log)")
    try await relay.stop()
  }

  @Test(
    "while the database is away calls are 503 and jobs wait; both go on by themselves",
    arguments: [TCPRelay.Mode.cut, .silent])
  func databaseAway(mode: TCPRelay.Mode) async throws {
    let folder = try TemporaryFolder()
    let relay = try await TCPRelay.start(to: try await PostgresServer.shared().port)
    let url = try await PostgresServer.shared().makeDatabase("sslmode=disable", port: relay.port)
    let cluster = try await TestCluster.start(
      dataDirectory: folder.path("data"), servers: 1, workers: 1,
      stores: ["HARRIER_DATABASE_URL": url])
    let client = cluster.client
    _ = try await client.runJob([try picture()])
    let id = try await client.startJob(
      [("scene.png", try Checkout.data(Checkout.sample("scene-5.jpg")))])
    try await client.waitForBeginning(of: id)
    relay.set(mode)
    let away = try await client.get("/api/v1/jobs")
    #expect(away.status == 503 && away.errorCode == "SERVICE_UNAVAILABLE", "\(away.text)")
    #expect(away.headers["retry-after"] != nil)
    #expect(try await client.upload([try picture()]).status == 503)
    let ready = try await client.get("/health/ready")
    #expect(ready.status == 503)
    #expect(ready.errors.compactMap { $0["field"] as? String } == ["database"])
    #expect(try await client.get("/health/live").status == 200)
    #expect(try await client.get("/metrics").status == 200)
    relay.set(.cut)
    relay.set(.passing)
    try await eventually { try await client.get("/health/ready").status == 200 }
    let end = try await client.waitForEnd(of: id)
    #expect(end.data["status"] as? String == "completed", "\(end.text)")
    #expect(try await client.upload([try picture()]).status == 200)
    #expect(await cluster.stop() == [0, 0])
    #expect(!cluster.log.contains(PostgresServer.password))
    try await relay.stop()
  }

  @Test(
    "while the bucket is away uploads are refused and keep nothing, and jobs are tried again",
    .enabled(if: S3Server.isInstalled, "scripts/test-tools installs SeaweedFS"))
  func filesAway() async throws {
    let folder = try TemporaryFolder()
    let s3 = try await S3Server.shared()
    try await s3.makeBucket()
    let relay = try await TCPRelay.start(to: s3.port)
    let stores = [
      "HARRIER_DATABASE_URL": try await PostgresServer.shared().makeDatabase("sslmode=disable")
    ].merging(s3.settings(prefix: "away", endpoint: "http://127.0.0.1:\(relay.port)")) { $1 }
    let cluster = try await TestCluster.start(
      dataDirectory: folder.path("data"), servers: 1, workers: 1,
      environment: ["HARRIER_RETRY_DELAYS_SECONDS": "1,1,2,4,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8,8"],
      stores: stores)
    let client = cluster.client
    let kept = try await client.upload([try picture()])
    relay.set(.cut)
    let refused = try await client.upload([try picture()])
    #expect(refused.status == 500 && refused.errorCode == "STORAGE_ERROR", "\(refused.text)")
    let ready = try await client.get("/health/ready")
    #expect(ready.errors.compactMap { $0["field"] as? String } == ["files"])
    let job = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id":"\#(kept.data["upload_id"] as? String ?? "")"}"#)
    let id = try #require(job.data["job_id"] as? String)
    try await eventually {
      let attempts = try await client.get("/api/v1/jobs/\(id)/attempts")
      return attempts.text.contains("STORAGE_ERROR")
    }
    relay.set(.passing)
    let end = try await client.waitForEnd(of: id)
    #expect(end.data["status"] as? String == "completed", "\(end.text)")
    #expect(try await client.upload([try picture()]).status == 200)
    #expect(try folder.files().filter { $0.contains("/tmp/") } == [])
    #expect(await cluster.stop() == [0, 0])
    #expect(!cluster.log.contains(S3Server.secretAccessKey))
    try await relay.stop()
  }

  @Test(
    "clients are sent to the bucket for pictures where the operator says so",
    .enabled(if: S3Server.isInstalled, "scripts/test-tools installs SeaweedFS"))
  func presigned() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(
      dataDirectory: folder.path("data"), servers: 1, workers: 1,
      environment: ["HARRIER_STORAGE_PRESIGN": "true"])
    let picture = try picture()
    let id = try await cluster.client.runJob([picture])
    let shown = try await cluster.client.get("/api/v1/jobs/\(id)/visualization")
    let urls = try #require((shown.data["visualizations"] as? [[String: Any]])?.first)
    for key in ["original_url", "annotated_url", "thumbnail_url"] {
      let url = try #require(urls[key] as? String)
      let sent = try await HarrierProcess(
        program: "curl",
        [
          "-sS", "--location", "--range", "0-9", "--write-out",
          "%{http_code} %{num_redirects} %{content_type} %{size_download}", "--output", "/dev/null",
          cluster.client.baseURL + url,
        ]
      ).run()
      #expect(sent.text == "206 1 image/jpeg 10", "\(key): \(sent.text)")
      // By HEAD, which the URL is not signed for, the service itself answers.
      #expect(try await cluster.client.send("HEAD", url).status == 200)
    }
    #expect(await cluster.stop() == [0, 0])
  }

  @Test(
    "requests are counted for all API processes together",
    .enabled(if: RedisServer.isInstalled, "scripts/setup --tests installs Redis"))
  func rateLimit() async throws {
    let folder = try TemporaryFolder()
    let cluster = try await TestCluster.start(
      dataDirectory: folder.path("data"), workers: 0,
      environment: ["HARRIER_RATE_LIMIT": "6", "HARRIER_TRUSTED_PROXIES": "127.0.0.1"])
    // Once both have found Redis.
    for server in cluster.servers { await server.waitForLog("Redis is used") }
    let client = cluster.client
    var isExplained = false
    // Each time another client.
    for number in 1...10 where !isExplained {
      let run = try await BucketRun(limit: 6) { _ in
        try await client.get(
          "/api/v1/jobs", headers: ["X-Forwarded-For": "203.0.113.\(number)"])
      }
      #expect(run.admitted.allSatisfy { $0.status == 200 })
      isExplained = run.isExplained
      // When Redis is late each process counts for itself, and says so. That is a busy machine's only excuse.
      if !isExplained { try await eventually { cluster.log.contains("Redis is gone or slow") } }
    }
    #expect(isExplained)
    #expect(await cluster.stop() == [0, 0])
  }

  @Test(
    "a Redis that is frozen, killed and wiped is noticed by no client and costs no job",
    .enabled(if: RedisServer.isInstalled, "scripts/setup --tests installs Redis"))
  func redisAway() async throws {
    let folder = try TemporaryFolder()
    let picture = try picture()
    try await RedisServer.running { redis in
      let stores = [
        "HARRIER_DATABASE_URL": try await PostgresServer.shared().makeDatabase("sslmode=disable"),
        "HARRIER_REDIS_URL": "redis://127.0.0.1:\(redis.port)",
      ]
      let cluster = try await TestCluster.start(
        dataDirectory: folder.path("data"), workers: 2,
        environment: ["HARRIER_RATE_LIMIT": "1000000"], stores: stores)
      let client = cluster.client
      _ = try await client.runJob([picture])
      for deed in ["freeze", "thaw", "kill", "start"] {
        switch deed {
        case "freeze": redis.freeze()
        case "thaw": redis.thaw()
        case "kill": redis.kill()
        default: redis.start()
        }
        var shortest = Duration.seconds(600)
        for number in 0..<3 {
          let start = ContinuousClock.now
          let id = try await client.startJob(
            [("\(number).jpg", picture.data)], config: #"{"sahi":{"enabled":false}}"#)
          #expect(try await client.get("/api/v1/jobs/\(id)/status").status == 200)
          shortest = min(shortest, ContinuousClock.now - start)
          let end = try await client.waitForEnd(of: id)
          #expect(end.data["status"] as? String == "completed", "\(deed)")
        }
        // A busy machine holds up one of them or two, Redis all.
        #expect(shortest < .seconds(10), "\(deed)")
      }
      #expect(await cluster.stop() == [0, 0, 0, 0])
      // One warning an outage and process: it is back before the next one.
      var count = 0
      for process in cluster.servers + cluster.workers {
        let isWarning = process.log.split(separator: "\n").filter {
          $0.contains("Redis is gone or slow") || $0.contains("Redis is back")
        }.map { $0.contains(#""level":"warning""#) }
        #expect(
          zip(isWarning, isWarning.dropFirst()).allSatisfy { $0 != $1 }, "\(process.log)")
        count += isWarning.count { $0 }
      }
      #expect(count > 0)
      #expect(!cluster.log.contains(#""level":"error""#))
    }
  }
}
