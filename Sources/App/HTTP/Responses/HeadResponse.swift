import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
  /// The same head without the body, for HEAD. The length of a streamed body is found by producing it: an
  /// answer without a length would be sent in chunks, which HEAD must not have.
  func withoutBody() async throws -> Response {
    var headers = headers
    if headers[.contentLength] == nil {
      let count = ByteCount()
      try await body.write(count)
      headers[.contentLength] = "\(count.bytes)"
    }
    return Response(status: status, headers: headers, body: ResponseBody())
  }
}

/// Counts what a body would send.
private final class ByteCount: ResponseBodyWriter {
  private(set) var bytes = 0

  func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytes }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
