public import Jobs
public import NIOPosix

/// ZIP archives by libarchive, written from front to back: pictures as they are, everything else deflated.
///
/// A data descriptor follows each file, since its checksum is known only then; files and archives over 4 GiB and
/// more than 65,535 files get the ZIP64 records. Of each file only its entry in the directory stays in memory
/// (about a hundred bytes).
public struct LibarchiveZIPWriter: ArchiveWriter {
  private let threads: NIOThreadPool

  /// Enough to make the hop to another thread cheap, little enough for many exports at once.
  private static let chunkBytes = 256 << 10

  /// libarchive runs on `threads`.
  public init(threads: NIOThreadPool) { self.threads = threads }

  public func writeZIP(
    _ next: @Sendable () async throws -> ArchiveEntry?,
    to write: @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    let archive = try await threads.runIfActive { try ZIPArchive() }
    while let entry = try await next() {
      try await add(entry, to: archive, write)
    }
    let rest = try await threads.runIfActive {
      try archive.close()
      return archive.takeOutput()
    }
    try await write(rest)
  }

  private func add(
    _ entry: ArchiveEntry, to archive: ZIPArchive,
    _ write: @Sendable ([UInt8]) async throws -> Void
  ) async throws {
    var offset = 0
    repeat {
      try Task.checkCancellation()
      let wanted = min(Self.chunkBytes, entry.sizeBytes - offset)
      let bytes = wanted > 0 ? try await entry.read(offset, wanted) : []
      // Its size is in the archive already.
      guard bytes.count <= wanted, wanted <= 0 || !bytes.isEmpty else {
        throw JobsError(.storageError, "A stored file has changed its size", cause: entry.name)
      }
      let start = offset
      offset += bytes.count
      let isLast = offset >= entry.sizeBytes
      let output = try await threads.runIfActive {
        if start == 0 { try archive.begin(entry) }
        try archive.append(bytes)
        if isLast { try archive.endEntry() }
        return archive.takeOutput(atLeast: Self.chunkBytes)
      }
      if !output.isEmpty { try await write(output) }
    } while offset < entry.sizeBytes
  }
}
