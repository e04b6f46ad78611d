public import Foundation

/// `gld_`
public enum GoldenSetKind: IdentifierKind { public static let prefix = "gld" }
public typealias GoldenSetID = Identifier<GoldenSetKind>

/// One picture of a golden set.
public struct GoldenPicture: Sendable, Hashable, Codable {
  /// As it was sent; no two of a set are the same.
  public var filename: String
  public var sizeBytes: Int
  /// Lower-case hexadecimal.
  public var sha256: String
  /// Boxes that must be found in it.
  public var expected: Int

  public init(filename: String, sizeBytes: Int, sha256: String, expected: Int) {
    self.filename = filename
    self.sizeBytes = sizeBytes
    self.sha256 = sha256
    self.expected = expected
  }
}

/// What a version must reach on a golden set, and where that counts.
public struct GoldenDemand: Sendable, Hashable {
  /// 0...1, over all pictures.
  public var minRecall: Double
  public var minPrecision: Double
  /// Aliases that move only to versions that reach it.
  public var aliases: Set<String>

  public init(
    minRecall: Double = 0.9, minPrecision: Double = 0.9,
    aliases: Set<String> = [ModelAlias.production]
  ) {
    self.minRecall = minRecall
    self.minPrecision = minPrecision
    self.aliases = aliases
  }
}

/// Pictures with the boxes that every version of a model must find. Nothing of a set ever changes: another one takes
/// its place.
public struct GoldenSet: Sendable, Equatable {
  public var id: GoldenSetID
  /// Of the registered model.
  public var name: String
  public var pictures: [GoldenPicture]
  /// How many boxes are expected of each label. What is found of a label with 0 is wrong, of one that is not here
  /// neither right nor wrong.
  public var classes: [String: Int]
  public var demand: GoldenDemand
  public var createdAt: Date
  /// nil where nobody had to say who they are.
  public var createdBy: String?

  public init(
    id: GoldenSetID, name: String, pictures: [GoldenPicture], classes: [String: Int],
    demand: GoldenDemand, createdAt: Date, createdBy: String?
  ) {
    self.id = id
    self.name = name
    self.pictures = pictures
    self.classes = classes
    self.demand = demand
    self.createdAt = createdAt
    self.createdBy = createdBy
  }

  /// Of the pictures.
  public var sizeBytes: Int { pictures.reduce(0) { $0 + $1.sizeBytes } }

  /// Of the pictures, in their order.
  public var pictureKeys: [String] {
    pictures.indices.map { "\(BlobKey.prefix(of: id))/picture-\($0 + 1)" }
  }

  /// Of the boxes that are expected, picture by picture.
  public var expectationKey: String { "\(BlobKey.prefix(of: id))/expected" }
}
