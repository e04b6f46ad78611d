public import Foundation

/// `hrk_`
public enum APIKeyKind: IdentifierKind { public static let prefix = "hrk" }
/// What of a key is no secret: lists and logs show it.
public typealias APIKeyID = Identifier<APIKeyKind>

/// What a caller may do with what is its own.
public enum AccessScope: String, Sendable, CaseIterable, Comparable {
  /// Look: jobs, results, pictures, exports.
  case read
  /// Change: upload, start, cancel, repeat, delete.
  case submit
  /// The numbers of the whole service, and nothing of anybody's: for Prometheus.
  case metrics
  /// All of it, of everybody.
  case admin

  public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// How much a caller may ask for; nil is without a limit of its own.
public struct AccessLimits: Sendable, Equatable {
  public var requestsPerMinute: Int?
  /// Of uploads, each day of UTC.
  public var bytesPerDay: Int?
  public var queuedJobs: Int?
  public var runningJobs: Int?

  public init(
    requestsPerMinute: Int? = nil, bytesPerDay: Int? = nil, queuedJobs: Int? = nil,
    runningJobs: Int? = nil
  ) {
    self.requestsPerMinute = requestsPerMinute
    self.bytesPerDay = bytesPerDay
    self.queuedJobs = queuedJobs
    self.runningJobs = runningJobs
  }
}

/// A key as the store keeps it: without its secret, which only its holder has.
public struct APIKey: Sendable, Equatable {
  public var id: APIKeyID
  /// For people: what it is for.
  public var name: String
  /// Whose uploads and jobs it makes and sees; several keys may have one.
  public var owner: String
  public var scopes: Set<AccessScope>
  public var limits: AccessLimits
  /// SHA-256 of the secret, lower-case hexadecimal. The secret has 256 random bits: a slow hash would add nothing.
  public var secretHash: String
  public var createdAt: Date
  /// nil for a key that does not expire.
  public var expiresAt: Date?
  public var revokedAt: Date?
  /// To the minute or so; nil when it has not been used.
  public var lastUsedAt: Date?

  public init(
    id: APIKeyID, name: String, owner: String, scopes: Set<AccessScope>,
    limits: AccessLimits = AccessLimits(), secretHash: String, createdAt: Date,
    expiresAt: Date? = nil
  ) {
    self.id = id
    self.name = name
    self.owner = owner
    self.scopes = scopes
    self.limits = limits
    self.secretHash = secretHash
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }

  /// Whether it opens anything at a time.
  public func isValid(at now: Date) -> Bool {
    revokedAt == nil && expiresAt.map { now < $0 } ?? true
  }
}
