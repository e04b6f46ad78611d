import Foundation
import TestSupport
import Testing

/// The rules of deploy/prometheus on a real Prometheus that scrapes real processes; their `for:` is a second here.
@Suite(
  "Service: alerts and dashboards",
  .enabled(if: PrometheusServer.isInstalled, "scripts/setup --tests installs Prometheus"))
struct AlertTests {
  private let hasty = [
    "HARRIER_RATE_LIMIT": "0", "HARRIER_JOB_LEASE_SECONDS": "2", "HARRIER_HEARTBEAT_SECONDS": "0.5",
  ]

  private func picture() throws -> (name: String, data: Data) {
    ("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
  }

  @Test("a worker that is killed and not replaced, and then a queue that stands still")
  func workerKilled() async throws {
    let folder = try TemporaryFolder()
    let environment = hasty.merging(["HARRIER_WORKERS_WANTED": "1"]) { $1 }
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"], environment: environment)
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("data"), environment: environment)
    let client = ServiceClient(baseURL: server.baseURL)
    // A queue is old after five minutes; here after two seconds.
    let rules = try PrometheusServer.hastyRules().map {
      $0.replacing(
        "harrier:queue_oldest_job_seconds:max > 300",
        with: "harrier:queue_oldest_job_seconds:max > 2")
    }
    try await PrometheusServer.running(
      on: try freePort(), jobs: ["harrier": [server.port]], rules: rules
    ) { prometheus in
      try await prometheus.wait(for: "harrier:active_workers:max", toBe: 1)
      try await prometheus.wait(for: #"count(ALERTS{alertstate="firing"}) or vector(0)"#, toBe: 0)
      worker.kill(SIGKILL)
      try await prometheus.wait(forAlert: "HarrierWorkersMissing")
      let upload = try await client.upload([try picture()])
      let id = upload.data["upload_id"] as? String ?? ""
      for _ in 0..<21 {
        let job = try await client.post(
          "/api/v1/inference/predict", json: #"{"upload_id":"\#(id)"}"#)
        #expect(job.status == 202)
      }
      try await prometheus.wait(forAlert: "HarrierNoWorkers")
      try await prometheus.wait(forAlert: "HarrierQueueLong")
      try await prometheus.wait(forAlert: "HarrierQueueOld")
    }
    #expect(await server.stop() == 0)
  }

  @Test("a database that cannot be reached, and an end when it is back")
  func storeDown() async throws {
    let folder = try TemporaryFolder()
    let relay = try await TCPRelay.start(to: try await PostgresServer.shared().port)
    let url = try await PostgresServer.shared().makeDatabase("sslmode=disable", port: relay.port)
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"],
      environment: hasty.merging(["HARRIER_DATABASE_URL": url]) { $1 })
    try await PrometheusServer.running(
      on: try freePort(), jobs: ["harrier": [server.port]],
      rules: try PrometheusServer.hastyRules()
    ) { prometheus in
      let store = #",store="database""#
      try await prometheus.wait(for: #"harrier_store_up{store="database"}"#, toBe: 1)
      relay.set(.cut)
      try await prometheus.wait(forAlert: "HarrierStoreDown", store)
      relay.set(.passing)
      try await prometheus.wait(
        for: #"count(ALERTS{alertname="HarrierStoreDown",alertstate="firing"}) or vector(0)"#,
        toBe: 0)
    }
    #expect(await server.stop() == 0)
  }

  @Test(
    "every panel of the dashboards has an answer from a Prometheus that scrapes an API process and a worker, and so has the service's own dashboard",
    .enabled(if: PythonScript.isInstalled, "scripts/test-tools installs what the check needs"))
  func dashboards() async throws {
    let folder = try TemporaryFolder()
    let port = try freePort()
    let environment = [
      "HARRIER_RATE_LIMIT": "0", "HARRIER_METRICS_PORT": "0",
      "HARRIER_PROMETHEUS_URL": "http://127.0.0.1:\(port)",
    ]
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), environment: environment)
    let worker = try await ServerProcess.startWorker(
      dataDirectory: folder.path("data"), environment: environment)
    await worker.waitForLog("The worker shows its metrics")
    let workerPort = try #require(
      worker.log.firstMatch(of: /"metrics_port":(\d+)/).flatMap { Int($0.1) })
    let client = ServiceClient(baseURL: server.baseURL)
    try await PrometheusServer.running(
      on: port, jobs: ["harrier": [server.port], "harrier-worker": [workerPort]],
      rules: try PrometheusServer.hastyRules()
    ) { prometheus in
      try await prometheus.wait(for: "sum(up)", toBe: 2)
      let clock = ContinuousClock()
      var jobs = 0.0
      var check: HarrierProcess.Output?
      // Rates need a beginning and an end, of both processes; where a busy machine has left too few scrapes, some more.
      for _ in 0..<10 where check?.status != 0 {
        let end = clock.now + .seconds(8)
        while clock.now < end {
          _ = try await client.runJob([try picture()])
          jobs += 1
        }
        try await prometheus.wait(
          for: #"sum(inference_jobs_total{status="completed"})"#, toBe: jobs)
        check = try await HarrierProcess(
          program: Checkout.path("scripts/check-dashboards"), ["--prometheus", prometheus.url]
        ).run()
      }
      #expect(check?.status == 0, "\(check?.text ?? "")\(check?.standardError ?? "")")
      try await eventually {
        let answer = try await client.get("/api/v1/monitoring/dashboard")
        return answer.data["source"] as? String == "prometheus"
          && answer.data["active_workers"] as? Int == 2
      }
    }
    // Prometheus is gone: the service shows its own numbers.
    try await eventually {
      let answer = try await client.get("/api/v1/monitoring/dashboard")
      return answer.status == 200 && answer.data["source"] as? String == "service"
    }
    #expect(await worker.stop() == 0)
    #expect(await server.stop() == 0)
  }
}
