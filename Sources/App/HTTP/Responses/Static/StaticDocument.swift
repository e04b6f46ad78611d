import Crypto
import HTTPTypes
import Hummingbird
import NIOCore
import ObjectDetection

/// Bytes that do not change while the process runs, with their entity tag; compressed for those who read gzip.
struct StaticDocument: Sendable {
  /// Below that, headers are most of the answer.
  private static let minCompressed = 1024

  let type: String
  let bytes: ByteBuffer
  let entityTag: EntityTag
  private let compressed: (bytes: ByteBuffer, tag: EntityTag)?

  init(type: String, bytes: ByteBuffer) {
    self.type = type
    self.bytes = bytes
    let hash = SHA256.hash(data: bytes.readableBytesView).prefix(16).hexadecimal
    entityTag = EntityTag(opaque: hash)
    // Pictures are compressed already.
    let isText =
      type.hasPrefix("text/") || type.hasPrefix("application/json") || type.hasSuffix("xml")
    compressed =
      isText && bytes.readableBytes >= Self.minCompressed
      ? Gzip.compress(bytes.readableBytesView).map {
        (ByteBuffer(bytes: $0), EntityTag(opaque: "\(hash)-gzip"))
      } : nil
  }

  /// The bytes, or 304 for a client that has them.
  func response(to request: Request) -> Response {
    var headers: HTTPFields = [
      // Asked for again each time: the address stays the same when the server is updated.
      .cacheControl: "no-cache"
    ]
    if compressed != nil { headers[.vary] = "Accept-Encoding" }
    let packed = Gzip.isAccepted(request.headers[.acceptEncoding]) ? compressed : nil
    let tag = packed?.tag ?? entityTag
    headers[.eTag] = tag.headerValue
    if tag.matches(ifNoneMatch: request.headers[.ifNoneMatch]) {
      return Response(status: .notModified, headers: headers)
    }
    if packed != nil { headers[.contentEncoding] = "gzip" }
    headers[.contentType] = type
    headers[.xContentTypeOptions] = "nosniff"
    return Response(
      status: .ok, headers: headers, body: ResponseBody(byteBuffer: packed?.bytes ?? bytes))
  }
}
