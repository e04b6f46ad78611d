import Crypto
import Jobs

/// Hands clients' jobs over to those who start candidates beside them, behind the answers. What comes while it is full
/// gets no shadow.
struct ShadowQueue: Sendable {
  /// Some seconds of the busiest intake; a job is some kilobytes.
  static let limit = 1000

  /// For one reader.
  let jobs: AsyncStream<Job>
  private let continuation: AsyncStream<Job>.Continuation

  init() {
    (jobs, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
  }

  /// - Returns: false when it is full.
  func offer(_ job: Job) -> Bool {
    if case .dropped = continuation.yield(job) { return false }
    return true
  }
}

extension ShadowRule {
  /// Whether the job is one of the share. Every process says the same of a job, and a larger share has all jobs of a
  /// smaller one.
  func takes(_ job: JobID) -> Bool {
    let hash = SHA256.hash(data: Array(job.description.utf8)).prefix(8)
      .reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    // 53 bits: every such number is a double of its own, below 1.
    return Double(hash >> 11) / Double(UInt64(1) << 53) < share
  }
}
