/// What each caller has used of its share. Every implementation passes the conformance suite in Tests/TestSupport.
public protocol UsageStore: Sendable {
  /// Adds bytes to an account's day, unless the sum would pass the limit: then nothing is added. Days that are more
  /// than a week older than `day` are forgotten.
  /// - Parameters:
  ///   - bytes: negative to give back what was not used; the sum does not fall below 0.
  ///   - day: days since 1970-01-01 UTC.
  func addBytes(_ bytes: Int, to account: String, day: Int, limit: Int) async throws -> ByteUsage

  /// 0 for an account that has used nothing.
  func bytes(of account: String, day: Int) async throws -> Int
}

/// What became of a wish for bytes.
public struct ByteUsage: Sendable, Equatable {
  /// Days before the newest one that are remembered.
  public static let keptDays = 7

  public var isAdmitted: Bool
  /// Of the day, with them if they were admitted.
  public var bytes: Int

  public init(isAdmitted: Bool, bytes: Int) {
    self.isAdmitted = isAdmitted
    self.bytes = bytes
  }
}
