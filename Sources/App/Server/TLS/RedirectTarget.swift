/// Where a request over plain HTTP is sent: to the same host and path, by HTTPS.
enum RedirectTarget {
  /// Of the whole head; a URL with the longest of our queries has half of it.
  static let maxHeaderBytes = 16_384
  private static let maxURIBytes = 8192
  /// Of a name in the Domain Name System (RFC 1035).
  private static let maxHostBytes = 253

  /// nil for a request that names no host, or more than one, or anything that is none: its text would become part of
  /// an answer.
  ///
  /// - Parameters:
  ///   - uri: of the request line.
  ///   - hosts: values of all `Host` headers.
  static func location(of uri: String, hosts: [String], port: Int) -> String? {
    guard uri.utf8.count <= maxURIBytes, uri.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }),
      let (authority, path) = parts(of: uri, hosts: hosts),
      let host = host(of: authority)
    else { return nil }
    return "https://\(host)\(port == 443 ? "" : ":\(port)")\(path)"
  }

  /// Of `GET /path` the `Host` header says where; of `GET http://host/path`, as sent to proxies, the line itself does
  /// (RFC 9112, 3.2).
  private static func parts(
    of uri: String, hosts: [String]
  ) -> (authority: String, path: String)? {
    guard hosts.count <= 1 else { return nil }
    if uri.hasPrefix("/") { return hosts.first.map { ($0, uri) } }
    let scheme = "http://"
    guard uri.lowercased().hasPrefix(scheme) else { return nil }
    let rest = uri.dropFirst(scheme.count)
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let path = rest.dropFirst(authority.count)
    return (String(authority), path.hasPrefix("/") ? String(path) : "/\(path)")
  }

  /// The host of `host:port`, lower-cased; nil unless it is a name, an IPv4 address or an IPv6 address in brackets.
  private static func host(of authority: String) -> String? {
    let host: Substring
    let rest: Substring
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[...end]
      rest = authority[authority.index(after: end)...]
      guard host.contains(":"), AddressRange.bytes(String(host.dropFirst().dropLast())) != nil
      else { return nil }
    } else {
      host = authority.prefix { $0 != ":" }
      rest = authority.dropFirst(host.count)
      guard (1...maxHostBytes).contains(host.utf8.count), isName(host) else { return nil }
    }
    guard rest.isEmpty || isPort(rest) else { return nil }
    return host.lowercased()
  }

  /// Letters, digits, hyphens and underscores between dots.
  private static func isName(_ host: Substring) -> Bool {
    host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
      !label.isEmpty && label.utf8.count <= 63
        && label.utf8.allSatisfy { byte in
          byte.isASCIIAlphanumeric || "-_".utf8.contains(byte)
        }
    }
  }

  private static func isPort(_ text: Substring) -> Bool {
    let digits = text.dropFirst()
    return text.hasPrefix(":") && (1...5).contains(digits.utf8.count)
      && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
      && Int(digits).map { (1...65_535).contains($0) } == true
  }
}
