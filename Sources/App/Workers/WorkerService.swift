import Dispatch
import Foundation
public import Jobs
public import Logging
import NIOPosix

/// A worker process: claims jobs and runs them until it is told to stop or its parent is gone.
public struct WorkerService: Sendable {
  /// Between two lines of metrics.
  private static let metricsInterval = Duration.seconds(1)
  /// How long it may go on once the parent is gone: its job is given back in the first of them, and a call
  /// into a library that cannot be interrupted has the rest.
  static let orphanSeconds = 20.0

  private let store: any JobStore
  private let executor: any JobExecutor
  private let settings: WorkerSettings
  private let isSupervised: Bool
  private let links: WorkerLinks
  private let metrics: ServiceMetrics
  private let jobLog: JobLogWriter?
  private let takeDelta: @Sendable () -> String?
  private let logger: Logger
  private let input: Int32
  private let output: Int32
  private let exit: @Sendable () -> Void
  private let orphanSeconds: Double

  /// - Parameters:
  ///   - isSupervised: whether standard input is the parent's pipe and standard output takes metrics.
  ///   - links: to the others of a cluster.
  ///   - takeDelta: what was counted since the last call, as one line; nil when nothing was.
  public init(
    store: any JobStore, executor: any JobExecutor, settings: WorkerSettings, isSupervised: Bool,
    links: WorkerLinks = WorkerLinks(), metrics: ServiceMetrics, jobLog: JobLogWriter? = nil,
    logger: Logger, takeDelta: @escaping @Sendable () -> String?
  ) {
    self.init(
      store: store, executor: executor, settings: settings, isSupervised: isSupervised,
      links: links, metrics: metrics, jobLog: jobLog, logger: logger, input: STDIN_FILENO,
      output: STDOUT_FILENO,
      exit: { _exit(1) }, takeDelta: takeDelta)
  }

  init(
    store: any JobStore, executor: any JobExecutor, settings: WorkerSettings, isSupervised: Bool,
    links: WorkerLinks = WorkerLinks(), metrics: ServiceMetrics, jobLog: JobLogWriter? = nil,
    logger: Logger, input: Int32, output: Int32,
    orphanSeconds: Double = Self.orphanSeconds, exit: @escaping @Sendable () -> Void,
    takeDelta: @escaping @Sendable () -> String?
  ) {
    self.store = store
    self.executor = executor
    self.settings = settings
    self.isSupervised = isSupervised
    self.links = links
    self.metrics = metrics
    self.jobLog = jobLog
    self.logger = logger
    self.input = input
    self.output = output
    self.exit = exit
    self.orphanSeconds = orphanSeconds
    self.takeDelta = takeDelta
  }

  /// Returns after its task was cancelled, or the parent has gone, and the job in hand was given back.
  public func run() async {
    let jobEnded = WakeSignal()
    let log = WorkerLog(logger: logger, metrics: metrics, jobLog: jobLog)
    let worker = JobWorker(
      id: links.id, store: store,
      signal: links.signal, executor: executor, settings: settings
    ) { event in
      log.write(event)
      switch event {
      case .claimed(let claimed): links.onChange(claimed.job.id)
      case .reported(let job): links.onChange(job)
      case .ended(let job, _, _):
        links.onChange(job.id)
        jobEnded.wake()
      case .stalled: endAtOnce()
      default: break
      }
    }
    let running = Task { await worker.run() }
    let parent = isSupervised ? watchParent(links.work, running) : nil
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        if isSupervised { group.addTask { await sendMetrics(each: jobEnded) } }
        if let jobLog { group.addTask { await jobLog.run() } }
        await running.value
        group.cancelAll()
      }
    } onCancel: {
      running.cancel()
    }
    parent?.cancel()
  }

  /// No call into a library that hangs can be taken back: another process takes this one's place.
  private func endAtOnce() {
    do {
      if isSupervised, let line = takeDelta() { try write(line + "\n", to: output) }
    } catch {
      logger.warning("Metrics could not be sent", metadata: ["cause": "\(error)"])
    }
    exit()
  }

  /// Wakes the worker at each line; stops it, if need be with force, at the pipe's end.
  private func watchParent(_ work: WakeSignal, _ running: Task<Void, Never>) -> ParentPipe {
    ParentPipe(descriptor: input) {
      work.wake()
    } onEnd: { [logger, exit, orphanSeconds] queue in
      // By a signal as a rule; also when it died.
      logger.info("The API process lets go of this worker, which stops")
      running.cancel()
      // Not a task: where inference holds every thread, none would run.
      queue.asyncAfter(deadline: .now() + orphanSeconds) { exit() }
    }
  }

  /// A line each second and after each job, and the last one at the end.
  private func sendMetrics(each jobEnded: WakeSignal) async {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    while true {
      let isLast = Task.isCancelled
      if let line = takeDelta() {
        do {
          // In a task of its own, which is not cancelled: the last line counts as well.
          try await Task { [output] in
            try await threads.runIfActive { try write(line + "\n", to: output) }
          }.value
        } catch {
          // A parent that stops has no use for the last ones.
          if !isLast {
            logger.warning("Metrics could not be sent", metadata: ["cause": "\(error)"])
          }
        }
      }
      if isLast { break }
      await jobEnded.wait(upTo: Self.metricsInterval)
    }
    do {
      try await threads.shutdownGracefully()
    } catch {
      logger.warning("A thread did not end", metadata: ["cause": "\(error)"])
    }
  }
}

/// All of the text; a pipe may take it in pieces.
private func write(_ text: String, to descriptor: Int32) throws {
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if errno != EINTR {
      throw JobsError(.storageError, "The parent does not read", cause: "errno \(errno)")
    }
  }
}

/// Gives the API process the right of way: every thread of this process, and those that they start, become
/// less urgent (nice 5: about a third of the share of a thread of normal priority).
public func lowerPriority() {
  // Linux counts a thread's niceness, not a process's.
  let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
  for thread in threads.compactMap(id_t.init) {
    setpriority(__priority_which_t(PRIO_PROCESS.rawValue), thread, 5)
  }
}
