import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Gives each path its one spelling before anybody compares it: the codes of unreserved characters are these characters
/// (RFC 3986, 6.2.2.2). Codes of all others stay, above all those of `/` and `%`, and so does the query.
final class PathHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data), let path = head.path,
      path.utf8.contains(UInt8(ascii: "%"))
    else { return context.fireChannelRead(data) }
    head.path = Self.normalized(path)
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  static func normalized(_ target: String) -> String {
    let bytes = Array(target.utf8)
    let end = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    var result: [UInt8] = []
    var index = 0
    while index < end {
      if bytes[index] == UInt8(ascii: "%"), index + 2 < end,
        let high = hexadecimal(bytes[index + 1]), let low = hexadecimal(bytes[index + 2]),
        isUnreserved(high << 4 | low)
      {
        result.append(high << 4 | low)
        index += 3
      } else {
        result.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: result + bytes[end...], as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "-_~.".utf8.contains(byte)
  }
}
