import Foundation
import TestSupport
import Testing

@Suite("Service: uploads")
struct UploadTests {
  private func server(
    in folder: TemporaryFolder, _ environment: [String: String] = [:], workers: Int = 0
  ) async throws -> ServerProcess {
    try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "\(workers)"],
      environment: ["HARRIER_RATE_LIMIT": "0"].merging(environment) { $1 })
  }

  /// What the server keeps beside its database is so many files, and nothing is on its way any more. A cluster keeps
  /// them in a bucket.
  private func expectKept(_ count: Int, in folder: TemporaryFolder) throws {
    let files = try folder.files().filter { $0.contains("/blobs/") || $0.contains("/tmp/") }
    #expect(files.count == (TestStores.areShared ? 0 : count), "\(files)")
  }

  @Test("files come back byte for byte, in the order sent, with their names made safe")
  func roundTrip() async throws {
    let client = try await SharedServer.client()
    let names = ["png-rgb8.png", "jpeg-444.jpg", "tiff-lzw.tif"].filter {
      FileManager.default.fileExists(atPath: Checkout.imageFixture($0))
    }
    #expect(names.count >= 2)
    let files = try names.map { ("../Kü/\($0)", try Checkout.data(Checkout.imageFixture($0))) }
    let answer = try await client.upload(files.map { (name: $0.0, data: $0.1) })
    #expect(answer.status == 200)
    let kept = try #require(answer.data["uploaded_files"] as? [[String: Any]])
    #expect(kept.compactMap { $0["filename"] as? String } == names)
    for (file, sent) in zip(kept, files) {
      let id = try #require(file["file_id"] as? String)
      let original = try await client.get("/api/v1/files/\(id)/original")
      #expect(original.body == sent.1)
      #expect(original.headers["etag"] == "\"\(file["sha256"] ?? "")\"")
    }
  }

  @Test("many uploads at once are all kept, and those that break off leave nothing")
  func manyAtOnce() async throws {
    let folder = try TemporaryFolder()
    let server = try await server(in: folder)
    let client = ServiceClient(baseURL: server.baseURL)
    let picture = try Checkout.data(Checkout.sample("yell-541000.jpg"))
    let form = MultipartForm([("a.jpg", picture), ("b.jpg", picture)])
    let head = Data(
      """
      POST /api/v1/inference/upload HTTP/1.1\r
      Host: a\r
      Content-Type: \(form.contentType)\r
      Content-Length: \(form.body.count)\r
      \r

      """.utf8)
    let kept = try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<40 {
        group.addTask {
          if number % 4 == 0 {
            // Breaks off somewhere in the middle.
            let sent = head + form.body.prefix(form.body.count * (number + 5) / 50)
            try await RawConnection.sendAndLeave(port: server.port, sent)
            return 0
          }
          let answer = try await client.upload([("a.jpg", picture), ("b.jpg", picture)])
          #expect(answer.status == 200)
          return (answer.data["uploaded_files"] as? [Any])?.count ?? 0
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(kept == 60)
    #expect(await server.stop() == 0)
    try expectKept(60, in: folder)
  }

  @Test("the body may come in chunks without a length, and its limit holds all the same")
  func chunked() async throws {
    let folder = try TemporaryFolder()
    let server = try await server(
      in: folder,
      [
        "HARRIER_MAX_UPLOAD_BYTES": "700000",
        "HARRIER_MAX_FILE_BYTES": "600000",
      ])
    let picture = try Checkout.data(Checkout.sample("yell-541000.jpg"))
    let form = MultipartForm([("a.jpg", picture)])
    #expect(try await send(chunks: form, to: server).contains("HTTP/1.1 200"))
    let twice = MultipartForm([("a.jpg", picture), ("b.jpg", picture)])
    let refused = try await send(chunks: twice, to: server)
    #expect(refused.contains("HTTP/1.1 413"))
    #expect(refused.contains("UPLOAD_TOO_LARGE"))
    #expect(await server.stop() == 0)
    try expectKept(1, in: folder)
  }

  private func send(
    chunks form: MultipartForm, to server: ServerProcess
  ) async throws -> String {
    var request = Data(
      """
      POST /api/v1/inference/upload HTTP/1.1\r
      Host: a\r
      Content-Type: \(form.contentType)\r
      Transfer-Encoding: chunked\r
      Connection: close\r
      \r

      """.utf8)
    var rest = form.body[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(50_000)
      rest = rest.dropFirst(chunk.count)
      request += Data("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Data("\r\n".utf8)
    }
    request += Data("0\r\n\r\n".utf8)
    return String(
      decoding: try await RawConnection.exchange(port: server.port, request), as: UTF8.self)
  }

  @Test("a client that stalls is cut off, and nothing of it stays")
  func stalled() async throws {
    let folder = try TemporaryFolder()
    let server = try await server(in: folder, ["HARRIER_IDLE_TIMEOUT_SECONDS": "1"])
    let form = MultipartForm([("a.jpg", try Checkout.data(Checkout.sample("scene-1.jpg")))])
    let request = Data(
      """
      POST /api/v1/inference/upload HTTP/1.1\r
      Host: a\r
      Content-Type: \(form.contentType)\r
      Content-Length: \(form.body.count)\r
      \r

      """.utf8)
    // The connection is kept open until the server closes it.
    let answer = try await RawConnection.exchange(
      port: server.port, request + form.body.prefix(20_000))
    #expect(!String(decoding: answer, as: UTF8.self).contains(" 200 "))
    #expect(await server.stop() == 0)
    try expectKept(0, in: folder)
  }

  @Test("curl's Expect: 100-continue is answered at once, and refused when the body is too large")
  func expectContinue() async throws {
    let port = try await SharedServer.port()
    let head = """
      POST /api/v1/inference/upload HTTP/1.1\r
      Host: a\r
      Content-Type: multipart/form-data; boundary=x\r
      Expect: 100-continue\r
      Content-Length:
      """
    let answer = try await RawConnection.exchange(
      port: port, Data("\(head) 100\r\n\r\n".utf8), until: { $0.count > 20 })
    #expect(String(decoding: answer, as: UTF8.self).hasPrefix("HTTP/1.1 100 Continue"))
    let refused = try await RawConnection.exchange(
      port: port, Data("\(head) 999999999999\r\n\r\n".utf8), until: { $0.count > 200 })
    #expect(String(decoding: refused, as: UTF8.self).hasPrefix("HTTP/1.1 413"))
  }
}
