import Foundation
import TestSupport
import Testing

@Suite("Service: webhooks")
struct WebhookTests {
  private func picture() throws -> (name: String, data: Data) {
    ("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
  }

  private let environment = [
    "HARRIER_RATE_LIMIT": "0", "HARRIER_WEBHOOK_ALLOW_PRIVATE": "true",
    // A receiver that a busy machine holds up is not called twice.
    "HARRIER_WEBHOOK_TIMEOUT_SECONDS": "60",
  ]

  /// Starts a job on one picture.
  private func startJob(_ client: ServiceClient, callback url: String) async throws -> String {
    let upload = try await client.upload([try picture()])
    let uploadID = try #require(upload.data["upload_id"] as? String)
    let job = try await client.post(
      "/api/v1/inference/predict",
      json: """
        {"upload_id": "\(uploadID)", "config": {"sahi": {"enabled": false}}, "callback_url": "\(url)"}
        """)
    return try #require(job.data["job_id"] as? String, "\(job.text)")
  }

  private func delivery(of job: String, _ client: ServiceClient) async throws -> [String: Any]? {
    let answer = try await client.get("/api/v1/jobs/\(job)/deliveries")
    #expect(answer.status == 200)
    return (answer.data["deliveries"] as? [[String: Any]])?.first
  }

  @Test(
    "a completed job tells its callback, signed with the secret of the data folder",
    .enabled(if: !TestStores.areShared, "a cluster has its secret in the database"))
  func completed() async throws {
    let folder = try TemporaryFolder()
    let receiver = try await WebhookReceiver.start()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), environment: environment)
    let client = ServiceClient(baseURL: server.baseURL)
    let job = try await startJob(client, callback: receiver.url("/hook?token=s3cret"))
    try await client.waitForEnd(of: job)
    try await eventually {
      try await delivery(of: job, client)?["status"] as? String == "delivered"
    }
    let shown = try #require(try await delivery(of: job, client))
    #expect(shown["event"] as? String == "job.completed")
    #expect(shown["attempts"] as? Int == 1)
    #expect(shown["response_status"] as? Int == 204)
    #expect(shown["url"] as? String == receiver.url("/hook?token=***"))
    let request = try #require(receiver.requests.first)
    #expect(receiver.requests.count == 1)
    #expect(request.path == "/hook?token=s3cret")
    #expect(request.body.contains(#""job_id":"\#(job)""#))
    #expect(request.body.contains(#""status":"completed""#))
    // Checked by a program that is not ours, with the secret that an operator would hand out.
    let script = """
      import base64, hashlib, hmac, sys
      secret = open("\(folder.path("data/webhook-secret"))").read().strip()
      key = base64.b64decode(secret.removeprefix("whsec_"))
      signed = f"{sys.argv[1]}.{sys.argv[2]}.{sys.argv[3]}".encode()
      print("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode())
      """
    let checked = try await HarrierProcess(
      program: "python3",
      [
        "-c", script, request.headers["webhook-id"] ?? "",
        request.headers["webhook-timestamp"] ?? "", request.body,
      ]
    ).run()
    #expect(checked.text == "\(request.headers["webhook-signature"] ?? "")\n")
    #expect(!server.log.contains("s3cret"))
    // It is counted after it is kept.
    try await eventually {
      try await client.get("/metrics").text.contains(
        #"harrier_webhook_deliveries_total{outcome="delivered"} 1"#)
    }
    #expect(await server.stop() == 0)
    try await receiver.stop()
  }

  @Test("a server that is killed between a job's end and its webhook delivers at the next start")
  func killed() async throws {
    let folder = try TemporaryFolder()
    let port = try freePort()
    let first = try await ServerProcess.start(
      dataDirectory: folder.path("data"), environment: environment)
    let client = ServiceClient(baseURL: first.baseURL)
    let job = try await startJob(client, callback: "http://127.0.0.1:\(port)/hook")
    try await client.waitForEnd(of: job)
    // Nobody listens: the first attempt fails, and the next one is seconds away.
    try await eventually {
      try await delivery(of: job, client)?["error"] as? String == "The connection was refused"
    }
    first.kill(SIGKILL)
    _ = await first.waitForEnd()
    let receiver = try await WebhookReceiver.start(port: port)
    let second = try await ServerProcess.start(
      dataDirectory: folder.path("data"), environment: environment)
    let next = ServiceClient(baseURL: second.baseURL)
    try await eventually {
      try await delivery(of: job, next)?["status"] as? String == "delivered"
    }
    let shown = try #require(try await delivery(of: job, next))
    #expect(shown["attempts"] as? Int ?? 0 >= 2)
    #expect(receiver.requests.count == 1)
    #expect(receiver.requests.first?.body.contains(#""job_id":"\#(job)""#) == true)
    #expect(await second.stop() == 0)
    try await receiver.stop()
  }

  @Test("without the operator's leave a callback to this machine is refused at once")
  func refused() async throws {
    let client = try await SharedServer.client()
    let upload = try await client.upload([try picture()])
    let uploadID = try #require(upload.data["upload_id"] as? String)
    let answer = try await client.post(
      "/api/v1/inference/predict",
      json: #"{"upload_id": "\#(uploadID)", "callback_url": "http://127.0.0.1:9/"}"#)
    #expect(answer.status == 400)
    #expect(answer.errorCode == "INVALID_CONFIG")
    #expect(answer.errors.first?["field"] as? String == "callback_url")
    #expect(answer.errors.first?["code"] as? String == "NOT_ALLOWED")
  }

  @Test("a name that leads to this machine is never called, and the delivery says why")
  func localhost() async throws {
    let receiver = try await WebhookReceiver.start()
    let client = try await SharedServer.client()
    let job = try await startJob(client, callback: receiver.url(host: "localhost"))
    try await client.waitForEnd(of: job)
    try await eventually { try await delivery(of: job, client)?["error"] != nil }
    let shown = try #require(try await delivery(of: job, client))
    #expect(
      shown["error"] as? String
        == "The host leads to a private, loopback or link-local address")
    #expect(shown["status"] as? String == "pending")
    #expect(receiver.requests.isEmpty)
    try await receiver.stop()
  }
}
