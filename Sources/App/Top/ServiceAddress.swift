import Foundation

/// Where a running service is, and what it is asked with.
public struct ServiceAddress: Sendable {
  /// Without a slash at its end and without secrets: it is shown.
  public let url: String
  let apiKey: String?

  /// An API key fits into a line of a request.
  private static let maxKeyLength = 4096

  /// - Parameters:
  ///   - url: of the service; a path may stand before the service's own, as behind a proxy.
  ///   - apiKey: sent with every request; nil or empty sends none.
  /// - Throws: `ServiceAddressError`, which names the option.
  public init(_ url: String, apiKey: String? = nil) throws(ServiceAddressError) {
    self.url = try Self.checked(url)
    self.apiKey = try apiKey.flatMap { $0.isEmpty ? nil : $0 }.map(Self.checkedKey)
  }

  private static func checked(_ text: String) throws(ServiceAddressError) -> String {
    guard !text.contains("@") else {
      throw ServiceAddressError("--url must not hold a user name or a password")
    }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), let parts = URLComponents(string: text),
      let scheme = parts.scheme?.lowercased(), scheme == "http" || scheme == "https",
      let host = parts.host, !host.isEmpty, (1...65_535).contains(parts.port ?? 80),
      parts.query == nil, parts.fragment == nil
    else {
      throw ServiceAddressError(
        "--url must be http://HOST:PORT or https://HOST:PORT, not \"\(String(text.prefix(200)).harmless)\""
      )
    }
    return String(text.reversed().drop { $0 == "/" }.reversed())
  }

  private static func checkedKey(_ key: String) throws(ServiceAddressError) -> String {
    guard key.utf8.count <= maxKeyLength, key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw ServiceAddressError(
        "--api-key, or HARRIER_API_KEY, must be visible ASCII characters without blanks")
    }
    return key
  }

  /// The text without the key, should it be in it.
  func redacted(_ text: String) -> String {
    apiKey.map { text.replacing($0, with: "***") } ?? text
  }
}

/// An option of the command line that cannot be used.
public struct ServiceAddressError: Error, CustomStringConvertible {
  /// Names the option, not its secret.
  public let description: String

  init(_ description: String) { self.description = description }
}
