import Foundation

/// How long a test feeds damaged input.
public enum FuzzBudget {
  /// Half of the two seconds that a suite may take; `HARRIER_FUZZ_SECONDS` for longer runs by hand.
  public static let each = Duration.seconds(
    ProcessInfo.processInfo.environment["HARRIER_FUZZ_SECONDS"].flatMap { Int($0) } ?? 1)
}
