import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOCore
import TestSupport
import Testing

@testable import App

@Suite("Headers and tokens, damaged")
struct AccessFuzzTests {
  @Test(
    "damaged credentials open nothing, and never crash",
    arguments: [3, UInt64.random(in: 4...UInt64.max)])
  func damaged(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let now = Date(timeIntervalSince1970: 1_770_000_000)
    let store = MemoryStore()
    let secret = APIKeySecret(newFor: APIKeyID(at: now))
    try await store.insert(
      APIKey(
        id: secret.id, name: "fuzz", owner: "fuzz", scopes: [.admin], secretHash: secret.hash,
        createdAt: now))
    var settings = ServiceSettings()
    settings.authentication = .on
    settings.failedLogins = 0
    settings.jwtSecret = SignedToken.secret
    settings.jwtIssuer = "i"
    settings.jwtAudience = "a"
    let service = MonitoredService(settings: settings).service
    let access = await AccessControl(
      service: service, keys: store, secret: Array(SignedToken.secret.utf8))
    let own = try await access.tokens.token(
      AccessTokens.Content(key: secret.id, scopes: [.read], use: .access), lifetime: .seconds(900),
      at: now)
    let foreign = try SignedToken.make(
      header: ["alg": "HS256"],
      claims: ["iss": "i", "aud": "a", "sub": "s", "exp": 1_770_000_900, "scope": "admin"],
      sign: SignedToken.hs256)
    let valid = [secret.text, own, foreign]
    for text in valid {
      _ = try await access.caller(of: Credentials(text: text), from: "n", at: now)
    }
    let clock = ContinuousClock()
    let start = clock.now
    var refused = 0
    var tries = 0
    while clock.now - start < FuzzBudget.each {
      tries += 1
      var text = Array((valid.randomElement(using: &random) ?? "").utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) { Self.damage(&text, using: &random) }
      let damaged = String(decoding: text, as: UTF8.self)
      // Base 64 has several spellings of a last character.
      guard !valid.contains(where: { Self.isSame($0, damaged) }) else { continue }
      let caller = try? await Self.caller(damaged, access, at: now, using: &random)
      #expect(caller == nil, "seed \(seed): \(damaged)")
      refused += 1
    }
    #expect(refused > tries / 2, "seed \(seed)")
  }

  /// By one of the ways in.
  private static func caller(
    _ text: String, _ access: AccessControl, at now: Date, using random: inout SeededGenerator
  ) async throws -> Caller? {
    let fields: [HTTPFields] = [
      [.authorization: "Bearer \(text)"], [.xAPIKey: text], [.cookie: "harrier=\(text)"],
      [.cookie: "a=b; __Host-harrier=\(text); c"], [.authorization: text],
      [.authorization: "bearer  \(text)", .xAPIKey: text],
    ]
    let request = Request(
      head: HTTPRequest(
        method: .get, scheme: nil, authority: nil, path: "/",
        headerFields: fields.randomElement(using: &random) ?? [:]),
      body: RequestBody(buffer: ByteBuffer()))
    guard let credentials = try Credentials(request) else { return nil }
    return try await access.caller(of: credentials, from: "n", at: now)
  }

  private static func isSame(_ left: String, _ right: String) -> Bool {
    // Blanks around a header's value are none of it, and control characters count as blanks.
    let right = right.trimmingCharacters(in: .whitespaces.union(.controlCharacters))
    guard left.contains("."), right.contains(".") else { return left == right }
    return left.dropLast() == right.dropLast()
  }

  private static func damage(_ text: inout [UInt8], using random: inout SeededGenerator) {
    guard !text.isEmpty else { return text.append(UInt8.random(in: 0...255, using: &random)) }
    let place = Int.random(in: 0..<text.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: text[place] = UInt8.random(in: 0...255, using: &random)
    case 1: text.remove(at: place)
    case 2: text.insert(UInt8.random(in: 32...126, using: &random), at: place)
    case 3: text = Array(text.prefix(place))
    case 4: text += text[place...]
    default: text.swapAt(place, Int.random(in: 0..<text.count, using: &random))
    }
  }
}
