public import Foundation

/// The built `harrier` binary, or another program, run as a user runs it.
public struct HarrierProcess: Sendable {
  /// What a process left behind.
  public struct Output: Sendable {
    /// The exit status; 128 plus the number of the signal that ended the process.
    public var status: Int32
    public var standardOutput: Data
    public var standardError: String
    /// When the process ended; the test may hear of it later.
    public var end: ContinuousClock.Instant

    public var text: String { String(decoding: standardOutput, as: UTF8.self) }
    /// Standard error's lines that hold anything.
    public var errorLines: [String] { standardError.split(separator: "\n").map(String.init) }
  }

  /// `HARRIER_TEST_BINARY`, else the binary beside the test bundle, else that of the checkout.
  public static let binary: String = {
    if let path = ProcessInfo.processInfo.environment["HARRIER_TEST_BINARY"] { return path }
    let beside = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("harrier").path
    return FileManager.default.isExecutableFile(atPath: beside)
      ? beside : Checkout.path(".build/debug/harrier")
  }()

  /// Compiled models of all test processes: the user's own cache stays as it is.
  private static let cache = "\(NSTemporaryDirectory())/harrier-tests-cache"

  /// More at once only wait for the cores.
  private static let threads = queue(4)
  /// Other programs are light, and what a test does with one is a matter of time.
  private static let threadsOfOthers = queue(16)

  private static func queue(_ count: Int) -> OperationQueue {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = count
    return queue
  }

  private let child: ChildProcess
  private let isHarrier: Bool

  /// `environment` is added to that of the tests; `directory` is the working directory. A program without a
  /// folder is looked for in `PATH`.
  public init(
    program: String = binary, _ arguments: [String], environment: [String: String] = [:],
    in directory: String = Checkout.root
  ) {
    isHarrier = program == Self.binary
    child = ChildProcess(
      path: program, arguments: arguments,
      environment: Self.environment(adding: environment), directory: directory)
  }

  /// That of the tests, with a cache of compiled models that all test processes share.
  static func environment(adding variables: [String: String]) -> [String: String] {
    ProcessInfo.processInfo.environment.merging(["HARRIER_CACHE_DIR": cache]) { $1 }
      .merging(variables) { $1 }
  }

  /// Runs to the end; a cancelled test kills the process.
  ///
  /// `onFirstOutput` is called once with the process id when something arrives on standard output.
  public func run(onFirstOutput: (@Sendable (pid_t) -> Void)? = nil) async throws -> Output {
    try await child.run(
      on: isHarrier ? Self.threads : Self.threadsOfOthers
    ) { sign in
      if case .output(_, of: let process, isFirst: true) = sign { onFirstOutput?(process) }
    }
  }
}
