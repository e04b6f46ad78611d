import HTTPTypes
import Hummingbird

/// The browser's session: a token that scripts cannot read and that no other site's page can make it send.
enum SessionCookie {
  /// Browsers take a cookie of this name only by HTTPS, for `/`, and from the host itself (RFC 6265bis, 4.1.3.2).
  static let name = "__Host-harrier"
  /// By plain HTTP on this machine, where no `Secure` cookie is kept by all browsers.
  static let plainName = "harrier"

  /// What `Cookie` says. By HTTPS the plain name counts for nothing: a neighbour's page could have set it.
  static func value(in headers: HTTPFields, isSecure: Bool) -> String? {
    let name = isSecure ? name : plainName
    for pair in headers[values: .cookie].flatMap({ $0.split(separator: ";") }) {
      let parts = pair.split(separator: "=", maxSplits: 1)
      if parts.count == 2, parts[0].trimmingPrefix(while: { $0 == " " }) == name {
        return String(parts[1])
      }
    }
    return nil
  }

  /// - Parameters:
  ///   - isSecure: whether the browser came by HTTPS.
  ///   - seconds: how long it is kept; 0 deletes it.
  static func header(_ token: String, isSecure: Bool, seconds: Int) -> String {
    let name = isSecure ? name : plainName
    let secure = isSecure ? "; Secure" : ""
    return "\(name)=\(token); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict\(secure)"
  }

  /// Whether a request that a cookie vouches for was made by one of our own pages. `SameSite=Strict` says so already;
  /// this holds where a browser does not know it, and against pages on another port of the same host.
  static func isOwnPage(_ request: Request) -> Bool {
    if let site = request.headers[.secFetchSite] { return site == "same-origin" || site == "none" }
    guard let origin = request.headers[.origin] else { return false }
    guard let authority = request.head.authority, let start = origin.firstRange(of: "://") else {
      return false
    }
    return origin[start.upperBound...] == authority
  }
}
