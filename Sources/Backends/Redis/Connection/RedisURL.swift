import Foundation

/// Where Redis is and who we are there: `redis[s]://[[user]:password@]host[:port][/database]`.
///
/// User and password may hold percent escapes. No description shows the password.
public struct RedisURL: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// Whether the scheme is `rediss`.
  public let isEncrypted: Bool
  /// Without the brackets of an IPv6 address.
  public let host: String
  public let port: Int
  public let user: String?
  public let password: String?
  public let database: Int

  /// - Throws: `RedisError(.invalidSettings)`, which names the part that is wrong and shows none of it.
  public init(_ text: String) throws {
    guard let mark = text.range(of: "://") else { throw Self.wrong("scheme", "is missing") }
    switch text[..<mark.lowerBound].lowercased() {
    case "redis": isEncrypted = false
    case "rediss": isEncrypted = true
    default: throw Self.wrong("scheme", "is neither redis nor rediss")
    }
    let rest = text[mark.upperBound...]
    guard !rest.contains(where: { $0 == "?" || $0 == "#" }) else {
      throw Self.wrong("query", "means nothing; write ? as %3F and # as %23 in a password")
    }
    let authority = rest.prefix { $0 != "/" }
    database = try Self.database(rest.dropFirst(authority.count).dropFirst())
    // Passwords with a bare @ are understood: a host has none.
    if let at = authority.lastIndex(of: "@") {
      (user, password) = try Self.credentials(authority[..<at])
      (host, port) = try Self.address(authority[authority.index(after: at)...])
    } else {
      (user, password) = (nil, nil)
      (host, port) = try Self.address(authority)
    }
  }

  public var description: String {
    let name = user.map { "\($0)@" } ?? ""
    let shown = host.contains(":") ? "[\(host)]" : host
    return "\(isEncrypted ? "rediss" : "redis")://\(name)\(shown):\(port)/\(database)"
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["url": description]) }

  private static func credentials(_ text: Substring) throws -> (String?, String?) {
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    guard let user = String(text[..<colon]).removingPercentEncoding else {
      throw wrong("user", "has a bad percent escape")
    }
    guard let password = String(text[colon...].dropFirst()).removingPercentEncoding else {
      throw wrong("password", "has a bad percent escape")
    }
    guard !password.isEmpty else { throw wrong("password", "is missing") }
    return (user.isEmpty ? nil : user, password)
  }

  private static func address(_ text: Substring) throws -> (String, Int) {
    var host = text
    var port: Substring?
    if text.first == "[" {
      guard let end = text.firstIndex(of: "]") else { throw wrong("host", "lacks its ]") }
      host = text[text.index(after: text.startIndex)..<end]
      let tail = text[text.index(after: end)...]
      guard tail.isEmpty || tail.first == ":" else { throw wrong("host", "goes on after its ]") }
      port = tail.isEmpty ? nil : tail.dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
      port = text[text.index(after: colon)...]
    }
    guard !host.isEmpty else { throw wrong("host", "is missing") }
    guard let port else { return (String(host), 6379) }
    guard let number = Int(port), (1...65535).contains(number) else {
      throw wrong("port", "is not a number from 1 to 65535")
    }
    return (String(host), number)
  }

  private static func database(_ text: Substring) throws -> Int {
    if text.isEmpty { return 0 }
    // More databases than any configuration has.
    guard let number = Int(text), (0...9999).contains(number) else {
      throw wrong("database", "is not a number from 0 to 9999")
    }
    return number
  }

  private static func wrong(_ part: String, _ what: String) -> RedisError {
    RedisError(.invalidSettings, "The Redis URL's \(part) \(what)")
  }
}
