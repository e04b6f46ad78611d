import Foundation
import Jobs
import NIOHTTP1
import NIOPosix
import TestSupport
import Testing

@testable import Backends

@Suite("S3 blob store", .enabled(if: S3Server.isInstalled, "scripts/test-tools installs SeaweedFS"))
struct S3BlobStoreTests {
  private static let key = "uploads/upl_1/img_1"

  @Test("the S3 blob store keeps the rules of every blob store", arguments: BlobRule.all)
  func rules(rule: BlobRule) async throws {
    let sandbox = try await S3Sandbox()
    try await rule.check(sandbox.store)
  }

  @Test("a blob is an object under prefix and key; no temporary file is left")
  func layout() async throws {
    let sandbox = try await S3Sandbox()
    try await sandbox.store.put(Array("pixels".utf8), as: Self.key)
    let path = try await sandbox.file([1, 2, 3])
    try await sandbox.store.keep(fileAt: path, as: "uploads/upl_1/img_2")
    #expect(try await sandbox.objects() == [Self.key, "uploads/upl_1/img_2"])
    #expect(try sandbox.folder.files().isEmpty)
    // Both as sha256sum prints them.
    #expect(
      try await sandbox.client.state(of: sandbox.location.object("uploads/upl_1/img_2"))?.sha256
        == "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81")
  }

  @Test(
    "prefixes of any characters are taken, and signed as the server reads them",
    arguments: [
      "a b", "ü/日本/😀", "per%cent%41", "plus+&=?#;:@,$!*'()~", "quo\"te<x>&amp;", "[br]{ac}|^`",
    ])
  func prefixes(prefix: String) async throws {
    let sandbox = try await S3Sandbox(prefix: "odd/\(UUID().uuidString)/\(prefix)")
    let store = sandbox.store
    try await store.put([1, 2], as: Self.key)
    #expect(try await store.bytes(Self.key, limit: 2) == [1, 2])
    #expect(try await store.names(under: "uploads", after: nil, limit: 9).map(\.name) == ["upl_1"])
    #expect(try await sandbox.objects() == [Self.key])
    let url = try #require(try await sandbox.temporaryURL(for: Self.key))
    #expect(try await httpGet(url).body == Data([1, 2]))
    try await store.deleteAll(under: "uploads")
    #expect(try await store.open(Self.key) == nil)
  }

  @Test("a large file is sent in parts and read back as it was")
  func large() async throws {
    let sandbox = try await S3Sandbox()
    let bytes = noise(12 << 20)
    let path = try await sandbox.file(bytes)
    try await sandbox.store.keep(fileAt: path, as: Self.key)
    #expect(!FileManager.default.fileExists(atPath: path))
    let object = sandbox.location.object(Self.key)
    let state = try #require(try await sandbox.client.state(of: object))
    // The tag of an object of several parts ends with their number: 12 MiB in parts of 5.
    #expect(state.tag.contains("-3"))
    #expect(try await sandbox.openUploads().isEmpty)
    let local = try await sandbox.store.withLocalFile(Self.key) { path in
      try Data(contentsOf: URL(fileURLWithPath: path)) == Data(bytes)
    }
    #expect(local)
    let reader = try #require(try await sandbox.store.open(Self.key))
    #expect(reader.sizeBytes == bytes.count)
    #expect(try await reader.read(at: 0, count: .max) == bytes)
  }

  @Test("160 MiB are sent, fetched and read without being held in memory")
  func memory() async throws {
    let sandbox = try await S3Sandbox()
    let size = 160 << 20
    let path = try await sandbox.file([])
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: UInt64(size))
    try file.close()
    try resetPeak()
    let before = try mebibytes("VmRSS")
    try await sandbox.store.keep(fileAt: path, as: Self.key)
    try await sandbox.store.withLocalFile(Self.key) { path in
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect(attributes[.size] as? Int == size)
    }
    let reader = try #require(try await sandbox.store.open(Self.key))
    var offset = 0
    while offset < size { offset += try await reader.read(at: offset, count: 192 << 10).count }
    // Alone it takes 25 MiB; tests beside this one take up to 80 more meanwhile.
    #expect(try mebibytes("VmHWM") - before < size >> 20)
    try await sandbox.store.delete([Self.key])
  }

  /// Makes the kernel count `VmHWM` from what is held now (proc_pid_clear_refs(5)).
  private func resetPeak() throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "/proc/self/clear_refs"))
    try file.write(contentsOf: Data("5".utf8))
    try file.close()
  }

  private func mebibytes(_ field: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("\(field):") })
    return try #require(Int(line.filter(\.isNumber))) / 1024
  }

  @Test("any range of a large blob is read, small ones in a row by few requests")
  func ranges() async throws {
    let server = try await S3Server.shared()
    let proxy = try await FaultProxy.start(to: server.port)
    let sandbox = try await S3Sandbox(endpoint: proxy.endpoint)
    let bytes = noise(5 << 20)
    try await sandbox.store.put(bytes, as: Self.key)
    let reader = try #require(try await sandbox.store.open(Self.key))
    for (offset, count) in [
      (0, 1), (1 << 20, 1), ((1 << 20) - 1, 2), (5 << 20 - 1, 10), (123_456, 3 << 20), (7, 4 << 20),
      (4 << 20, .max),
    ] {
      let start = min(offset, bytes.count)
      let end = start + min(count, bytes.count - start)
      #expect(try await reader.read(at: offset, count: count) == Array(bytes[start..<end]))
    }
    let before = proxy.requests.count
    let again = try #require(try await sandbox.store.open(Self.key))
    for index in 0..<40 {
      let range = index << 17..<(index + 1) << 17
      #expect(try await again.read(at: range.lowerBound, count: 1 << 17) == Array(bytes[range]))
    }
    // Of 0.25, 0.5, 1, 2 and then the other 1.25 MiB.
    #expect(proxy.requests.count - before == 5)
    // A look into it: what came with its size, and one request.
    _ = try #require(try await sandbox.store.open(Self.key))
    #expect(try await again.read(at: 3 << 20, count: 9) == Array(bytes[3 << 20..<(3 << 20) + 9]))
    #expect(proxy.requests.count - before == 7)
    try await proxy.stop()
  }

  @Test("reading a large blob that was deleted or replaced ends, and never mixes two versions")
  func replacedWhileRead() async throws {
    let sandbox = try await S3Sandbox()
    try await sandbox.store.put(noise(3 << 20), as: Self.key)
    let reader = try #require(try await sandbox.store.open(Self.key))
    try await sandbox.store.put([UInt8](repeating: 7, count: 3 << 20), as: Self.key)
    await expectRefusal(.blobNotFound) { _ = try await reader.read(at: 2 << 20, count: 10) }
    let next = try #require(try await sandbox.store.open(Self.key))
    try await sandbox.store.delete([Self.key])
    await expectRefusal(.blobNotFound) { _ = try await next.read(at: 2 << 20, count: 10) }
    #expect(try await next.read(at: 0, count: 2) == [7, 7])
  }

  @Test("names with hyphens and dots come in the order of names, not of keys")
  func namesInOrder() async throws {
    let sandbox = try await S3Sandbox()
    let store = sandbox.store
    let names = ["a", "a-", "a-b", "a.b", "ab", "b", "b-1", "c"]
    for name in names { try await store.put([1], as: "uploads/\(name)/img") }
    for limit in 1...9 {
      var found: [String] = []
      while true {
        let page = try await store.names(under: "uploads", after: found.last, limit: limit)
        guard !page.isEmpty else { break }
        #expect(page.count <= limit)
        found += page.map(\.name)
      }
      #expect(found == names, "pages of \(limit)")
    }
  }

  @Test("more than a thousand blobs are listed and deleted, page by page")
  func manyBlobs() async throws {
    let sandbox = try await S3Sandbox()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for index in 0..<151 { try await sandbox.store.put([], as: "jobs/job_\(task)/\(index)") }
        }
      }
      try await group.waitForAll()
    }
    let keys = try await sandbox.objects()
    #expect(keys.count == 1208)
    #expect(try await sandbox.store.names(under: "jobs", after: nil, limit: 100).count == 8)
    try await sandbox.store.delete(Array(keys.filter { $0.hasPrefix("jobs/job_0/") }))
    #expect(try await sandbox.objects().count == 1057)
    try await sandbox.store.deleteAll(under: "jobs")
    #expect(try await sandbox.objects().isEmpty)
  }

  @Test("a temporary URL gives the blob and its name to who has no credentials, until it expires")
  func presigned() async throws {
    let sandbox = try await S3Sandbox()
    try await sandbox.store.put(Array("pixels".utf8), as: Self.key)
    let disposition = "inline; filename=\"my tr_e.png\"; filename*=UTF-8''my%20tr%C3%A4e.png"
    let url = try #require(
      try await sandbox.store.temporaryURL(
        for: Self.key, lifetime: .seconds(600), contentType: "image/png",
        contentDisposition: disposition))
    let answer = try await httpGet(url)
    #expect(answer.status == 200 && answer.text == "pixels")
    #expect(answer.headers["content-type"] == "image/png")
    #expect(answer.headers["content-disposition"] == disposition)
    let old = sandbox.client.presignedURL(
      of: sandbox.location.object(Self.key), query: [], seconds: 60, at: Date() - 3600)
    #expect(try await httpGet(old).status == 403)
    let bare = try #require(url.split(separator: "?").first)
    #expect(try await httpGet(String(bare)).status == 403)
    #expect(!url.contains(S3Server.secretAccessKey))
    await expectRefusal(.storageError) { _ = try await sandbox.temporaryURL(for: "../secret") }
  }

  @Test("there are no temporary URLs unless they are wanted")
  func unsigned() async throws {
    let folder = try TemporaryFolder()
    let store = try S3BlobStore(
      location: S3Location("s3://pictures"), credentials: .explicit(S3Sandbox.credentials),
      temporaryFolder: folder.path, threads: .singleton)
    let url = try await store.temporaryURL(
      for: Self.key, lifetime: .seconds(60), contentType: "image/png", contentDisposition: "inline")
    #expect(url == nil)
  }

  @Test(
    "a bucket that is part of the host's name is found; temporary URLs have the public endpoint")
  func virtualHost() async throws {
    let sandbox = try await S3Sandbox()
    try await sandbox.store.put(Array("pixels".utf8), as: Self.key)
    let port = try await S3Server.shared().port
    let location = try S3Location(
      "s3://\(S3Sandbox.bucket)/\(sandbox.location.prefix)?endpoint=http://storage.internal:9000"
        + "&public_endpoint=http://\(S3Server.domain):\(port)&path_style=false")
    let folder = try TemporaryFolder()
    let store = try S3BlobStore(
      location: location, credentials: .explicit(S3Sandbox.credentials),
      temporaryFolder: folder.path, presigns: true, threads: .singleton)
    let url = try #require(
      try await store.temporaryURL(
        for: Self.key, lifetime: .seconds(600), contentType: "image/png",
        contentDisposition: "inline"))
    // No name server knows the host: its port and its name go to the server one by one.
    let host = "\(S3Sandbox.bucket).\(S3Server.domain):\(port)"
    #expect(url.hasPrefix("http://\(host)/"))
    let local = url.replacing(host, with: "127.0.0.1:\(port)")
    #expect(try await httpGet(local, host: host).text == "pixels")
    #expect(try await httpGet(local, host: "other.\(S3Server.domain):\(port)").status >= 400)
  }

  @Test("local copies of processes that are gone are removed, and no others")
  func heldFiles() throws {
    let folder = try TemporaryFolder()
    let files = try TemporaryFiles(folder: folder.path)
    let (path, file) = try files.createHeld()
    // A descriptor that is closed: what is left of a process that was killed.
    let left = try files.createHeld().path
    let upload = try folder.write("half", to: "upload")
    try files.sweepHeld(olderThan: Date() - 60)
    #expect(FileManager.default.fileExists(atPath: left), "it may be about to be locked")
    try files.sweepHeld(olderThan: Date() + 60)
    #expect(!FileManager.default.fileExists(atPath: left))
    #expect(FileManager.default.fileExists(atPath: path))
    #expect(FileManager.default.fileExists(atPath: upload))
    withExtendedLifetime(file) {}
  }

  @Test("multipart uploads that nobody has ended are swept, others and blobs stay")
  func staleUploads() async throws {
    let sandbox = try await S3Sandbox()
    let other = try await S3Sandbox()
    try await sandbox.store.put([1], as: Self.key)
    for sandbox in [sandbox, other] {
      let object = sandbox.location.object("uploads/upl_1/img_2")
      _ = try await sandbox.client.send(
        S3Request(method: .POST, object: object, query: [("uploads", "")]))
    }
    #expect(try await sandbox.store.sweepTemporaryFiles(olderThan: Date() - 3600) == 0)
    #expect(try await sandbox.openUploads().count == 1)
    #expect(try await sandbox.store.sweepTemporaryFiles(olderThan: Date() + 60) == 1)
    #expect(try await sandbox.openUploads().isEmpty)
    #expect(try await other.openUploads().count == 1)
    #expect(try await sandbox.objects() == [Self.key])
    #expect(try await other.store.sweepTemporaryFiles(olderThan: Date() + 60) == 1)
  }
}
