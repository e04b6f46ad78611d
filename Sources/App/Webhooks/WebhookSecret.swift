import Crypto
import Foundation

/// The key that webhooks are signed with, and the signature: Standard Webhooks 1.0.0 (standardwebhooks.com).
struct WebhookSecret: Sendable, Equatable {
  private static let prefix = "whsec_"
  /// Of the key, by the specification.
  private static let lengths = 24...64
  /// Of keys that are made here: as long as the hash.
  private static let newLength = 32

  private let key: [UInt8]

  /// Reads `whsec_` and base64 of 24 to 64 bytes; nil for anything else.
  init?(_ text: String) {
    guard text.hasPrefix(Self.prefix),
      let data = Data(base64Encoded: String(text.dropFirst(Self.prefix.count))),
      Self.lengths.contains(data.count)
    else { return nil }
    key = Array(data)
  }

  private init(key: [UInt8]) { self.key = key }

  /// A new random secret, from the system's secure generator.
  static func random() -> WebhookSecret {
    var generator = SystemRandomNumberGenerator()
    return WebhookSecret(
      key: (0..<newLength).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  /// As receivers are given it.
  var text: String { Self.prefix + Data(key).base64EncodedString() }

  /// The headers of one attempt; the receiver compares the time with its own and refuses old ones.
  func headers(id: String, at time: Date, body: [UInt8]) -> [(name: String, value: String)] {
    let timestamp = String(Int(time.timeIntervalSince1970.rounded(.down)))
    var signer = HMAC<SHA256>(key: SymmetricKey(data: key))
    signer.update(data: Array("\(id).\(timestamp).".utf8))
    signer.update(data: body)
    let signature = Data(signer.finalize()).base64EncodedString()
    return [
      ("webhook-id", id), ("webhook-timestamp", timestamp),
      ("webhook-signature", "v1,\(signature)"),
    ]
  }
}

extension WebhookSecret: CustomStringConvertible, CustomDebugStringConvertible {
  /// Never the key: descriptions end in logs.
  var description: String { "webhook secret" }
  var debugDescription: String { description }
}
