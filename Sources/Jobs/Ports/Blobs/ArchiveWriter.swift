public import Foundation

/// One file of an archive.
public struct ArchiveEntry: Sendable {
  /// Relative, `/` between folders.
  public var name: String
  public var sizeBytes: Int
  public var modifiedAt: Date
  /// `count` bytes from an offset on.
  public var read: @Sendable (_ offset: Int, _ count: Int) async throws -> [UInt8]

  public init(
    name: String, sizeBytes: Int, modifiedAt: Date,
    read: @escaping @Sendable (_ offset: Int, _ count: Int) async throws -> [UInt8]
  ) {
    self.name = name
    self.sizeBytes = sizeBytes
    self.modifiedAt = modifiedAt
    self.read = read
  }
}

/// Packs files into a ZIP archive while they are read; memory does not grow with their number or size.
public protocol ArchiveWriter: Sendable {
  /// - Parameters:
  ///   - next: the next file, nil after the last one.
  ///   - write: takes the archive's next bytes.
  /// - Throws: `JobsError(.storageError)`; what `next`, `read` and `write` throw.
  func writeZIP(
    _ next: @Sendable () async throws -> ArchiveEntry?,
    to write: @Sendable ([UInt8]) async throws -> Void
  ) async throws
}
