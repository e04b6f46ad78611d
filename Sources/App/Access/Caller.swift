import Jobs

/// Who asks, once that is known, and what it may do.
struct Caller: Sendable, Equatable {
  /// How it said who it is.
  enum Credential: Sendable, Equatable {
    /// Nobody has to say.
    case none
    case key(APIKeyID)
    /// A token that was exchanged for a key; `isCookie` where a browser sent it by itself.
    case token(APIKeyID, isCookie: Bool)
    /// Of an identity provider.
    case jwt
    /// The operator's token for metrics.
    case metricsToken
  }

  var credential: Credential
  /// Whose uploads and jobs it makes and sees; nil where nobody has to say who they are.
  var owner: String?
  /// Under which its requests and bytes are counted: a key's id, or an owner.
  var account: String
  var scopes: Set<AccessScope>
  var limits = AccessLimits()

  /// Where access is not controlled.
  static let anyone = Caller(
    credential: .none, owner: nil, account: "", scopes: Set(AccessScope.allCases))

  var isAdmin: Bool { scopes.contains(.admin) }

  func may(_ scope: AccessScope) -> Bool { isAdmin || scopes.contains(scope) }

  /// Whether a thing of that owner is there for it. What was made while nobody had to say who they are is the
  /// administrators'.
  func sees(_ owner: String?) -> Bool { isAdmin || (owner != nil && owner == self.owner) }

  /// The key behind it.
  var keyID: APIKeyID? {
    switch credential {
    case .key(let id), .token(let id, _): id
    case .none, .jwt, .metricsToken: nil
    }
  }

  /// How it said who it is, for the audit log.
  var credentialName: String {
    switch credential {
    case .none: "none"
    case .key: "key"
    case .token(_, let isCookie): isCookie ? "session" : "token"
    case .jwt: "jwt"
    case .metricsToken: "metrics_token"
    }
  }
}

/// Who may use a route.
enum RouteAccess: Sendable, Equatable {
  /// Health, documentation, and where one says who one is.
  case anyone
  /// Any caller that is known.
  case known
  case scope(AccessScope)

  /// Who looks needs another scope than who changes.
  static func standard(_ method: String) -> RouteAccess {
    .scope(method == "GET" ? .read : .submit)
  }
}
