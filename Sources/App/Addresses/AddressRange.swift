import Foundation
import NIOCore

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
    switch address {
    case .v4(let v4): return withUnsafeBytes(of: v4.address.sin_addr) { Array($0) }
    case .v6(let v6): return withUnsafeBytes(of: v6.address.sin6_addr) { unmapped(Array($0)) }
    case .unixDomainSocket: return nil
    }
  }

  /// IPv4 addresses in IPv6 form (`::ffff:192.0.2.7`) become IPv4.
  static func unmapped(_ bytes: [UInt8]) -> [UInt8] {
    let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]
    return bytes.count == 16 && bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
  }
}
