import CArchive
import Foundation
import Jobs

/// One ZIP archive of libarchive, whose bytes are collected here until somebody takes them. Every call blocks.
///
/// `@unchecked Sendable` because libarchive allows any thread, one at a time, and the writer awaits each call.
final class ZIPArchive: @unchecked Sendable {
  private let archive: OpaquePointer
  private let entry: OpaquePointer
  private let locale: UTF8Locale
  private let output = CollectedOutput()

  /// `AE_IFREG` of archive_entry.h.
  private static let regularFile: UInt32 = 0o100000

  init() throws {
    locale = try UTF8Locale()
    guard let archive = archive_write_new(), let entry = archive_entry_new() else {
      throw JobsError(.storageError, "There is no memory for an archive")
    }
    self.archive = archive
    self.entry = entry
    try check(archive_write_set_format_zip(archive))
    // No padding to blocks, which are for tapes.
    try check(archive_write_set_bytes_per_block(archive, 0))
    let client = Unmanaged.passUnretained(output).toOpaque()
    try check(
      archive_write_open2(
        archive, client, nil,
        { _, client, bytes, count in
          guard let client, let bytes else { return 0 }
          Unmanaged<CollectedOutput>.fromOpaque(client).takeUnretainedValue().bytes
            .append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
          return count
        }, nil, nil))
  }

  deinit {
    // Otherwise an archive that was given up would be completed first.
    archive_write_fail(archive)
    archive_write_free(archive)
    archive_entry_free(entry)
  }

  func begin(_ file: ArchiveEntry) throws {
    guard Self.isSafe(file.name) else {
      throw JobsError(.storageError, "A name cannot be in an archive", cause: file.name)
    }
    try check(
      Self.isCompressed(file.name)
        ? archive_write_zip_set_compression_store(archive)
        : archive_write_zip_set_compression_deflate(archive))
    archive_entry_clear(entry)
    archive_entry_set_pathname(entry, file.name)
    archive_entry_set_filetype(entry, Self.regularFile)
    archive_entry_set_perm(entry, 0o644)
    archive_entry_set_size(entry, Int64(file.sizeBytes))
    archive_entry_set_mtime(entry, time_t(file.modifiedAt.timeIntervalSince1970), 0)
    try locale.use { try check(archive_write_header(archive, entry)) }
  }

  func append(_ bytes: [UInt8]) throws {
    var written = 0
    try bytes.withUnsafeBytes { buffer in
      while written < buffer.count {
        let result = archive_write_data(
          archive, buffer.baseAddress?.advanced(by: written), buffer.count - written)
        guard result > 0 else { throw failure() }
        written += result
      }
    }
  }

  func endEntry() throws { try check(archive_write_finish_entry(archive)) }

  func close() throws { try locale.use { try check(archive_write_close(archive)) } }

  /// What was written since the last call; nothing while it is less than `count` bytes.
  func takeOutput(atLeast count: Int = 0) -> [UInt8] {
    guard output.bytes.count >= count else { return [] }
    defer { output.bytes.removeAll() }
    return output.bytes
  }

  private func check(_ result: Int32) throws {
    // A warning tells of a name or an attribute that was written in another way than asked for.
    guard result == ARCHIVE_OK else { throw failure() }
  }

  private func failure() -> JobsError {
    let cause = archive_error_string(archive).map { String(cString: $0) }
    return JobsError(.storageError, "The archive cannot be written", cause: cause)
  }

  /// Whether unpacking writes into the folder that it is unpacked in, on every system.
  private static func isSafe(_ name: String) -> Bool {
    !name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "\\") }
      && name.split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
  }

  /// Pictures hardly shrink, and cost much time.
  private static func isCompressed(_ name: String) -> Bool {
    ["jpg", "jpeg", "png", "tif", "tiff"].contains(
      (name as NSString).pathExtension.lowercased())
  }
}

private final class CollectedOutput {
  var bytes: [UInt8] = []
}

/// A locale in which libarchive takes names as UTF-8 and marks them as such; a program's own is "C", whatever the
/// environment says, until it calls setlocale.
private final class UTF8Locale {
  private let locale: locale_t

  init() throws {
    guard let locale = newlocale(Int32(LC_CTYPE_MASK), "C.UTF-8", nil) else {
      throw JobsError(.storageError, "The system has no C.UTF-8 locale")
    }
    self.locale = locale
  }

  deinit { freelocale(locale) }

  /// For the calling thread, while `body` runs.
  func use<Value>(_ body: () throws -> Value) rethrows -> Value {
    let previous = uselocale(locale)
    defer { uselocale(previous) }
    return try body()
  }
}
