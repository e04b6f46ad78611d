import Foundation
public import Jobs
public import Testing

/// One sentence that is true of every blob store, whatever it is made of.
public struct BlobRule: Sendable, CustomTestStringConvertible {
  public let testDescription: String
  public let check: @Sendable (any BlobStore) async throws -> Void

  init(_ sentence: String, _ check: @escaping @Sendable (any BlobStore) async throws -> Void) {
    testDescription = sentence
    self.check = check
  }

  /// The whole suite.
  public static let all = writing + reading + removing
}

/// Texts that are no keys.
public let invalidBlobKeys = [
  "", "/", "/etc/passwd", "uploads/", "uploads//a", "..", "uploads/../../etc", "uploads/./a", "a b",
  "ä", "a\u{0}b", "a\\b", "a\nb", "a:b", String(repeating: "a", count: 256),
  String(repeating: "a/", count: 256) + "a",
]

private let key = "uploads/upl_1/img_1"

extension BlobStore {
  /// Keeps a text as a caller with a file does.
  func keep(_ text: String, as key: String) async throws {
    let path = try await temporaryPath()
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try await keep(fileAt: path, as: key)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  func text(_ key: String) async throws -> String? {
    guard let reader = try await open(key) else { return nil }
    let bytes = try await reader.read(at: 0, count: reader.sizeBytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  func names(_ prefix: String) async throws -> [String] {
    try await names(under: prefix, after: nil, limit: 100).map(\.name)
  }
}

/// Checks that `body` is refused with a code, in words without a path.
public func expectRefusal(
  _ code: JobsError.Code, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Void
) async {
  await #expect(sourceLocation: sourceLocation) {
    try await body()
  } throws: { error in
    guard let error = error as? JobsError else { return false }
    return error.code == code && !error.message.contains("/")
  }
}

extension BlobRule {
  static let writing = [
    BlobRule("a kept file is read as it was, and is gone from its temporary path") { store in
      try await store.keep("pixels", as: key)
      #expect(try await store.text(key) == "pixels")
    },
    BlobRule("bytes in memory are kept, also none of them") { store in
      try await store.put(Array("detections".utf8), as: key)
      try await store.put([], as: "jobs/job_1/1/img_1.detections")
      #expect(try await store.text(key) == "detections")
      #expect(try await store.text("jobs/job_1/1/img_1.detections") == "")
    },
    BlobRule("a blob of the same key is replaced as a whole; who reads the old one reads on") {
      store in
      try await store.keep("a long first version", as: key)
      let old = try #require(try await store.open(key))
      try await store.keep("second", as: key)
      #expect(try await store.text(key) == "second")
      #expect(try await old.read(at: 0, count: 100) == Array("a long first version".utf8))
    },
    BlobRule("a file that is not there cannot be kept, and leaves no blob") { store in
      let path = try await store.temporaryPath()
      await expectRefusal(.storageError) { try await store.keep(fileAt: path, as: key) }
      #expect(try await store.open(key) == nil)
    },
    BlobRule("temporary paths are never the same") { store in
      var paths: Set<String> = []
      for _ in 0..<100 { paths.insert(try await store.temporaryPath()) }
      #expect(paths.count == 100)
    },
    BlobRule("what is no key is refused by every call") { store in
      let path = try await store.temporaryPath()
      try Data("x".utf8).write(to: URL(fileURLWithPath: path))
      for key in invalidBlobKeys {
        await expectRefusal(.storageError) { try await store.keep(fileAt: path, as: key) }
        await expectRefusal(.storageError) { try await store.put([1], as: key) }
        await expectRefusal(.storageError) { _ = try await store.open(key) }
        await expectRefusal(.storageError) { try await store.withLocalFile(key) { _ in } }
        await expectRefusal(.storageError) { try await store.delete([key]) }
        await expectRefusal(.storageError) { try await store.deleteAll(under: key) }
        await expectRefusal(.storageError) {
          _ = try await store.names(under: key, after: nil, limit: 1)
        }
      }
      #expect(FileManager.default.fileExists(atPath: path), "the refused file is the caller's")
      try FileManager.default.removeItem(atPath: path)
    },
    BlobRule("blobs that are put side by side are all there") { store in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<40 {
          group.addTask {
            try await store.put(
              Array("blob \(index)".utf8), as: "uploads/upl_\(index % 4)/\(index)")
          }
        }
        try await group.waitForAll()
      }
      for index in 0..<40 {
        #expect(try await store.text("uploads/upl_\(index % 4)/\(index)") == "blob \(index)")
      }
      #expect(try await store.names("uploads") == ["upl_0", "upl_1", "upl_2", "upl_3"])
    },
    BlobRule("a store that works is writable") { try await $0.checkWritable() },
  ]

  static let reading = [
    BlobRule("there is no blob of an unknown key, of a prefix, and of a key behind a blob") {
      store in
      try await store.put([1], as: key)
      for none in ["uploads/upl_1/img_2", "uploads/upl_1", "\(key)/more"] {
        #expect(try await store.open(none) == nil, "\(none)")
        await expectRefusal(.blobNotFound) { try await store.withLocalFile(none) { _ in } }
      }
    },
    BlobRule("a piece is read from any offset; only at the end it is shorter") { store in
      try await store.put(Array("0123456789".utf8), as: key)
      let reader = try #require(try await store.open(key))
      #expect(reader.sizeBytes == 10)
      let table: [(offset: Int, count: Int, expected: String)] = [
        (0, 4, "0123"), (4, 4, "4567"), (8, 4, "89"), (10, 4, ""), (99, 4, ""), (3, 0, ""),
        (0, .max, "0123456789"), (-5, 2, "01"), (5, -1, ""),
      ]
      for row in table {
        let bytes = try await reader.read(at: row.offset, count: row.count)
        #expect(String(decoding: bytes, as: UTF8.self) == row.expected, "\(row)")
      }
    },
    BlobRule("an open blob stays readable when it is deleted") { store in
      try await store.put(Array("still here".utf8), as: key)
      let reader = try #require(try await store.open(key))
      try await store.delete([key])
      #expect(try await store.open(key) == nil)
      #expect(try await reader.read(at: 6, count: 4) == Array("here".utf8))
    },
    BlobRule("a local file has the blob's bytes while the body runs, deleted or not") { store in
      try await store.put(Array("decode me".utf8), as: key)
      let path = try await store.withLocalFile(key) { path in
        try await store.delete([key])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "decode me")
        return path
      }
      #expect(!FileManager.default.fileExists(atPath: path))
      await expectRefusal(.blobNotFound) { try await store.withLocalFile(key) { _ in } }
    },
    BlobRule("what the body of a local file throws is thrown, and no file stays") { store in
      try await store.put([1], as: key)
      await #expect(throws: CocoaError.self) {
        try await store.withLocalFile(key) { _ in throw CocoaError(.fileReadCorruptFile) }
      }
      #expect(try await store.sweepTemporaryFiles(olderThan: .distantFuture) == 0)
      #expect(try await store.text(key) != nil)
    },
    BlobRule("a small blob is read at once, up to a limit") { store in
      try await store.put(Array("12345".utf8), as: key)
      #expect(try await store.bytes(key, limit: 5) == Array("12345".utf8))
      await expectRefusal(.storageError) { _ = try await store.bytes(key, limit: 4) }
      await expectRefusal(.blobNotFound) { _ = try await store.bytes("uploads/none", limit: 4) }
    },
  ]

  static let removing = [
    BlobRule("deleting removes the named blobs; those that are not there do not matter") { store in
      for name in ["a", "b", "c"] { try await store.put([1], as: "uploads/upl_1/\(name)") }
      try await store.delete(["uploads/upl_1/a", "uploads/upl_1/none", "x/y", "uploads/upl_1/c"])
      try await store.delete(["uploads/upl_1/b/none", "uploads/upl_1"])
      #expect(try await store.names("uploads/upl_1") == ["b"])
      try await store.delete(["uploads/upl_1/b"])
      #expect(try await store.names("uploads").isEmpty)
    },
    BlobRule("all below a prefix is removed, and nothing beside it") { store in
      for key in [
        "jobs/job_1/1/a.detections", "jobs/job_1/2/a.detections", "jobs/job_1/2/b.annotated",
        "jobs/job_10/1/a.detections",
      ] { try await store.put([1], as: key) }
      try await store.deleteAll(under: "jobs/job_1")
      try await store.deleteAll(under: "jobs/job_2")
      #expect(try await store.names("jobs") == ["job_10"])
      #expect(try await store.text("jobs/job_10/1/a.detections") != nil)
    },
    BlobRule("names below a prefix come in order, page by page, with the time of their change") {
      store in
      let start = Date()
      for name in ["c", "a", "b"] { try await store.put([1], as: "uploads/\(name)/img") }
      try await store.put([1], as: "uploads/d")
      let page = try await store.names(under: "uploads", after: nil, limit: 3)
      #expect(page.map(\.name) == ["a", "b", "c"])
      // File systems count in ticks of some milliseconds.
      #expect(page.allSatisfy { abs($0.modifiedAt.timeIntervalSince(start)) < 60 })
      let rest = try await store.names(under: "uploads", after: "c", limit: 3)
      #expect(rest.map(\.name) == ["d"])
      #expect(try await store.names(under: "uploads", after: "d", limit: 3).isEmpty)
      #expect(try await store.names(under: "jobs", after: nil, limit: 3).isEmpty)
    },
    BlobRule("temporary files that are old enough are swept, others and blobs stay") { store in
      try await store.put([1], as: key)
      let path = try await store.temporaryPath()
      try Data("half".utf8).write(to: URL(fileURLWithPath: path))
      #expect(try await store.sweepTemporaryFiles(olderThan: Date() - 3600) == 0)
      #expect(FileManager.default.fileExists(atPath: path))
      #expect(try await store.sweepTemporaryFiles(olderThan: Date() + 60) == 1)
      #expect(!FileManager.default.fileExists(atPath: path))
      #expect(try await store.text(key) != nil)
    },
    BlobRule("a temporary folder that is old enough is swept with what is in it") { store in
      let path = try await store.temporaryPath()
      try FileManager.default.createDirectory(
        atPath: "\(path)/deep", withIntermediateDirectories: true)
      try Data("half".utf8).write(to: URL(fileURLWithPath: "\(path)/deep/model.onnx"))
      #expect(try await store.sweepTemporaryFiles(olderThan: Date() - 3600) == 0)
      #expect(try await store.sweepTemporaryFiles(olderThan: Date() + 60) == 1)
      #expect(!FileManager.default.fileExists(atPath: path))
    },
  ]
}
