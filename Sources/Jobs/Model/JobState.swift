/// Where a job is. Ended states never change.
///
///     queued -> processing -> completed | failed
///       ^          |   \
///       +--retry---+    +--> cancelled (from queued too)
public enum JobState: String, Sendable, CaseIterable {
  /// Waits for a worker, or for the time of its next try.
  case queued
  /// A worker holds its lease.
  case processing
  /// Every image has a result or an error of its own.
  case completed
  /// No try is left, or none could help.
  case failed
  /// Somebody cancelled it.
  case cancelled

  /// Whether nothing will change any more.
  public var isEnded: Bool {
    switch self {
    case .queued, .processing: false
    case .completed, .failed, .cancelled: true
    }
  }

  /// Whether the state may follow this one. Stores hold it too, by CHECK constraints and conditions.
  public func canBecome(_ next: JobState) -> Bool {
    switch self {
    case .queued: next == .processing || next == .cancelled || next == .failed
    case .processing: next != .processing
    case .completed, .failed, .cancelled: false
    }
  }
}

/// Which job is claimed first; within one priority the oldest.
public enum JobPriority: Int, Sendable, CaseIterable, Comparable {
  case low = 0
  case normal = 1
  case high = 2

  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
