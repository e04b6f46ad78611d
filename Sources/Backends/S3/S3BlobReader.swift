import Crypto
import Jobs
import NIOPosix
import Synchronization

/// An object that is open: its first bytes came with its size, all others are asked for as they are read.
///
/// Reads in a row are served from blocks that grow, so that a large blob costs few requests and a look into it
/// little. A blob up to `S3Limits.readAheadBytes` stays readable when it is deleted; of a larger one, reading ends
/// with `.blobNotFound`, since S3 keeps nothing that is deleted. Bytes of two versions are never mixed. Who reads
/// all of it from the front gets the last bytes only when the whole is what was stored.
final class S3BlobReader: BlobReader {
  var sizeBytes: Int { state.sizeBytes }
  private let state: S3ObjectState
  private let object: String
  private let client: S3Client
  private let held: Mutex<Held>

  /// What is in memory of the object.
  private struct Held {
    var block: [UInt8]
    var offset = 0
    /// Of what has come in a row from the front.
    var sha256 = SHA256()
    var hashedBytes: Int
    /// Where the last request ended, and how much it brought.
    var end: Int
    var count: Int

    init(first bytes: [UInt8]) {
      block = bytes
      sha256.update(data: bytes)
      hashedBytes = bytes.count
      end = bytes.count
      count = bytes.count
    }

    /// The beginning of a range; empty when it is not here.
    func beginning(of range: Range<Int>) -> [UInt8] {
      guard range.lowerBound >= offset, range.lowerBound < offset + block.count else { return [] }
      let start = range.lowerBound - offset
      return Array(block[start..<min(block.count, start + range.count)])
    }
  }

  init(object: String, state: S3ObjectState, first bytes: [UInt8], client: S3Client) {
    self.object = object
    self.state = state
    self.client = client
    held = Mutex(Held(first: bytes))
  }

  func read(at offset: Int, count: Int) async throws -> [UInt8] {
    let start = min(max(0, offset), sizeBytes)
    let range = start..<start + min(max(0, count), sizeBytes - start)
    var bytes = held.withLock { $0.beginning(of: range) }
    while bytes.count < range.count {
      bytes += try await fetch(range.lowerBound + bytes.count..<range.upperBound)
    }
    return bytes
  }

  /// The beginning of a range, or all of it, by one request, and what may be read next.
  private func fetch(_ range: Range<Int>) async throws -> [UInt8] {
    let limits = client.limits
    let ahead = held.withLock { held in
      guard held.end == range.lowerBound else { return limits.readAheadBytes }
      // Who reads in a row does not come back: not two blocks at once.
      held.block = []
      return min(limits.longestReadAheadBytes, held.count * 2)
    }
    let count = max(ahead, min(range.count, limits.pieceBytes))
    let wider = range.lowerBound..<min(sizeBytes, range.lowerBound + count)
    let bytes = try await client.read(object, wider, of: state)
    try await check(bytes, at: wider.lowerBound)
    held.withLock { held in
      held.end = wider.upperBound
      held.count = bytes.count
      guard wider.upperBound > range.upperBound else { return }
      held.block = bytes
      held.offset = wider.lowerBound
    }
    return wider.upperBound > range.upperBound ? Array(bytes.prefix(range.count)) : bytes
  }

  /// - Throws: `JobsError(.storageError)` when these are the last bytes of what came in a row, and the whole is
  ///   not what was stored.
  private func check(_ bytes: [UInt8], at offset: Int) async throws {
    guard let expected = state.sha256,
      let before = held.withLock({ $0.hashedBytes == offset ? $0.sha256 : nil })
    else { return }
    let sha256 = try await client.threads.runIfActive {
      var sha256 = before
      sha256.update(data: bytes)
      return sha256
    }
    let end = offset + bytes.count
    if end == sizeBytes, S3Signer.hex(sha256.finalize()) != expected {
      throw S3Failure.damaged.error
    }
    held.withLock { held in
      guard held.hashedBytes == offset else { return }
      held.sha256 = sha256
      held.hashedBytes = end
    }
  }
}
