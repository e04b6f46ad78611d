public import Foundation

/// An id of the HTTP contract: a prefix, and 26 characters that sort by time of creation.
///
/// The characters are a ULID in lower case: 48 bits of milliseconds, then 80 random bits. What does not match
/// the pattern is no id, so it never becomes part of a path or a query.
public struct Identifier<Kind: IdentifierKind>: Sendable, Hashable, Comparable,
  CustomStringConvertible
{
  public let description: String

  /// A new id. The random bits come from the system's secure generator.
  public init(at time: Date) {
    let milliseconds = UInt64(max(0, time.timeIntervalSince1970 * 1000)) & (1 << 48 - 1)
    var generator = SystemRandomNumberGenerator()
    let random = [UInt64(generator.next() as UInt64), UInt64(generator.next() as UInt64)]
    description =
      Kind.prefix + "_" + base32(milliseconds, digits: 10) + base32(random[0], digits: 8)
      + base32(random[1], digits: 8)
  }

  /// nil when the text is not an id of this kind.
  public init?(_ text: some StringProtocol) {
    let prefix = Kind.prefix + "_"
    let tail = text.utf8.dropFirst(prefix.utf8.count)
    guard text.hasPrefix(prefix), (12...26).contains(tail.count),
      tail.allSatisfy({ (48...57).contains($0) || (97...122).contains($0) })
    else { return nil }
    description = String(text)
  }

  public static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

/// The prefix of an id.
public protocol IdentifierKind: Sendable {
  static var prefix: String { get }
}

/// `upl_`
public enum UploadKind: IdentifierKind { public static let prefix = "upl" }
/// `img_`
public enum FileKind: IdentifierKind { public static let prefix = "img" }
/// `job_`
public enum JobKind: IdentifierKind { public static let prefix = "job" }
/// `evt_`
public enum EventKind: IdentifierKind { public static let prefix = "evt" }
/// `req_`
public enum RequestKind: IdentifierKind { public static let prefix = "req" }

public typealias UploadID = Identifier<UploadKind>
public typealias FileID = Identifier<FileKind>
public typealias JobID = Identifier<JobKind>
public typealias EventID = Identifier<EventKind>
public typealias RequestID = Identifier<RequestKind>

/// The lowest `5 * digits` bits in Crockford's base 32, lower case.
private func base32(_ value: UInt64, digits: Int) -> String {
  String(unsafeUninitializedCapacity: digits) { text in
    for position in 0..<digits {
      text[digits - 1 - position] = alphabet[Int(value >> UInt64(5 * position) & 31)]
    }
    return digits
  }
}

private let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
