import AsyncHTTPClient
import Crypto
import Foundation
import Jobs
import NIOCore
import NIOHTTP1
import NIOPosix

/// A request before it is signed; it can be sent several times.
struct S3Request: Sendable {
  var method: HTTPMethod
  /// nil: the bucket itself.
  var object: String?
  /// Not encoded.
  var query: [(name: String, value: String)] = []
  var headers: [(name: String, value: String)] = []
  var body = S3Body.none
  /// What the answer's body may hold.
  var maxAnswerBytes = 4 << 20
  /// What it is expected to hold, where that takes time.
  var answerBytes = 0
  /// Whether servers sit over it for long.
  var isLong = false
  /// Statuses that are no failures.
  var accepted: Set<Int> = []
}

/// What is sent, with its checksums.
enum S3Body: Sendable {
  case none
  case bytes([UInt8], S3Digest)
  case file(OpenFile, Range<Int>, S3Digest)

  var count: Int {
    switch self {
    case .none: 0
    case .bytes(let bytes, _): bytes.count
    case .file(_, let range, _): range.count
    }
  }

  var digest: S3Digest? {
    switch self {
    case .none: nil
    case .bytes(_, let digest), .file(_, _, let digest): digest
    }
  }

  /// Small texts; the hashes are computed here and now.
  static func text(_ text: String) -> S3Body {
    let bytes = Array(text.utf8)
    return .bytes(bytes, S3Digest(of: bytes))
  }

  /// What the HTTP client sends; a file is read on `threads`.
  func content(readingOn threads: NIOThreadPool) -> HTTPClientRequest.Body? {
    switch self {
    case .none: nil
    case .bytes(let bytes, _): .bytes(ByteBuffer(bytes: bytes))
    case .file(let file, let range, _):
      .stream(
        FilePieces(file: file, range: range, threads: threads), length: .known(Int64(range.count)))
    }
  }
}

/// The checksums of a body: SHA-256 is signed, MD5 is what also servers check that ignore the former.
struct S3Digest: Sendable, Equatable {
  /// Hexadecimal.
  var sha256: String
  /// Base64, as in `Content-MD5`.
  var md5: String

  init(of bytes: [UInt8]) {
    sha256 = S3Signer.hex(SHA256.hash(data: bytes))
    md5 = Data(Insecure.MD5.hash(data: bytes)).base64EncodedString()
  }

  /// Of one part of a file, whose bytes are added to the SHA-256 of the whole. Blocks.
  init(of range: Range<Int>, in file: OpenFile, addingTo whole: inout SHA256) throws {
    var sha256 = SHA256()
    var md5 = Insecure.MD5()
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(FilePieces.pieceBytes, range.upperBound - offset)
      let piece = try file.read(at: offset, count: count)
      guard piece.count == count else { throw FilePieces.shortened }
      whole.update(data: piece)
      sha256.update(data: piece)
      md5.update(data: piece)
      offset += count
    }
    self.sha256 = S3Signer.hex(sha256.finalize())
    self.md5 = Data(md5.finalize()).base64EncodedString()
  }
}

/// A part of a file, read piece by piece as the connection takes it.
struct FilePieces: AsyncSequence, Sendable {
  /// A hop to another thread costs 40 to 90 microseconds.
  static let pieceBytes = 256 << 10

  static let shortened = JobsError(
    .storageError, "A temporary file became shorter while it was sent")

  let file: OpenFile
  let range: Range<Int>
  let threads: NIOThreadPool

  func makeAsyncIterator() -> Iterator { Iterator(pieces: self, offset: range.lowerBound) }

  struct Iterator: AsyncIteratorProtocol {
    let pieces: FilePieces
    var offset: Int

    mutating func next() async throws -> ByteBuffer? {
      let count = Swift.min(FilePieces.pieceBytes, pieces.range.upperBound - offset)
      guard count > 0 else { return nil }
      let (file, start) = (pieces.file, offset)
      let bytes = try await pieces.threads.runIfActive { try file.read(at: start, count: count) }
      guard bytes.count == count else { throw FilePieces.shortened }
      offset += count
      return ByteBuffer(bytes: bytes)
    }
  }
}
