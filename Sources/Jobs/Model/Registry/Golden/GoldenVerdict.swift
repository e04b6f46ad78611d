public import Foundation

/// How many of the boxes that are expected a version has found.
public struct GoldenCounts: Sendable, Hashable, Codable {
  public var expected: Int
  /// Those that are neither right nor wrong are not among them.
  public var found: Int
  /// Found boxes that were expected.
  public var matched: Int

  public init(expected: Int, found: Int, matched: Int) {
    self.expected = expected
    self.found = found
    self.matched = matched
  }

  public var missing: Int { expected - matched }
  public var extra: Int { found - matched }
  /// 0...1; 1 where nothing is expected.
  public var recall: Double { expected == 0 ? 1 : Double(matched) / Double(expected) }
  /// 0...1; 1 where nothing was found.
  public var precision: Double { found == 0 ? 1 : Double(matched) / Double(found) }
}

/// What a version has found on a golden set.
public struct GoldenFigures: Sendable, Equatable, Codable {
  /// Of one picture or one label.
  public struct Part: Sendable, Hashable, Codable {
    /// The picture's file name, or the label.
    public var name: String
    public var counts: GoldenCounts

    public init(name: String, counts: GoldenCounts) {
      self.name = name
      self.counts = counts
    }
  }

  public var total: GoldenCounts
  /// In the order of the set.
  public var pictures: [Part]
  /// By label.
  public var classes: [Part]

  public init(total: GoldenCounts, pictures: [Part], classes: [Part]) {
    self.total = total
    self.pictures = pictures
    self.classes = classes
  }

  /// Whether that is enough.
  public func reaches(_ demand: GoldenDemand) -> Bool {
    total.recall >= demand.minRecall && total.precision >= demand.minPrecision
  }
}

/// What became of a version on a golden set.
public struct GoldenVerdict: Sendable, Equatable {
  public var version: ModelVersionID
  public var setID: GoldenSetID
  public var passed: Bool
  public var figures: GoldenFigures
  public var checkedAt: Date
  /// nil where nobody had to say who they are.
  public var checkedBy: String?

  public init(
    version: ModelVersionID, setID: GoldenSetID, passed: Bool, figures: GoldenFigures,
    checkedAt: Date, checkedBy: String?
  ) {
    self.version = version
    self.setID = setID
    self.passed = passed
    self.figures = figures
    self.checkedAt = checkedAt
    self.checkedBy = checkedBy
  }
}

/// Whether a move of an alias has to be allowed by golden pictures.
public enum GoldenGuard: Sendable, Equatable {
  /// To a version that the model's golden set guards the alias from, it does not move.
  case checked
  /// It moves all the same.
  case unchecked
}

extension JobsError {
  public static func noGoldenSet(_ name: String) -> JobsError {
    JobsError(.modelNotFound, "The model \(name) has no golden pictures")
  }

  /// Who asks has seen no golden set, or another one: asked again, the version is checked with this one.
  public static func notChecked(_ id: ModelVersionID, _ alias: String) -> JobsError {
    JobsError(
      .modelConflict,
      "\(alias) moves only to versions that pass the golden pictures, which \(id) has not: they were replaced meanwhile"
    )
  }

  /// A verdict about what is not there any more.
  public static func goldenSetReplaced(_ name: String) -> JobsError {
    JobsError(
      .modelConflict, "The golden pictures of \(name) were replaced while they were checked")
  }
}
