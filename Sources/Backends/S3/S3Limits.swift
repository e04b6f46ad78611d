/// How long and how often an S3 server is asked, and how much is held in memory meanwhile.
///
/// A server that refuses connections is given up after a second and a half, one that says nothing after 45 s,
/// and no request takes longer than `patience` and one more attempt.
public struct S3Limits: Sendable {
  /// Of one request, the first one counted.
  public var attempts = 4
  /// Before the second attempt; each further one waits up to twice as long.
  public var firstDelay = Duration.milliseconds(200)
  /// Also the most that is waited because a server says so (`Retry-After`).
  public var longestDelay = Duration.seconds(5)
  /// No attempt begins later: whoever waits for the request would rather hear that it failed.
  public var patience = Duration.seconds(60)
  /// Of one attempt without its body; `slowestBytesPerSecond` adds to it.
  public var answerTimeout = Duration.seconds(10)
  /// The same for a health check, which is asked by those who wait.
  public var healthAnswerTimeout = Duration.seconds(3)
  /// The same of requests over which servers sit for long: the end of an upload of thousands of parts, and
  /// deletions by the thousand.
  public var longAnswerTimeout = Duration.seconds(60)
  /// A connection that is slower is taken for lost: 2 Mbit/s.
  public var slowestBytesPerSecond = 256 << 10
  /// Files above it are sent in parts of it: each is tried again alone. S3 takes no smaller ones than 5 MiB.
  public var partBytes = 8 << 20
  /// Parts of one file that are sent at once: two hide the time between an answer and the next part.
  public var partsAtOnce = 2
  /// What a reader's first request fetches; a blob up to it is read by one request.
  public var readAheadBytes = 256 << 10
  /// What a reader fetches and holds at most, for reads in a row: 100 MB cost 27 requests.
  public var longestReadAheadBytes = 4 << 20
  /// What one request fetches of a larger read.
  public var pieceBytes = 8 << 20
  /// Multipart uploads of killed processes that are looked for at once.
  public var sweptUploads = 1000

  public init() {}

  /// The health check's: it is asked again soon, and its caller waits for two seconds.
  var forHealthCheck: S3Limits {
    var limits = self
    limits.attempts = min(attempts, 2)
    limits.answerTimeout = min(answerTimeout, healthAnswerTimeout)
    return limits
  }

  /// For tidying up after a failure: what one attempt does not do is swept later.
  var forTidying: S3Limits {
    var limits = self
    limits.attempts = 1
    return limits
  }

  /// The time for one attempt that sends and receives so many bytes.
  func timeout(forBytes count: Int, isLong: Bool = false) -> Duration {
    (isLong ? longAnswerTimeout : answerTimeout)
      + .milliseconds(count * 1000 / max(1, slowestBytesPerSecond))
  }

  /// The wait before attempt `number` (2 or more): half of it is left to chance, so that clients which failed
  /// together do not come back together.
  func delay(before number: Int, serverSays: Duration?) -> Duration {
    let doublings = min(max(0, number - 2), 16)
    let full = min(longestDelay, firstDelay * (1 << doublings))
    let wait = full / 2 + full / 2 * Double.random(in: 0...1)
    return min(longestDelay, max(wait, serverSays ?? .zero))
  }
}
