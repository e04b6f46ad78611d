import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("TLS: renewal of certificates")
struct TLSReloadTests {
  @Test("new connections have the new certificate, and those that are open go on")
  func renewal() async throws {
    let server = try await SecureServer.start()
    let next = try await server.authority.issue("next", key: .rsa)
    let before = try await server.servedSerial()
    #expect(before == (try await SecureServer.serial(of: server.files.certificate)))
    let job = try await queuedJob(on: server)
    let (opened, isOpen) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: HarrierProcess.Output.self) { group in
      for version in ["--http1.1", "--http2"] {
        group.addTask {
          try await server.curl(
            [version, "--no-buffer", "/api/v1/jobs/\(job)/events"],
            onFirstOutput: { _ in isOpen.yield() })
        }
      }
      var openings = opened.makeAsyncIterator()
      for _ in 0..<2 { await openings.next() }
      try server.replace(certificate: next.certificate, key: next.key)
      await server.process.waitForLog("new TLS certificate: new connections have it")
      let after = try await server.servedSerial()
      #expect(after != before)
      #expect(after == (try await SecureServer.serial(of: next.certificate)))
      // The end of the job is told over the old connections, which end with it.
      let cancelled = try await server.curl(
        "--request", "POST", "/api/v1/jobs/\(job)/cancel", "--write-out", " %{http_code}")
      #expect(cancelled.text.hasSuffix(" 200"), "\(cancelled.text)")
      for try await stream in group {
        #expect(stream.status == 0, "\(stream.standardError)")
        #expect(stream.text.contains(#""status":"cancelled""#), "\(stream.text)")
      }
    }
    #expect(await server.process.stop() == 0)
  }

  @Test("a pair that cannot be used leaves the one before, with one warning; a mended one is taken")
  func brokenRenewal() async throws {
    let server = try await SecureServer.start()
    let before = try await server.servedSerial()
    let next = try await server.authority.issue("next")
    let expired = try await server.authority.issue("expired", days: -1)
    // A certificate without its key.
    try server.replace(certificate: next.certificate)
    await server.process.waitForLog("tls_key: is not the key of the certificate")
    #expect(try await server.servedSerial() == before)
    let garbage = try server.folder.write("garbage", to: "garbage")
    try server.replace(certificate: garbage)
    await server.process.waitForLog("holds no certificates in PEM")
    #expect(try await server.servedSerial() == before)
    try server.replace(certificate: expired.certificate, key: expired.key)
    await server.process.waitForLog("has expired at")
    #expect(try await server.servedSerial() == before)
    // As a deployment does it that links to folders.
    try FileManager.default.removeItem(atPath: server.files.certificate)
    try FileManager.default.removeItem(atPath: server.files.key)
    await server.process.waitForLog("cannot be read: no such file")
    #expect(try await server.servedSerial() == before)
    try FileManager.default.createSymbolicLink(
      atPath: server.files.certificate, withDestinationPath: next.certificate)
    try FileManager.default.createSymbolicLink(
      atPath: server.files.key, withDestinationPath: next.key)
    await server.process.waitForLog("new TLS certificate: new connections have it")
    #expect(
      try await server.servedSerial() == (try await SecureServer.serial(of: next.certificate)))
    let warnings = server.process.log.split(separator: "\n").filter {
      $0.contains("the new TLS certificate cannot be used")
    }
    // A look between two writes may find one more.
    #expect((4...6).contains(warnings.count), "\(warnings)")
    #expect(
      Set(warnings.compactMap { $0.firstMatch(of: /"cause":"[^"]*/)?.0 }).count == warnings.count)
    #expect(await server.process.stop() == 0)
  }

  @Test("a certificate that ends soon is told of at the start")
  func expiresSoon() async throws {
    // The tests' own are good for two days.
    let server = try await SecureServer.start()
    await server.process.waitForLog("the TLS certificate expires soon")
    #expect(server.process.log.contains("the TLS certificate expires soon"))
    #expect(await server.process.stop() == 0)
  }

  @Test("a stop lets downloads over HTTP/1.1 and HTTP/2 end")
  func shutdown() async throws {
    // Downloads on a busy machine may take longer than the service would wait for them.
    let server = try await SecureServer.start(
      environment: ["HARRIER_SHUTDOWN_GRACE_SECONDS": "600"])
    // What lies behind a picture's end belongs to its file.
    let content =
      ColouredPicture(width: 64, height: 64, squareX: 0, squareY: 0, squareSide: 32).tiff
      + Data((0..<(24 << 20)).lazy.map { UInt8(truncatingIfNeeded: $0 &* 31) })
    let path = try server.folder.write(content, to: "data.tif")
    let picture = try await fileID(of: path, on: server)
    let (opened, isOpen) = AsyncStream.makeStream(of: Void.self)
    try await withThrowingTaskGroup(of: HarrierProcess.Output.self) { group in
      for version in ["--http1.1", "--http2"] {
        group.addTask {
          try await server.curl(
            [version, "--limit-rate", "8M", "/api/v1/files/\(picture)/original"],
            onFirstOutput: { _ in isOpen.yield() })
        }
      }
      var openings = opened.makeAsyncIterator()
      for _ in 0..<2 { await openings.next() }
      server.process.kill(SIGTERM)
      for try await download in group {
        #expect(download.status == 0, "\(download.standardError)")
        #expect(download.standardOutput == content)
      }
    }
    #expect(await server.process.waitForEnd() == 0)
  }

  private func fileID(of path: String, on server: SecureServer) async throws -> String {
    let upload = try await server.curl("--form", "files=@\(path)", "/api/v1/inference/upload")
    return String(
      try #require(upload.text.firstMatch(of: /"file_id":"([^"]+)"/), "\(upload.text)").1)
  }

  /// A job that waits, since there are no workers.
  private func queuedJob(on server: SecureServer) async throws -> String {
    let upload = try await server.curl(
      "--form", "files=@\(Checkout.imageFixture("jpeg-444.jpg"))", "/api/v1/inference/upload")
    let id = try #require(upload.text.firstMatch(of: /"upload_id":"([^"]+)"/), "\(upload.text)").1
    let predict = try await server.curl(
      "--json", #"{"upload_id":"\#(id)"}"#, "/api/v1/inference/predict")
    return String(
      try #require(predict.text.firstMatch(of: /"job_id":"([^"]+)"/), "\(predict.text)").1)
  }
}
