import Crypto
public import Jobs
import ObjectDetection

/// A key as its holder has it: the id, which is no secret, and the secret.
///
///     hrk_01k4v9c7m2f8q3t5w6x1y0z9ab_2j7q...
///
/// The secret is 52 characters of base 32 for 256 bits of the system's secure generator.
public struct APIKeySecret: Sendable, Equatable {
  static let secretLength = 52
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  public let id: APIKeyID
  private let secret: String
  /// What the store keeps.
  public let hash: String

  /// A new one.
  public init(newFor id: APIKeyID) {
    var generator = SystemRandomNumberGenerator()
    self.id = id
    secret = String(
      decoding: (0..<Self.secretLength).map { _ in
        Self.alphabet[Int.random(in: 0..<Self.alphabet.count, using: &generator)]
      }, as: UTF8.self)
    hash = Self.hash(secret)
  }

  /// nil for what is no key.
  init?(_ text: String) {
    guard let end = text.lastIndex(of: "_"), let id = APIKeyID(text[..<end]) else { return nil }
    let secret = text[end...].dropFirst()
    guard secret.utf8.count == Self.secretLength,
      secret.utf8.allSatisfy({ Self.alphabet.contains($0) })
    else { return nil }
    self.id = id
    self.secret = String(secret)
    hash = Self.hash(self.secret)
  }

  /// What the holder is given, once.
  public var text: String { "\(id)_\(secret)" }

  private static func hash(_ secret: String) -> String {
    SHA256.hash(data: Array(secret.utf8)).hexadecimal
  }

  /// Whether a kept hash is of this secret; takes as long wherever they differ.
  func matches(_ hash: String) -> Bool {
    let own = Array(self.hash.utf8)
    let kept = Array(hash.utf8)
    guard own.count == kept.count else { return false }
    return zip(own, kept).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
  }
}

extension APIKeySecret: CustomStringConvertible, CustomDebugStringConvertible {
  /// Never the secret: descriptions end in logs.
  public var description: String { "\(id)" }
  public var debugDescription: String { description }
}
