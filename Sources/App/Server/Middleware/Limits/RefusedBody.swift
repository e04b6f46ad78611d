import HTTPTypes
import Hummingbird
import NIOCore

/// What becomes of a body that belongs to a request that was refused. The server would read it to its end,
/// however long that is.
enum RefusedBody {
  /// Less than this is read in a moment.
  private static let harmlessBytes = 64 << 10
  /// How long a client may go on sending after it was told no, so that it reads the answer.
  private static let patience = TimeAmount.seconds(5)

  /// Announces the end of the connection, and ends it soon after.
  static func close(_ channel: any Channel, after failure: inout APIError, to request: Request) {
    guard mayBeLong(request) else { return }
    failure.headers[.connection] = "close"
    channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
  }

  private static func mayBeLong(_ request: Request) -> Bool {
    if request.headers[.transferEncoding] != nil { return true }
    guard request.headers[.contentLength] != nil else { return false }
    return request.headers.announcedBytes.map { $0 > harmlessBytes } ?? true
  }
}

extension HTTPFields {
  /// What `Content-Length` says; nil when it is not there, or is no number that any body could have.
  var announcedBytes: Int? { self[.contentLength].flatMap { Int($0) } }
}
