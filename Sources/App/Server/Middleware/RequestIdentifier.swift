import Foundation
import HTTPTypes
import Hummingbird
import Jobs

/// The id under which a request is answered and logged.
enum RequestIdentifier {
  /// The client's, if it sent a sane one: 1 to 128 visible ASCII characters that need no quoting.
  static func of(_ request: Request, at now: () -> Date) -> String {
    if let sent = request.headers[.xRequestID], (1...128).contains(sent.utf8.count),
      sent.utf8.allSatisfy(isSane)
    {
      return sent
    }
    return RequestID(at: now()).description
  }

  private static func isSane(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "-_.:+/=@".utf8.contains(byte)
  }
}
