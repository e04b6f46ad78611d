import Foundation
import Hummingbird
import NIOCore

/// Who really asks, where a proxy that is trusted says so.
struct TrustedProxies: Sendable {
  private let ranges: [AddressRange]

  /// - Throws: `SettingError` for what is no address or CIDR range.
  init(_ texts: [String]) throws {
    ranges = try texts.map { text in
      guard let range = AddressRange(text) else { throw AddressRange.Malformed(text: text) }
      return range
    }
  }

  /// The address behind the last trusted proxy of `X-Forwarded-For`, read from its end: what stands further
  /// left may be the client's invention.
  func client(of request: Request, connectedTo peer: SocketAddress?) -> String {
    let direct = peer?.ipAddress ?? "local"
    guard !ranges.isEmpty, isTrusted(direct) else { return direct }
    let hops = request.headers[values: .xForwardedFor].flatMap { $0.split(separator: ",") }
    for hop in hops.reversed() {
      let address = hop.trimmingPrefix(while: \.isWhitespace).split(separator: " ").first ?? ""
      guard let bytes = AddressRange.bytes(String(address)) else { return direct }
      if !ranges.contains(where: { $0.contains(bytes) }) { return String(address) }
    }
    return direct
  }

  /// Whether a trusted proxy says that the client came to it by HTTPS.
  func saysSecure(_ request: Request, connectedTo peer: SocketAddress?) -> Bool {
    guard let direct = peer?.ipAddress, isTrusted(direct) else { return false }
    // The last word is that of the proxy next to us.
    let last = request.headers[values: .xForwardedProto].last?.split(separator: ",").last
    return last?.trimmingPrefix(while: \.isWhitespace).lowercased() == "https"
  }

  private func isTrusted(_ address: String) -> Bool {
    guard let bytes = AddressRange.bytes(address) else { return false }
    return ranges.contains { $0.contains(bytes) }
  }
}
