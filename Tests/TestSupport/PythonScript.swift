import Foundation

/// Scripts over the peer libraries that are installed for tests.
public enum PythonScript {
  /// `HARRIER_TEST_PYTHON`, else the interpreter of the test tools.
  static let interpreter =
    ProcessInfo.processInfo.environment["HARRIER_TEST_PYTHON"]
    ?? Checkout.path(".deps/test-venv/bin/python")

  public static let isInstalled = FileManager.default.isExecutableFile(atPath: interpreter)

  private static let threads: OperationQueue = {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 2
    return queue
  }()

  /// Runs the script's text to its end.
  public static func run(_ script: String, _ arguments: [String]) async throws
    -> HarrierProcess.Output
  {
    let child = ChildProcess(
      path: interpreter, arguments: ["-c", script] + arguments,
      environment: ProcessInfo.processInfo.environment, directory: NSTemporaryDirectory())
    return try await child.run(on: threads)
  }
}
