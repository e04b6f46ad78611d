/// One version of a registered model. What it names never changes, and no number is given twice.
public struct ModelVersionID: Sendable, Hashable, CustomStringConvertible {
  public var name: String
  /// From 1.
  public var number: Int

  public init(name: String, number: Int) {
    self.name = name
    self.number = number
  }

  /// `aerial@3`
  public var description: String { "\(name)@\(number)" }
}

/// The version that a job runs, and the hash of its files: what the job was accepted with.
public struct ModelPin: Sendable, Hashable {
  public var id: ModelVersionID
  /// Lower-case hexadecimal.
  public var sha256: String

  public init(id: ModelVersionID, sha256: String) {
    self.id = id
    self.sha256 = sha256
  }
}

/// How a version of a model is named: `aerial`, `aerial@3`, `aerial@candidate`.
public struct ModelReference: Sendable, Hashable, CustomStringConvertible {
  /// What follows the name.
  public enum Selector: Sendable, Hashable {
    /// The alias `production` where there is one, else the newest version.
    case standard
    case number(Int)
    case alias(String)
  }

  public var name: String
  public var selector: Selector

  public init(name: String, selector: Selector = .standard) {
    self.name = name
    self.selector = selector
  }

  /// nil when what follows `@` is neither a version nor an alias. The name is not looked at: whose models it is of says
  /// what a name may be.
  public init?(_ text: String) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    name = String(parts[0])
    guard parts.count == 2 else {
      selector = .standard
      return
    }
    if let number = Int(parts[1]), number > 0, parts[1] == "\(number)" {
      selector = .number(number)
    } else if ModelAlias.isValid(parts[1]) {
      selector = .alias(String(parts[1]))
    } else {
      return nil
    }
  }

  public var description: String {
    switch selector {
    case .standard: name
    case .number(let number): "\(name)@\(number)"
    case .alias(let alias): "\(name)@\(alias)"
    }
  }
}

/// Names that are moved from version to version.
public enum ModelAlias {
  /// The version of those who name none. The first version of a model takes it.
  public static let production = "production"
  public static let maxCharacters = 32
  /// Moves of one alias that are remembered, the newest ones: years of it, and few enough to read at once. The audit
  /// log has them all.
  public static let keptMoves = 1000

  /// `[a-z][a-z0-9-]{0,31}`: no version looks so.
  public static func isValid(_ text: some StringProtocol) -> Bool {
    (1...maxCharacters).contains(text.utf8.count)
      && text.utf8.first.map { (97...122).contains($0) } == true
      && text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 }
  }
}
