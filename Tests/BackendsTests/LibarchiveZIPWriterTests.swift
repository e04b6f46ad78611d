import Foundation
import Jobs
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Backends

@Suite("ZIP writer")
struct LibarchiveZIPWriterTests {
  private let folder: TemporaryFolder
  private let writer = LibarchiveZIPWriter(threads: .singleton)

  init() throws { folder = try TemporaryFolder() }

  /// An even second: the format's own time counts in twos.
  private static let time = Date(timeIntervalSince1970: 1_770_000_000)

  private func entry(_ name: String, _ bytes: [UInt8]) -> ArchiveEntry {
    ArchiveEntry(name: name, sizeBytes: bytes.count, modifiedAt: Self.time) { offset, count in
      Array(bytes[offset...].prefix(count))
    }
  }

  /// Writes the entries to a file; returns the sizes of the pieces.
  @discardableResult
  private func write(_ entries: [ArchiveEntry], to name: String = "a.zip") async throws -> [Int] {
    let path = folder.path(name)
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    defer { try? file.close() }
    let sizes = Mutex<[Int]>([])
    try await writer.writeZIP(Self.sequence(entries)) { bytes in
      try file.write(contentsOf: bytes)
      sizes.withLock { $0.append(bytes.count) }
    }
    return sizes.withLock(\.self)
  }

  private static func sequence(_ entries: [ArchiveEntry])
    -> @Sendable () async throws -> ArchiveEntry?
  {
    let position = PieceCounter()
    return {
      let index = position.next()
      return index < entries.count ? entries[index] : nil
    }
  }

  /// What Python's zipfile prints for a script that has the archive as `z`.
  private func python(_ script: String) async throws -> String {
    let opening = """
      import sys, zipfile, hashlib
      z = zipfile.ZipFile(sys.argv[1])
      assert z.testzip() is None

      """
    let output = try await HarrierProcess(
      program: "python3", ["-c", opening + script, folder.path("a.zip")],
      environment: ["PYTHONIOENCODING": "utf-8"]
    ).run()
    #expect(output.status == 0, "\(output.standardError)")
    return output.text
  }

  @Test("names, bytes, times and methods are what Python's zipfile reads")
  func readByPython() async throws {
    try await write([
      entry(
        "labels/Küste 海岸 🛩.txt", Array(String(repeating: "0 0.5 0.5 0.1 0.1\n", count: 500).utf8)),
      entry("images/Küste.JPG", [UInt8](repeating: 7, count: 1000)),
      entry("images/b.tiff", Array("tiff".utf8)), entry("images/c.png", []),
      entry("manifest.json", Array("{}".utf8)), entry("empty.txt", []),
    ])
    let listing = try await python(
      """
      import os, time
      for i in z.infolist():
        print(i.filename, i.file_size, i.compress_type, hashlib.sha256(z.read(i)).hexdigest()[:8], bool(i.flag_bits & 0x800))
      print(all(i.date_time == time.localtime(1770000000)[:6] for i in z.infolist()))
      print(z.infolist()[0].compress_size < 200, oct(z.infolist()[0].external_attr >> 16))
      """)
    // Hashes by Python's hashlib; 8 is deflated, 0 is stored.
    #expect(
      listing.split(separator: "\n") == [
        "labels/Küste 海岸 🛩.txt 9000 8 6f13db36 True", "images/Küste.JPG 1000 0 df1329c8 True",
        "images/b.tiff 4 0 904749a4 False", "images/c.png 0 0 e3b0c442 False",
        "manifest.json 2 8 44136fa3 False", "empty.txt 0 8 e3b0c442 False", "True", "True 0o100644",
      ])
  }

  @Test(
    "unzip finds nothing wrong",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/unzip")))
  func readByUnzip() async throws {
    try await write([
      entry("labels/Küste.txt", Array(String(repeating: "0 0.5\n", count: 90_000).utf8)),
      entry("images/a.jpg", (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }),
    ])
    let output = try await HarrierProcess(program: "unzip", ["-t", folder.path("a.zip")]).run()
    #expect(output.status == 0, "\(output.text) \(output.standardError)")
    #expect(output.text.contains("No errors detected"))
  }

  @Test("an archive of nothing is an archive")
  func empty() async throws {
    try await write([])
    #expect(try await python("print(len(z.infolist()))") == "0\n")
  }

  @Test("more than 65,535 files are all there")
  func manyFiles() async throws {
    let names = (0..<66_000).map { "labels/\($0).png" }
    try await write(names.map { entry($0, []) })
    #expect(
      try await python("print(len(z.infolist()), z.infolist()[65999].filename)")
        == "66000 labels/65999.png\n")
  }

  @Test("a big file is read and written in small pieces")
  func bigFile() async throws {
    let size = 40 << 20
    let largest = Mutex(0)
    let big = ArchiveEntry(name: "big.tif", sizeBytes: size, modifiedAt: Self.time) {
      offset, count in
      largest.withLock { $0 = max($0, count) }
      return [UInt8](repeating: UInt8(truncatingIfNeeded: offset >> 18), count: count)
    }
    let pieces = try await write([big])
    #expect(largest.withLock(\.self) <= 256 << 10)
    #expect((pieces.max() ?? 0) <= 1 << 20)
    #expect(pieces.reduce(0, +) > size)
    #expect(try await python("print(z.infolist()[0].file_size)") == "\(size)\n")
  }

  @Test("nothing more is read while the receiver has not taken what is there")
  func backPressure() async throws {
    let readBytes = Mutex(0)
    let big = ArchiveEntry(name: "big.tif", sizeBytes: 8 << 20, modifiedAt: Self.time) { _, count in
      readBytes.withLock { $0 += count }
      return [UInt8](repeating: 1, count: count)
    }
    let written = Mutex(0)
    try await writer.writeZIP(Self.sequence([big])) { bytes in
      let ahead =
        readBytes.withLock(\.self)
        - written.withLock { value in
          value += bytes.count
          return value
        }
      #expect(ahead <= 512 << 10)
    }
  }

  @Test(
    "a name that leaves the folder is refused",
    arguments: [
      "", "/etc/passwd", "../a.txt", "a/../../b", "a//b", "a/", "..\\a.txt", "a\u{0}b", ".",
    ])
  func unsafeName(name: String) async throws {
    await expectRefusal(.storageError) { try await write([entry(name, [1])]) }
  }

  @Test(
    "a file that is shorter or longer than it said ends the archive with an error",
    arguments: [-1, 1])
  func wrongSize(difference: Int) async throws {
    let file = ArchiveEntry(name: "a.txt", sizeBytes: 10, modifiedAt: Self.time) { offset, _ in
      offset == 0 ? [UInt8](repeating: 1, count: 10 + difference) : []
    }
    await expectRefusal(.storageError) { try await write([file]) }
  }

  @Test("what a file, the list or the receiver throws is thrown")
  func errorsPass() async throws {
    let failing = ArchiveEntry(name: "a.txt", sizeBytes: 1, modifiedAt: Self.time) { _, _ in
      throw CocoaError(.fileReadCorruptFile)
    }
    await #expect(throws: CocoaError.self) { try await write([entry("b", [1]), failing]) }
    await #expect(throws: CocoaError.self) {
      try await writer.writeZIP({ throw CocoaError(.fileNoSuchFile) }) { _ in }
    }
    await #expect(throws: CocoaError.self) {
      try await writer.writeZIP(Self.sequence([entry("b", [1])])) { _ in
        throw CocoaError(.fileWriteOutOfSpace)
      }
    }
  }

  @Test("a cancelled export ends and writes no directory")
  func cancellation() async throws {
    let (started, start) = AsyncStream.makeStream(of: Void.self)
    let endless = ArchiveEntry(name: "a.tif", sizeBytes: 1 << 40, modifiedAt: Self.time) {
      _, count in
      start.yield()
      return [UInt8](repeating: 1, count: count)
    }
    let task = Task { try await writer.writeZIP(Self.sequence([endless])) { _ in } }
    for await _ in started { break }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

private final class PieceCounter: Sendable {
  private let value = Mutex(0)
  func next() -> Int {
    value.withLock { value in
      defer { value += 1 }
      return value
    }
  }
}
