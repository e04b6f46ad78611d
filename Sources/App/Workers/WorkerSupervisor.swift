public import Jobs
public import Logging
public import ServiceLifecycle
import Subprocess
import Synchronization

/// Starts the worker processes of this machine, starts them again when they die, and wakes them.
///
/// Each child's standard input is a pipe: a line on it says that there is work, its end that this process is
/// gone, however it died. What a child prints on its standard output, line by line, are its metrics.
public final class WorkerSupervisor: JobDispatch, ServiceLifecycle.Service {
  /// A child that lived for so long did not die of its start.
  private static let soundLife = Duration.seconds(60)

  private let count: Int
  private let executable: String
  private let arguments: [String]
  private let grace: Duration
  private let firstRestart: Duration
  private let onLine: @Sendable (String) -> Void
  private let onRestart: @Sendable () -> Void
  private let logger: Logger
  /// Of the children that live, by their number.
  private let wakers = Mutex<[Int: AsyncStream<Void>.Continuation]>([:])

  /// - Parameters:
  ///   - count: how many children; 0 starts none.
  ///   - arguments: of the children, this program being the command.
  ///   - grace: between asking a child to stop and killing it.
  ///   - onLine: takes the lines of all children.
  ///   - onRestart: told of each child that has ended by itself.
  public convenience init(
    count: Int, arguments: [String], grace: Duration, logger: Logger,
    onRestart: @escaping @Sendable () -> Void = {},
    onLine: @escaping @Sendable (String) -> Void
  ) {
    self.init(
      // The program that runs, even when its file was replaced meanwhile.
      executable: "/proc/self/exe", count: count, arguments: arguments, grace: grace,
      logger: logger, onRestart: onRestart, onLine: onLine)
  }

  init(
    executable: String, count: Int, arguments: [String], grace: Duration,
    firstRestart: Duration = .milliseconds(200), logger: Logger,
    onRestart: @escaping @Sendable () -> Void = {},
    onLine: @escaping @Sendable (String) -> Void
  ) {
    self.executable = executable
    self.count = count
    self.arguments = arguments
    self.grace = grace
    self.firstRestart = firstRestart
    self.logger = logger
    self.onLine = onLine
    self.onRestart = onRestart
  }

  /// How many children live now.
  public var livingCount: Int { wakers.withLock { $0.count } }

  public func announce(_ job: JobID, priority: JobPriority) async {
    for waker in wakers.withLock({ Array($0.values) }) { waker.yield() }
  }

  /// Keeps the children alive until the service shuts down or the task is cancelled; returns when all of
  /// them have ended.
  public func run() async throws {
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<self.count {
          group.addTask { await self.keepAlive(number) }
        }
        // Without children the service runs all the same.
        if self.count == 0 { try? await Task.sleep(for: .seconds(Int.max >> 8)) }
      }
    }
  }

  private func keepAlive(_ number: Int) async {
    var backoff = Backoff(first: firstRestart, limit: .seconds(30))
    while !Task.isCancelled {
      let start = ContinuousClock.now
      let end = await runChild(number)
      guard !Task.isCancelled else { return }
      if ContinuousClock.now - start >= Self.soundLife { backoff.reset() }
      onRestart()
      let wait = backoff.next()
      logger.error(
        "A worker has ended; it is started again",
        metadata: ["worker": "\(number)", "end": "\(end)", "restart_in": "\(wait)"])
      // A cancelled sleep ends the loop.
      try? await Task.sleep(for: wait)
    }
  }

  /// - Returns: how it ended, for the log.
  private func runChild(_ number: Int) async -> String {
    var options = PlatformOptions()
    // A terminal's Ctrl-C is for this process, which then stops its children in order.
    options.processGroupID = 0
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: grace)]
    let (wakes, waker) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    defer { wakers.withLock { $0[number] = nil } }
    do {
      let result = try await Subprocess.run(
        .path(literal(executable)), arguments: Arguments(arguments), platformOptions: options,
        input: .inputWriter, output: .sequence, error: .currentStandardError
      ) { [self] child in
        wakers.withLock { $0[number] = waker }
        logger.info(
          "A worker has started",
          metadata: ["worker": "\(number)", "pid": "\(child.processIdentifier)"])
        async let _: Void = forward(wakes, to: child.standardInputWriter)
        let lines = child.standardOutput.strings(
          bufferingPolicy: .maxLineLength(MetricRegistry.deltaLimit))
        for try await line in lines { onLine(line) }
      }
      return "\(result.terminationStatus)"
    } catch {
      return "\(error)"
    }
  }

  /// Ends with the child or the task; a pipe that is full holds wake-ups enough.
  private func forward(_ wakes: AsyncStream<Void>, to writer: StandardInputWriter) async {
    for await _ in wakes {
      do {
        _ = try await writer.write("\n")
      } catch {
        // The child has died: its end is seen elsewhere.
        return
      }
    }
  }
}

/// A value of a type from text, without naming the type: a `FilePath` is of a module that is not ours to import.
private func literal<Value: ExpressibleByStringLiteral>(_ text: String) -> Value
where Value.StringLiteralType == String {
  Value(stringLiteral: text)
}
