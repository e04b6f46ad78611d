/// Why one of the things that the screen reads is missing.
struct SourceFailure: Error, Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// Nothing came back.
    case noAnswer
    /// The service answered with an error.
    case status(Int)
    /// What came back is not what was asked for.
    case unreadable
  }

  var kind: Kind
  /// For people; without the address, without secrets.
  var words: String

  init(_ kind: Kind, _ words: String) {
    self.kind = kind
    self.words = words
  }

  /// It is readable, and says something else.
  static let unexpected = SourceFailure(.unreadable, "another answer than expected")

  init(status: Int) {
    self.init(.status(status), "status \(status)\(Self.remark(on: status))")
  }

  private static func remark(on status: Int) -> String {
    switch status {
    case 401, 403: " (it wants another --api-key)"
    case 429: " (too many requests)"
    default: ""
    }
  }
}
