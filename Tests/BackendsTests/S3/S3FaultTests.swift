import Foundation
import Jobs
import NIOPosix
import TestSupport
import Testing

@testable import Backends

@Suite(
  "S3 blob store, when the server or the network fails",
  .enabled(if: S3Server.isInstalled, "scripts/test-tools installs SeaweedFS"))
struct S3FaultTests {
  private static let key = "uploads/upl_1/img_1"

  /// Runs a test on a store behind a proxy.
  private func withProxy(
    limits: S3Limits = .quick, _ body: (S3Sandbox, FaultProxy) async throws -> Void
  ) async throws {
    let proxy = try await FaultProxy.start(to: try await S3Server.shared().port)
    try await body(try await S3Sandbox(endpoint: proxy.endpoint, limits: limits), proxy)
    try await proxy.stop()
  }

  private static func reply(_ status: Int, _ code: String, headers: String = "") -> FaultProxy.Fault
  {
    let body = "<Error><Code>\(code)</Code><Message>no</Message></Error>"
    return .reply(
      "HTTP/1.1 \(status) No\r\nConnection: close\r\n\(headers)"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  /// Checks the words for people, and that neither they nor those for the log show a secret.
  private func expectMessage(
    _ message: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
  ) async {
    await #expect(sourceLocation: sourceLocation) {
      try await body()
    } throws: { error in
      guard let error = error as? JobsError else { return false }
      return error.code == .storageError && error.message == message
        && !error.description.contains(S3Server.secretAccessKey)
        && !error.description.contains(S3Server.accessKeyID)
    }
  }

  @Test(
    "a request is sent again after what passes by itself",
    arguments: [
      reply(500, "InternalError"), reply(503, "SlowDown", headers: "Retry-After: 1\r\n"),
      reply(429, "TooManyRequests"), reply(400, "RequestTimeout"), reply(400, "BadDigest"),
      .reply("HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 6\r\n\r\n<html>"),
      .loss,
      .cut(afterBytes: 20), .reply("nonsense\r\n\r\n"),
    ])
  func transient(fault: FaultProxy.Fault) async throws {
    try await withProxy { sandbox, proxy in
      proxy.spoil([fault, fault])
      try await sandbox.store.put([1, 2, 3], as: Self.key)
      #expect(proxy.requests.count == 3)
      proxy.spoil([fault])
      #expect(try await sandbox.store.bytes(Self.key, limit: 3) == [1, 2, 3])
      proxy.spoil([fault])
      #expect(
        try await sandbox.store.names(under: "uploads", after: nil, limit: 9).map(\.name) == [
          "upl_1"
        ])
      proxy.spoil([fault])
      try await sandbox.store.delete([Self.key])
      #expect(try await sandbox.objects().isEmpty)
    }
  }

  @Test("it is not sent more often than the limit, and the last fault is told")
  func attempts() async throws {
    try await withProxy { sandbox, proxy in
      let faults = [FaultProxy.Fault](repeating: Self.reply(503, "SlowDown"), count: 9)
      proxy.spoil(faults)
      await expectMessage("Storage unavailable: the S3 server is overloaded") {
        try await sandbox.store.put([1], as: Self.key)
      }
      #expect(proxy.requests.count == 4)
      proxy.spoil([FaultProxy.Fault](repeating: Self.reply(500, "InternalError"), count: 9))
      await expectMessage("Storage unavailable: the S3 server failed") {
        try await sandbox.store.checkWritable()
      }
    }
  }

  @Test(
    "what does not pass by itself is told at once",
    arguments: [
      (reply(403, "AccessDenied"), "The S3 server refuses access"),
      (
        reply(403, "RequestTimeTooSkewed"),
        "This machine's clock and the S3 server's differ too much"
      ),
      (reply(403, "ExpiredToken"), "The S3 server refuses the credentials"),
      (reply(301, "PermanentRedirect"), "The S3 bucket is in another region"),
      (reply(404, "NoSuchBucket"), "The S3 bucket does not exist"),
      (reply(507, "XMinioStorageFull"), "The S3 store is full"),
      (reply(501, "NotImplemented"), "Storage unavailable: the S3 server failed"),
      (reply(400, "InvalidRequest"), "The S3 server refuses the request"),
    ])
  func permanent(fault: FaultProxy.Fault, message: String) async throws {
    try await withProxy { sandbox, proxy in
      proxy.spoil([fault])
      await expectMessage(message) { _ = try await sandbox.store.put([1], as: Self.key) }
      proxy.spoil([fault])
      await expectMessage(message) { _ = try await sandbox.store.open(Self.key) }
      #expect(proxy.requests.count == 2)
    }
  }

  @Test("a server that keeps silent is given up in time")
  func silence() async throws {
    var limits = S3Limits.quick
    limits.answerTimeout = .milliseconds(300)
    limits.attempts = 3
    try await withProxy(limits: limits) { sandbox, proxy in
      proxy.spoil([.silence, .silence, .silence])
      let start = ContinuousClock.now
      await expectMessage("Storage unavailable: the S3 server did not answer in time") {
        try await sandbox.store.put([1], as: Self.key)
      }
      let time = ContinuousClock.now - start
      // The limits of the other tests would be three minutes.
      #expect(time >= .milliseconds(900) && time < .seconds(100), "\(time)")
    }
  }

  @Test(
    "no attempt begins when the request has taken too long already, whatever the server asks for")
  func patience() async throws {
    var limits = S3Limits.quick
    limits.longestDelay = .seconds(3600)
    limits.patience = .seconds(10)
    try await withProxy(limits: limits) { sandbox, proxy in
      proxy.spoil([Self.reply(503, "SlowDown", headers: "Retry-After: 600\r\n")])
      let start = ContinuousClock.now
      await expectMessage("Storage unavailable: the S3 server is overloaded") {
        try await sandbox.store.put([1], as: Self.key)
      }
      // It is not waited for.
      #expect(ContinuousClock.now - start < .seconds(300))
      #expect(proxy.requests.count == 1)
    }
  }

  @Test("the health check hears of a silent server soon, and of its return at once")
  func silentHealthCheck() async throws {
    var limits = S3Limits.quick
    limits.answerTimeout = .milliseconds(300)
    try await withProxy(limits: limits) { sandbox, proxy in
      proxy.spoil([.silence, .silence])
      await expectMessage("Storage unavailable: the S3 server did not answer in time") {
        try await sandbox.store.checkWritable()
      }
      #expect(proxy.requests.count <= 2)
      // On a busy machine the server itself takes longer at times.
      let end = ContinuousClock.now + .seconds(180)
      var isBack = false
      while !isBack, ContinuousClock.now < end { isBack = try await isWritable(sandbox.store) }
      #expect(isBack)
    }
    #expect(S3Limits().forHealthCheck.attempts == 2)
    #expect(S3Limits().forHealthCheck.answerTimeout == .seconds(3))
  }

  @Test("a wrong secret and an unknown key are told at once, without showing them")
  func wrongSecret() async throws {
    for credentials in [
      S3Credentials(accessKeyID: S3Server.accessKeyID, secretAccessKey: "wrongsecret"),
      S3Credentials(accessKeyID: "nobody", secretAccessKey: S3Server.secretAccessKey),
    ] {
      let sandbox = try await S3Sandbox(credentials: .explicit(credentials))
      await expectMessage("The S3 server refuses the credentials") {
        try await sandbox.store.checkWritable()
      }
      await expectMessage("The S3 server refuses the credentials") {
        _ = try await sandbox.store.open(Self.key)
      }
    }
  }

  @Test("credentials of a file are read again when the server no longer takes them")
  func rotatedFile() async throws {
    let folder = try TemporaryFolder()
    func write(_ secret: String) throws -> String {
      try folder.write(
        "[default]\naws_access_key_id=\(S3Server.accessKeyID)\naws_secret_access_key=\(secret)\n",
        to: "credentials")
    }
    let path = try write("old")
    let sandbox = try await S3Sandbox(credentials: .file(path: path, profile: "default"))
    await expectMessage("The S3 server refuses the credentials") {
      try await sandbox.store.put([1], as: Self.key)
    }
    _ = try write(S3Server.secretAccessKey)
    try await sandbox.store.put([1], as: Self.key)
    #expect(try await sandbox.objects() == [Self.key])
  }

  @Test("bytes that arrive damaged or early ended are fetched again, and never handed out")
  func damagedDownload() async throws {
    try await withProxy { sandbox, proxy in
      let bytes = noise(1000)
      try await sandbox.store.put(bytes, as: Self.key)
      proxy.spoil([.damage, .cut(afterBytes: 700)], of: "GET")
      #expect(try await sandbox.store.bytes(Self.key, limit: 1000) == bytes)
      #expect(proxy.requests.filter { $0.hasPrefix("GET") }.count == 3)
      proxy.spoil([.damage, .damage, .damage, .damage], of: "GET")
      await expectMessage("A stored file arrived damaged") {
        _ = try await sandbox.store.bytes(Self.key, limit: 1000)
      }
      // A large blob's pieces come with no checksum of their own: the whole tells.
      try await sandbox.store.put(noise(3 << 20), as: Self.key)
      proxy.spoil([.damage], of: "GET")
      await expectMessage("A stored file arrived damaged") {
        try await sandbox.store.withLocalFile(Self.key) { _ in }
      }
      proxy.spoil([.damage], of: "GET")
      let reader = try #require(try await sandbox.store.open(Self.key))
      var offset = 0
      await expectMessage("A stored file arrived damaged") {
        while offset < reader.sizeBytes {
          offset += try await reader.read(at: offset, count: 100_000).count
        }
      }
      #expect(offset < reader.sizeBytes)
      #expect(try sandbox.folder.files().isEmpty)
    }
  }

  @Test("parts are tried again one by one; a file that cannot be sent leaves nothing and stays")
  func multipartFaults() async throws {
    try await withProxy { sandbox, proxy in
      let bytes = noise(16 << 20)
      let path = try await sandbox.file(bytes)
      proxy.spoil([FaultProxy.Fault](repeating: .loss, count: 4), of: "partNumber=3")
      await expectMessage("Storage unavailable: the connection to the S3 server was lost") {
        try await sandbox.store.keep(fileAt: path, as: Self.key)
      }
      #expect(try await sandbox.openUploads().isEmpty)
      #expect(try await sandbox.objects().isEmpty)
      #expect(FileManager.default.fileExists(atPath: path))
      proxy.spoil([.loss, Self.reply(500, "InternalError")], of: "partNumber=2")
      try await sandbox.store.keep(fileAt: path, as: Self.key)
      #expect(try await sandbox.store.bytes(Self.key, limit: 16 << 20) == bytes)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("an upload whose last answer is lost, or is an error of status 200, is kept all the same")
  func lostCompletion() async throws {
    try await withProxy { sandbox, proxy in
      for fault in [FaultProxy.Fault.loss, Self.reply(200, "InternalError")] {
        let bytes = noise(6 << 20)
        let path = try await sandbox.file(bytes)
        let object = sandbox.location.object(Self.key)
        proxy.spoil([fault], of: "POST /\(S3Sandbox.bucket)/\(object)?uploadId")
        try await sandbox.store.keep(fileAt: path, as: Self.key)
        #expect(try await sandbox.store.bytes(Self.key, limit: 6 << 20) == bytes)
        #expect(try await sandbox.openUploads().isEmpty)
        try await sandbox.store.delete([Self.key])
      }
    }
  }

  @Test("a cancelled upload ends, and leaves nothing behind")
  func cancellation() async throws {
    try await withProxy { sandbox, proxy in
      let path = try await sandbox.file(noise(16 << 20))
      proxy.spoil([.silence], of: "partNumber=2")
      let task = Task { try await sandbox.store.keep(fileAt: path, as: Self.key) }
      while !proxy.requests.contains(where: { $0.contains("partNumber=2") }) { await Task.yield() }
      task.cancel()
      await #expect(throws: CancellationError.self) { try await task.value }
      #expect(try await sandbox.openUploads().isEmpty)
      #expect(try await sandbox.objects().isEmpty)
      #expect(FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("a server that is down is told within a limit, and used again when it is back")
  func restart() async throws {
    let server = try S3Server()
    try await server.run()
    try await S3Sandbox.makeBucket(on: server)
    let sandbox = try await S3Sandbox(server: server)
    try await sandbox.store.put([1, 2, 3], as: Self.key)
    server.stop()
    let start = ContinuousClock.now
    await expectMessage("Storage unavailable: the S3 server cannot be reached") {
      _ = try await sandbox.store.open(Self.key)
    }
    await expectMessage("Storage unavailable: the S3 server cannot be reached") {
      try await sandbox.store.checkWritable()
    }
    // The patience of two calls would be four minutes.
    #expect(ContinuousClock.now - start < .seconds(100))
    try await server.run()
    // It answers before it has found all its data.
    let end = ContinuousClock.now + .seconds(180)
    while try await !isBack(sandbox.store), ContinuousClock.now < end {}
    #expect(try await sandbox.store.bytes(Self.key, limit: 3) == [1, 2, 3])
    try await sandbox.store.checkWritable()
    server.stop()
  }

  private func isWritable(_ store: S3BlobStore) async throws -> Bool {
    do {
      try await store.checkWritable()
      return true
    } catch is JobsError {
      return false
    }
  }

  private func isBack(_ store: S3BlobStore) async throws -> Bool {
    do {
      try await store.checkWritable()
      return try await store.open(Self.key) != nil
    } catch is JobsError {
      return false
    }
  }

  @Test("waits grow up to a limit, and servers may ask for longer ones up to it")
  func delays() {
    let limits = S3Limits()
    for (number, most) in [(2, 200), (3, 400), (4, 800), (9, 5000), (.max, 5000)] {
      let delay = limits.delay(before: number, serverSays: nil)
      #expect(delay >= .milliseconds(most / 2) && delay <= .milliseconds(most), "\(number)")
    }
    #expect(limits.delay(before: 2, serverSays: .seconds(3)) == .seconds(3))
    #expect(limits.delay(before: 2, serverSays: .seconds(3600)) == .seconds(5))
    // 10 s, or 60 s, and 8 MiB at 256 KiB a second.
    #expect(limits.timeout(forBytes: 8 << 20) == .seconds(42))
    #expect(limits.timeout(forBytes: 8 << 20, isLong: true) == .seconds(92))
  }
}
