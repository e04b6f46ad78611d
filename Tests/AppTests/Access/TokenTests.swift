import Crypto
import CryptoExtras
import Foundation
import Jobs
import Logging
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("Tokens of an identity provider")
struct TokenTests {
  private static let now = Date(timeIntervalSince1970: 1_770_000_000)

  /// Keys of the provider, as they are when they are asked for.
  private final class Provider: HTTPTransport {
    let answers = Mutex<(keySet: String?, calls: Int)>((nil, 0))

    init(_ keySet: String?) { answers.withLock { $0.keySet = keySet } }

    var calls: Int { answers.withLock { $0.calls } }

    func set(_ keySet: String?) { answers.withLock { $0.keySet = keySet } }

    func send(_ call: HTTPCall) async throws -> HTTPReply {
      let keySet = answers.withLock { answers in
        answers.calls += 1
        return answers.keySet
      }
      guard let keySet else { throw JobsError(.unavailable, "nobody answers") }
      return HTTPReply(status: 200, body: Array(keySet.utf8))
    }
  }

  private static func claims(_ more: [String: Any] = [:]) -> [String: Any] {
    [
      "iss": "https://id.example.org", "aud": "harrier", "sub": "ada", "scope": "read submit other",
      "exp": now.timeIntervalSince1970 + 300, "iat": now.timeIntervalSince1970 - 10,
    ].merging(more) { $1 }
  }

  private static func tokens(_ http: any HTTPTransport, secret: Bool = true) async throws
    -> ProviderTokens
  {
    var settings = ServiceSettings()
    settings.authentication = .on
    settings.jwtKeys = "https://id.example.org/jwks.json"
    settings.jwtSecret = secret ? SignedToken.secret : nil
    settings.jwtIssuer = "https://id.example.org"
    settings.jwtAudience = "harrier"
    return try #require(
      await ProviderTokens(
        settings, http: http, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
  }

  /// nil when the token opens nothing.
  private static func caller(
    _ token: String, _ tokens: ProviderTokens, at time: Date = now
  ) async throws -> Caller? {
    do {
      return try await tokens.caller(of: token, try TokenHeader(token), at: time)
    } catch is TokenRefusal {
      return nil
    }
  }

  @Test("HS256, ES256, EdDSA and RS256 are taken, by the key that the token names")
  func algorithms() async throws {
    let tokens = try await Self.tokens(Provider(try SignedToken.keySet()))
    let signed = [
      try SignedToken.make(
        header: ["alg": "HS256"], claims: Self.claims(), sign: SignedToken.hs256),
      try SignedToken.make(
        header: ["alg": "ES256", "kid": "ec"], claims: Self.claims(), sign: SignedToken.es256),
      try SignedToken.make(
        header: ["alg": "EdDSA", "kid": "ed", "typ": "JWT"], claims: Self.claims(),
        sign: SignedToken.edDSA),
      try SignedToken.make(
        header: ["alg": "RS256", "kid": "rsa"], claims: Self.claims(), sign: SignedToken.rs256),
      // One that does not say which key.
      try SignedToken.make(
        header: ["alg": "ES256"], claims: Self.claims(), sign: SignedToken.es256),
    ]
    for token in signed {
      let caller = try #require(try await Self.caller(token, tokens), "\(token)")
      #expect(caller.owner == "jwt:ada")
      #expect(caller.scopes == [.read, .submit])
      #expect(caller.credential == .jwt)
    }
  }

  @Test("alg none, unknown algorithms and empty signatures are refused")
  func none() async throws {
    let tokens = try await Self.tokens(Provider(try SignedToken.keySet()))
    for algorithm in ["none", "None", "NONE", "nOnE", "HS1", "ES256K", ""] {
      for sign in [nil, SignedToken.hs256] as [((Data) throws -> Data)?] {
        let token = try SignedToken.make(
          header: ["alg": algorithm], claims: Self.claims(), sign: sign)
        #expect(try await Self.caller(token, tokens) == nil, "\(algorithm)")
      }
    }
    let unsigned = try SignedToken.make(
      header: ["alg": "ES256", "kid": "ec"], claims: Self.claims(), sign: nil)
    #expect(try await Self.caller(unsigned, tokens) == nil)
    let missing = try SignedToken.make(
      header: ["kid": "ec"], claims: Self.claims(), sign: SignedToken.es256)
    #expect(try await Self.caller(missing, tokens) == nil)
  }

  @Test("a public key is never taken for the secret of an HMAC, nor a key for another algorithm")
  func confusion() async throws {
    let set = try SignedToken.keySet()
    for withSecret in [true, false] {
      let tokens = try await Self.tokens(Provider(set), secret: withSecret)
      let rsa = try #require(SignedToken.rsaKey).publicKey
      let publics: [Data] = [
        Data(rsa.pemRepresentation.utf8), rsa.derRepresentation,
        SignedToken.ecKey.publicKey.rawRepresentation,
        Data(SignedToken.ecKey.publicKey.pemRepresentation.utf8),
        SignedToken.edKey.publicKey.rawRepresentation, Data(set.utf8), Data(),
      ]
      for (key, id) in publics.flatMap({ key in ["rsa", "ec", "ed", "oct", nil].map { (key, $0) } })
      {
        var header: [String: Any] = ["alg": "HS256"]
        header["kid"] = id
        let token = try SignedToken.make(header: header, claims: Self.claims()) {
          SignedToken.hmac($0, key: key)
        }
        #expect(try await Self.caller(token, tokens) == nil, "\(id ?? "-")")
      }
      // The right signature under another name.
      for (algorithm, id) in [
        ("RS256", "ec"), ("EdDSA", "ec"), ("ES384", "ec"), ("ES256", "ed"), ("ES256", "rsa"),
      ] {
        let token = try SignedToken.make(
          header: ["alg": algorithm, "kid": id], claims: Self.claims(), sign: SignedToken.es256)
        #expect(try await Self.caller(token, tokens) == nil, "\(algorithm) \(id)")
      }
    }
    // The symmetric key that stood in the public set is nobody's.
    let tokens = try await Self.tokens(Provider(set), secret: false)
    let token = try SignedToken.make(
      header: ["alg": "HS256", "kid": "oct"], claims: Self.claims(), sign: SignedToken.hs256)
    #expect(try await Self.caller(token, tokens) == nil)
  }

  @Test(
    "claims outside of what is allowed are refused",
    arguments: [
      ["iss": "https://other.example.org"], ["iss": ["https://id.example.org"]], ["aud": "other"],
      ["aud": [] as [String]], ["sub": ""], ["sub": "a\nb"], ["sub": 7], ["exp": "tomorrow"],
      ["exp": -1], ["exp": now.timeIntervalSince1970 - 61],
      ["nbf": now.timeIntervalSince1970 + 61], ["iat": now.timeIntervalSince1970 + 61],
      ["sub": String(repeating: "a", count: 256)], ["exp": 1e300],
    ] as [[String: any Sendable]])
  func claims(wrong: [String: any Sendable]) async throws {
    let tokens = try await Self.tokens(Provider(try SignedToken.keySet()))
    let token = try SignedToken.make(
      header: ["alg": "HS256"], claims: Self.claims(wrong), sign: SignedToken.hs256)
    #expect(try await Self.caller(token, tokens) == nil)
  }

  @Test("missing claims are refused; clocks may differ by a minute; audiences may be several")
  func allowedClaims() async throws {
    let tokens = try await Self.tokens(Provider(try SignedToken.keySet()))
    for missing in ["iss", "aud", "sub", "exp"] {
      var claims = Self.claims()
      claims[missing] = nil
      let token = try SignedToken.make(
        header: ["alg": "HS256"], claims: claims, sign: SignedToken.hs256)
      #expect(try await Self.caller(token, tokens) == nil, "\(missing)")
    }
    for allowed: [String: Any] in [
      ["aud": ["other", "harrier"]], ["exp": Self.now.timeIntervalSince1970 - 59],
      ["nbf": Self.now.timeIntervalSince1970 + 59], ["scope": ["read", "admin"]],
    ] {
      let token = try SignedToken.make(
        header: ["alg": "HS256"], claims: Self.claims(allowed), sign: SignedToken.hs256)
      #expect(try await Self.caller(token, tokens) != nil, "\(allowed)")
    }
  }

  @Test(
    "headers that must be understood and are not are refused",
    arguments: [
      ["crit": ["exp"]], ["b64": false], ["kid": 7], ["kid": String(repeating: "k", count: 257)],
    ] as [[String: any Sendable]])
  func headers(wrong: [String: any Sendable]) async throws {
    let tokens = try await Self.tokens(Provider(try SignedToken.keySet()))
    let header = ["alg": "HS256"].merging(wrong as [String: Any]) { $1 }
    let token = try SignedToken.make(
      header: header, claims: Self.claims(), sign: SignedToken.hs256)
    #expect(try await Self.caller(token, tokens) == nil)
  }

  @Test("a key that the token itself brings, or points to, is never taken")
  func broughtKey() async throws {
    let provider = Provider(try SignedToken.keySet())
    let tokens = try await Self.tokens(provider)
    let stranger = P256.Signing.PrivateKey()
    let point = stranger.publicKey.rawRepresentation
    let token = try SignedToken.make(
      header: [
        "alg": "ES256", "jku": "https://evil.example.org/jwks.json",
        "jwk": [
          "kty": "EC", "crv": "P-256", "x": SignedToken.base64URL(point.prefix(32)),
          "y": SignedToken.base64URL(point.suffix(32)),
        ],
      ], claims: Self.claims()
    ) { try stranger.signature(for: $0).rawRepresentation }
    #expect(try await Self.caller(token, tokens) == nil)
  }

  @Test("a changed claim or signature is refused, wherever it is changed")
  func tampered() async throws {
    let tokens = try await Self.tokens(Provider(try SignedToken.keySet()))
    let token = try SignedToken.make(
      header: ["alg": "ES256", "kid": "ec"], claims: Self.claims(), sign: SignedToken.es256)
    let characters = Array(token)
    for place in stride(from: 0, to: characters.count, by: 7) where characters[place] != "." {
      var changed = characters
      changed[place] = changed[place] == "A" ? "B" : "A"
      #expect(try await Self.caller(String(changed), tokens) == nil, "\(place)")
    }
    for text in ["", ".", "..", "a.b", "a.b.c.d", token + ".", token + "=", " " + token] {
      #expect(try await Self.caller(text, tokens) == nil, "\(text)")
    }
  }

  @Test(
    "a new key is found when a token names it, and the set is not asked for at every such token")
  func rotation() async throws {
    let provider = Provider(try SignedToken.keySet(ids: ["OKP": "ed"]))
    let tokens = try await Self.tokens(provider)
    let old = try SignedToken.make(
      header: ["alg": "EdDSA", "kid": "ed"], claims: Self.claims(), sign: SignedToken.edDSA)
    let new = try SignedToken.make(
      header: ["alg": "ES256", "kid": "ec"], claims: Self.claims(), sign: SignedToken.es256)
    #expect(try await Self.caller(old, tokens) != nil)
    #expect(provider.calls == 1)
    // Within the interval nobody makes us ask again.
    for _ in 0..<5 { #expect(try await Self.caller(new, tokens) == nil) }
    #expect(provider.calls == 1)
    provider.set(try SignedToken.keySet(ids: ["EC": "ec"]))
    let later = Self.now.addingTimeInterval(JSONWebKeySource.retryInterval)
    #expect(try await Self.caller(new, tokens, at: later) != nil)
    #expect(provider.calls == 2)
    // The old one has gone with its set.
    #expect(try await Self.caller(old, tokens, at: later) == nil)
  }

  @Test("a provider that does not answer locks nobody out who was let in before")
  func outage() async throws {
    let provider = Provider(nil)
    let tokens = try await Self.tokens(provider)
    let token = try SignedToken.make(
      header: ["alg": "ES256", "kid": "ec"],
      claims: Self.claims(["exp": Self.now.timeIntervalSince1970 + 4000]), sign: SignedToken.es256)
    // Nothing was read yet: nobody knows.
    await #expect(throws: APIError.self) { try await Self.caller(token, tokens) }
    provider.set(try SignedToken.keySet())
    let later = Self.now.addingTimeInterval(JSONWebKeySource.retryInterval)
    #expect(try await Self.caller(token, tokens, at: later) != nil)
    for broken in [nil, "{", #"{"keys":[]}"#, #"{"keys":7}"#] {
      provider.set(broken)
      let stale = later.addingTimeInterval(JSONWebKeySource.refreshInterval + 100)
      #expect(try await Self.caller(token, tokens, at: stale) != nil, "\(broken ?? "-")")
    }
  }

  @Test(
    "key sets with a weak or malformed key are refused whole",
    arguments: [
      #"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#,
      #"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}"#,
      #"{"keys":[{"kty":"EC","crv":"P-256"}]}"#,
      #"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}"#,
      #"{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","d":"AA"}]}"#, "[]", "",
      #"{"keys":[],"keys":[]}"#,
    ])
  func weakKeys(set: String) async {
    await #expect(throws: TokenRefusal.self) { try await JSONWebKeySet(parsing: Array(set.utf8)) }
  }
}
