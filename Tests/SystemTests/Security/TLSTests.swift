import Foundation
import TestSupport
import Testing

@Suite("TLS")
struct TLSTests {
  @Test("HTTP/1.1 and HTTP/2 are both served, and HTTP/2 is what a client gets that has both")
  func versions() async throws {
    let server = try await SecureServer.start()
    #expect(try await server.status("--http1.1", "/health/live") == "1.1 200")
    #expect(try await server.status("--http2", "/health/live") == "2 200")
    let offer = try await server.handshake("-alpn", "h2,http/1.1")
    #expect(offer.text.contains("ALPN protocol: h2"))
    let old = try await server.handshake("-alpn", "http/1.1")
    #expect(old.text.contains("ALPN protocol: http/1.1"))
    // Who speaks no TLS gets nothing.
    let plain = try await server.curl("http://localhost:\(server.process.port)/health/live")
    #expect(plain.status != 0)
    #expect(server.process.log.contains(#""scheme":"https""#))
    #expect(await server.process.stop() == 0)
  }

  @Test(
    "an upload and its job go over HTTP/2 as over HTTP/1.1", arguments: ["--http1.1", "--http2"])
  func job(version: String) async throws {
    let models = try TemporaryFolder()
    try models.copy(Checkout.modelFixture("red-cell.onnx"), to: "red-cell.onnx")
    let server = try await SecureServer.start(
      workers: 1, environment: ["HARRIER_DEFAULT_MODEL": "red-cell"],
      arguments: ["--models-dir", models.path])
    let picture = ColouredPicture(width: 64, height: 64, squareX: 0, squareY: 32, squareSide: 32)
    let path = try server.folder.write(picture.tiff, to: "red.tif")
    let upload = try await server.curl(
      version, "--form", "files=@\(path)", "/api/v1/inference/upload")
    let uploadID = try #require(upload.text.firstMatch(of: /"upload_id":"([^"]+)"/)).1
    let predict = try await server.curl(
      version, "--json", #"{"upload_id":"\#(uploadID)","config":{"sahi":{"enabled":false}}}"#,
      "/api/v1/inference/predict")
    let job = try #require(predict.text.firstMatch(of: /"job_id":"([^"]+)"/)).1
    // The stream ends with the job.
    let events = try await server.curl(version, "--no-buffer", "/api/v1/jobs/\(job)/events")
    #expect(events.status == 0)
    #expect(events.text.contains(#""status":"completed""#), "\(events.text)")
    let fileID = try #require(upload.text.firstMatch(of: /"file_id":"([^"]+)"/)).1
    let original = try await server.curl(version, "/api/v1/files/\(fileID)/original")
    #expect(original.standardOutput == picture.tiff)
    #expect(await server.process.stop() == 0)
  }

  @Test("bodies of all sizes arrive whole over HTTP/2, at whatever point of the window they end")
  func bodySizes() async throws {
    let server = try await SecureServer.start()
    let picture = ColouredPicture(width: 64, height: 64, squareX: 0, squareY: 0, squareSide: 32)
      .tiff
    let sizes = [0, 3000, 8192, 16_384, 40_000, 65_535, 300_000, 1 << 20, 5 << 20, 24 << 20]
    for (number, size) in (sizes + sizes + sizes).enumerated() {
      // What lies behind a picture's end belongs to its file.
      let content = picture + Data(repeating: UInt8(number), count: size)
      let path = try server.folder.write(content, to: "data.tif")
      let upload = try await server.curl(
        "--http2", "--form", "files=@\(path)", "/api/v1/inference/upload")
      let id = try #require(
        upload.text.firstMatch(of: /"file_id":"([^"]+)"/), "\(size): \(upload.text)"
      ).1
      let original = try await server.curl("--http2", "/api/v1/files/\(id)/original")
      #expect(original.standardOutput == content, "\(size)")
    }
    #expect(await server.process.stop() == 0)
  }

  @Test("a body that is too large is refused over HTTP/2 before it was sent, in the envelope")
  func refusedBody() async throws {
    let server = try await SecureServer.start(
      environment: ["HARRIER_MAX_UPLOAD_BYTES": "1048576", "HARRIER_MAX_FILE_BYTES": "1048576"])
    let path = try server.folder.write(Data(count: 50 << 20), to: "large.tif")
    for version in ["--http1.1", "--http2"] {
      let answer = try await server.curl(
        version, "--form", "files=@\(path)", "/api/v1/inference/upload", "--write-out",
        " %{http_code} %{size_upload}")
      let words = answer.text.split(separator: " ").suffix(2)
      #expect(words.first == "413", "\(version): \(answer.text) \(answer.standardError)")
      #expect(words.last.flatMap { Int($0) } ?? .max < 20 << 20, "\(version): \(answer.text)")
      #expect(answer.text.contains(#""error_code""#))
    }
    #expect(await server.process.stop() == 0)
  }

  @Test("versions before TLS 1.2 are refused")
  func oldVersions() async throws {
    let server = try await SecureServer.start()
    for version in ["-tls1", "-tls1_1"] {
      // openssl itself would not offer them otherwise.
      let output = try await server.handshake(version, "-cipher", "DEFAULT:@SECLEVEL=0")
      #expect(output.text.contains("Cipher is (NONE)"), "\(version): \(output.text)")
    }
    for (version, name) in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")] {
      let output = try await server.handshake(version, "-cipher", "DEFAULT:@SECLEVEL=0")
      #expect(output.text.contains("New, \(name), Cipher is"), "\(output.text)")
    }
    #expect(await server.process.stop() == 0)
  }

  @Test("the suites that openssl may use are those of docs/tls.md, and no others")
  func suites() async throws {
    var accepted: Set<String> = []
    for key in [TestAuthority.KeyKind.ecdsa, .rsa] {
      let server = try await SecureServer.start(key: key)
      for version in ["-tls1_2", "-tls1_3"] {
        for suite in try await suites(of: version) {
          let option = version == "-tls1_2" ? "-cipher" : "-ciphersuites"
          let value = version == "-tls1_2" ? "\(suite):@SECLEVEL=0" : suite
          let output = try await server.handshake(version, option, value)
          if output.text.contains("Cipher is \(suite)") { accepted.insert(suite) }
        }
      }
      #expect(await server.process.stop() == 0)
    }
    let page = String(decoding: try Checkout.data(Checkout.path("docs/tls.md")), as: UTF8.self)
    let documented = page.matches(of: /\n    ((?:TLS_|ECDHE-)\S+)/).map { String($0.1) }
    #expect(documented.count == 9)
    #expect(accepted == Set(documented))
  }

  /// All that openssl knows of a version, weak ones too.
  private func suites(of version: String) async throws -> [String] {
    let list = version == "-tls1_2" ? "ALL:COMPLEMENTOFALL:@SECLEVEL=0" : "DEFAULT"
    var arguments = ["ciphers", "-s", version, list]
    if version == "-tls1_3" {
      // Those of 1.3 have a list of their own.
      arguments.insert(
        contentsOf: [
          "-ciphersuites",
          "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256",
        ], at: 1)
    }
    let output = try await HarrierProcess(program: "openssl", arguments).run()
    try #require(output.status == 0, "\(output.standardError)")
    return output.text.split { ":\n".contains($0) }.map(String.init).filter {
      version == "-tls1_2" || $0.hasPrefix("TLS_")
    }
  }

  @Test("a client cannot negotiate anew within a connection")
  func renegotiation() async throws {
    let server = try await SecureServer.start()
    // "R" asks for it. The pipe is open at both ends, so that openssl does not end before the service has answered.
    let pipe = server.folder.path("commands")
    let output = try await HarrierProcess(
      program: "sh",
      [
        "-c",
        """
        mkfifo "$1"; exec 3<>"$1"; echo R >&3
        timeout 120 openssl s_client -connect "localhost:$2" -tls1_2 <&3 2>&1
        """, "sh", pipe, "\(server.process.port)",
      ]
    ).run()
    #expect(output.text.contains("RENEGOTIATING"))
    // The service ends the connection.
    #expect(output.text.contains(/unexpected eof|errno=|no renegotiation/), "\(output.text)")
    #expect(output.status != 0)
    #expect(await server.process.stop() == 0)
  }

  @Test("files that cannot be used stop the start with one line that names the setting")
  func wrongFiles() async throws {
    let folder = try TemporaryFolder()
    let authority = try await TestAuthority("authority", in: folder)
    let sound = try await authority.issue("sound")
    let other = try await authority.issue("other", key: .rsa)
    let expired = try await authority.issue("expired", days: -1)
    let encrypted = folder.path("encrypted.key")
    let command = try await HarrierProcess(
      program: "openssl",
      ["pkey", "-in", sound.key, "-aes256", "-passout", "pass:secret", "-out", encrypted]
    ).run()
    #expect(command.status == 0)
    let empty = try folder.write("", to: "empty.pem")
    for (certificate, key, clientCA, words) in [
      (sound.certificate, other.key, nil, "tls_key: is not the key of the certificate"),
      (
        expired.certificate, expired.key, nil, "tls_certificate: \(expired.certificate) has expired"
      ),
      (
        folder.path("none"), sound.key, nil,
        "tls_certificate: \(folder.path("none")) cannot be read"
      ),
      (empty, sound.key, nil, "tls_certificate: \(empty) holds no certificates"),
      (sound.certificate, sound.certificate, nil, "tls_key: \(sound.certificate) holds no private"),
      (sound.certificate, encrypted, nil, "tls_key: \(encrypted) is encrypted"),
      (sound.certificate, sound.key, empty, "tls_client_ca: \(empty) holds no certificates"),
    ] as [(String, String, String?, String)] {
      var environment = ["HARRIER_TLS_CERTIFICATE": certificate, "HARRIER_TLS_KEY": key]
      environment["HARRIER_TLS_CLIENT_CA"] = clientCA
      let output = try await harrier(
        "serve", "--workers", "0", "--port", "0", "--data-dir", folder.path("data"),
        environment: environment)
      #expect(output.status == 1, "\(words): \(output.standardError)")
      let last = output.errorLines.last ?? ""
      #expect(last.contains(words), "\(output.standardError)")
      #expect(!output.standardError.contains("PRIVATE KEY"))
    }
  }

  @Test("where client certificates are asked for, only those of the right authority get in")
  func clientCertificates() async throws {
    let folder = try TemporaryFolder()
    let clients = try await TestAuthority("clients", in: folder)
    let strangers = try await TestAuthority("strangers", in: folder)
    let right = try await clients.issue("right", isClient: true)
    let wrong = try await strangers.issue("wrong", isClient: true)
    let expired = try await clients.issue("expired", days: -1, isClient: true)
    let server = try await SecureServer.start(
      environment: ["HARRIER_TLS_CLIENT_CA": clients.pair.certificate])
    for version in ["1.2", "1.3"] {
      let limits = ["--tls-max", version, "/health/live"]
      #expect(try await server.curl(limits).status != 0)
      for pair in [wrong, expired] {
        let refused = try await server.curl(
          limits + ["--cert", pair.certificate, "--key", pair.key])
        #expect(refused.status != 0)
        #expect(refused.standardOutput.isEmpty)
      }
      let served = try await server.curl(
        limits + ["--cert", right.certificate, "--key", right.key, "--write-out", " %{http_code}"])
      #expect(served.text.hasSuffix(" 200"), "\(served.standardError)")
    }
    let options = ["--url", server.address, "--ca-file", server.authority.pair.certificate]
    let stranger = try await harrier(arguments: ["top", "--once", "--plain"] + options)
    #expect(stranger.status == 1)
    let top = try await whenAnswered {
      try await harrier(
        arguments: ["top", "--once", "--plain"] + options
          + ["--cert", right.certificate, "--key", right.key])
    }
    #expect(top.status == 0, "\(top.standardError)")
    #expect(await server.process.stop() == 0)
  }

  @Test("harrier top trusts the authority that --ca-file names, and no unknown one")
  func top() async throws {
    let server = try await SecureServer.start()
    let without = try await whenAnswered {
      try await harrier("top", "--once", "--plain", "--url", server.address)
    }
    #expect(without.status == 1)
    #expect(without.standardError.contains("TLS"), "\(without.standardError)")
    let trusting = try await whenAnswered {
      try await harrier(
        "top", "--once", "--plain", "--url", server.address, "--ca-file",
        server.authority.pair.certificate)
    }
    #expect(trusting.status == 0, "\(trusting.standardError)")
    #expect(trusting.text.contains("state=ready"))
    let missing = try await harrier(
      "top", "--once", "--url", server.address, "--ca-file", server.folder.path("none"))
    #expect(missing.status == 64 || missing.status == 2)
    #expect(missing.standardError.contains(server.folder.path("none")))
    #expect(await server.process.stop() == 0)
  }

  @Test("browsers are told to stay with HTTPS where the operator says so")
  func strictTransport() async throws {
    let server = try await SecureServer.start(environment: ["HARRIER_HSTS_SECONDS": "31536000"])
    let told = try await server.curl("--head", "/health/live")
    #expect(told.text.lowercased().contains("strict-transport-security: max-age=31536000\r\n"))
    #expect(await server.process.stop() == 0)
    let silent = try await SecureServer.start()
    let answer = try await silent.curl("--head", "/health/live")
    #expect(!answer.text.lowercased().contains("strict-transport-security"))
    #expect(await silent.process.stop() == 0)
  }
}
