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

  private func isTrusted(_ address: String) -> Bool {
    guard let bytes = AddressRange.bytes(address) else { return false }
    return ranges.contains { $0.contains(bytes) }
  }
}

/// `10.0.0.0/8`, `::1`, `192.0.2.7`.
struct AddressRange: Sendable, Equatable {
  /// The text is no address or CIDR range.
  struct Malformed: Error, CustomStringConvertible {
    let text: String
    var description: String { "\"\(text)\" is no IP address or CIDR range" }
  }

  private let network: [UInt8]
  private let prefixBits: Int

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let first = parts.first, let bytes = Self.bytes(String(first)) else {
      return nil
    }
    network = bytes
    guard parts.count == 2 else {
      prefixBits = bytes.count * 8
      return
    }
    guard let bits = Int(parts[1]), (0...bytes.count * 8).contains(bits) else { return nil }
    prefixBits = bits
  }

  func contains(_ address: [UInt8]) -> Bool {
    guard address.count == network.count else { return false }
    return (0..<prefixBits).allSatisfy { bit in
      (address[bit / 8] ^ network[bit / 8]) & (0x80 >> UInt8(bit % 8)) == 0
    }
  }

  /// What one subscriber has: the address itself, of IPv6 the /64 that it may number as it likes.
  static func network(of address: String) -> String {
    guard address.contains(":"), let bytes = bytes(address), bytes.count == 16 else {
      return address
    }
    return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":") + "::/64"
  }

  /// 4 or 16 bytes; IPv4 addresses in IPv6 form become IPv4.
  static func bytes(_ text: String) -> [UInt8]? {
    guard let address = try? SocketAddress(ipAddress: text, port: 0) else { return nil }
    let packed: [UInt8]
    switch address {
    case .v4(let v4): packed = withUnsafeBytes(of: v4.address.sin_addr) { Array($0) }
    case .v6(let v6): packed = withUnsafeBytes(of: v6.address.sin6_addr) { Array($0) }
    case .unixDomainSocket: return nil
    }
    let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]
    return packed.count == 16 && packed.starts(with: mapped) ? Array(packed[12...]) : packed
  }
}
