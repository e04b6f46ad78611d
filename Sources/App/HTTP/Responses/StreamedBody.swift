import Hummingbird
import Jobs
import Logging
import NIOCore
import ObjectDetection

extension ResponseBody {
  /// A body that is written while it is read or made; each write waits for the client.
  ///
  /// An error breaks the connection off, so that nobody takes a part for the whole.
  static func stream(
    length: Int? = nil, _ context: HarrierContext,
    _ write: @escaping @Sendable (inout any ResponseBodyWriter) async throws -> Void
  ) -> ResponseBody {
    ResponseBody(contentLength: length) { writer in
      do {
        try await write(&writer)
      } catch let error where error is JobsError || error is DetectionError {
        context.logger.error(
          "An answer was broken off",
          metadata: ["request_id": "\(context.requestID)", "error": "\(error)"])
        throw error
      }
      try await writer.finish(nil)
    }
  }

  /// A part of a blob.
  static func blob(
    _ reader: any BlobReader, _ range: Range<Int>, _ context: HarrierContext
  ) -> ResponseBody {
    stream(length: range.count, context) { writer in
      try await reader.forEachPiece(of: range) { try await writer.write(ByteBuffer(bytes: $0)) }
    }
  }
}

extension BlobReader {
  /// Bytes that are read, and wait for their client, at a time. A multiple of 3, so that pieces in base64 make
  /// one text.
  static var pieceBytes: Int { 3 << 16 }

  /// - Throws: `JobsError(.storageError)` when the blob has become shorter; what `body` throws.
  func forEachPiece(
    of range: Range<Int>, _ body: ([UInt8]) async throws -> Void
  ) async throws {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(Self.pieceBytes, range.upperBound - offset)
      let bytes = try await read(at: offset, count: count)
      guard bytes.count == count else {
        throw JobsError(.storageError, "A stored file is shorter than it was")
      }
      try await body(bytes)
      offset += count
    }
  }
}
