import Foundation
public import ObjectDetection
import Subprocess

/// Reads rule files with SWI-Prolog, each in a short-lived process of its own.
///
/// Three fences: the file's directives are never executed; its goals run only if they pass the sandbox; and
/// the process may not write files, take more than its limits, or start others (the latter unless it runs
/// as root, whom the kernel does not count).
public struct PrologReader: Sendable {
  let limits: PrologLimits
  private let executable: String
  private let turnstile: Turnstile

  /// - Parameter executable: a path, or a name to be found in `PATH`.
  public init(executable: String = "swipl", limits: PrologLimits = PrologLimits()) {
    self.executable = executable
    self.limits = limits
    turnstile = Turnstile(capacity: limits.processes)
  }

  /// How many wait for their turn.
  var waiting: Int { turnstile.waiting }

  /// The solutions of `confidence_modifier/3` in their order.
  ///
  /// - Parameters:
  ///   - text: of the file, in UTF-8.
  ///   - file: its name, for messages.
  /// - Throws: `DetectionError(.reasoningError)`, whose message begins `file:line:column:`, or `file:` where
  ///   no line is at fault; `CancellationError`, when the process has ended.
  public func table(of text: [UInt8], file: String) async throws -> [ConfidenceModifier] {
    try await outcome(of: text, file: file).get()
  }

  /// - Throws: only `CancellationError`.
  func outcome(of text: [UInt8], file: String) async throws -> PrologOutcome {
    guard text.count <= limits.textBytes else {
      return .refused(.rules(file, "the text is longer than \(limits.textBytes) bytes"))
    }
    let text = RuleText.withoutByteOrderMark(text)
    if let problem = RuleText.problem(in: text) {
      return .refused(.rules(file, problem.what, at: problem.position))
    }
    let input = Array(PrologDriver.text.utf8) + text
    return try await turnstile.pass {
      switch try await withinTime(limits.wallClock, { try await ending(on: input) }) {
      case .success(let ending): judge(ending, file)
      case .failure(let error): try judge(error, file)
      }
    }
  }

  /// What a process left behind.
  private struct Ending: Sendable {
    var status: TerminationStatus
    var output: [UInt8]
    var error: String
  }

  private func ending(on input: [UInt8]) async throws -> Ending {
    _ = Self.brokenPipesAreErrors
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
    ]
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    let result = try await Subprocess.run(
      // util-linux's, so that the limits hold from the first instruction on.
      .name("prlimit"), arguments: Arguments(limitArguments + [executable] + prologArguments),
      environment: .custom(["PATH": path, "LANG": "C.UTF-8", "HOME": "/nonexistent"]),
      workingDirectory: literal("/"), platformOptions: options, input: .inputWriter,
      output: .bytes(limit: limits.outputBytes),
      // Only fatal errors come this way.
      error: .string(limit: 64 << 10)
    ) { child in
      do {
        _ = try await child.standardInputWriter.write(input)
        try await child.standardInputWriter.finish()
      } catch {
        // It ended before it had read everything: how it ended says why.
      }
    }
    return Ending(
      status: result.terminationStatus, output: result.standardOutput,
      error: result.standardError)
  }

  private var limitArguments: [String] {
    [
      // The signal of the first one can be told from other kills; the second one cannot be ignored.
      "--cpu=\(limits.processorSeconds):\(limits.processorSeconds + 1)",
      "--as=\(limits.memoryBytes)", "--nofile=\(limits.openFiles)",
      "--fsize=0", "--core=0", "--nproc=1",
    ]
  }

  private var prologArguments: [String] {
    [
      "-q", "-f", "none", "-F", "none", "--no-tty", "--no-packs", "--no-signals",
      "--on-error=print", "--stack-limit=\(limits.stackBytes)",
      "-g", PrologDriver.goal(inferences: limits.inferences, solutions: limits.solutions),
      // Where the goal did not end the process itself.
      "-t", "halt(9)",
    ]
  }

  private func judge(_ ending: Ending, _ file: String) -> PrologOutcome {
    switch ending.status {
    case .exited(0): return judge(answer: ending.output, file)
    case .exited(126), .exited(127):
      return .interrupted(
        .rules(
          file, "SWI-Prolog (swipl) is not installed; rule sets cannot be used",
          cause: ending.error))
    case .signaled(SIGXCPU):
      return .refused(
        .rules(file, "the rules take more than \(limits.processorSeconds) s of processor time"))
    case .signaled(SIGXFSZ):
      return .refused(.rules(file, "the rules try to write a file"))
    case .signaled(SIGSEGV), .signaled(SIGABRT), .signaled(SIGBUS):
      return .refused(
        .rules(
          file, "the rules are nested too deeply, or need too much memory",
          cause: "\(ending.status): \(ending.error)"))
    default:
      return .interrupted(
        .rules(file, "SWI-Prolog has failed", cause: "\(ending.status): \(ending.error)"))
    }
  }

  private func judge(answer bytes: [UInt8], _ file: String) -> PrologOutcome {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return .refused(.rules(file, "the name of a class is not valid Unicode"))
    }
    var answer = PrologAnswer(text)
    var modifiers: [ConfidenceModifier] = []
    while let record = answer.next() {
      switch record {
      case .pair(let modifier): modifiers.append(modifier)
      case .error(let position, let message):
        return .refused(.rules(file, message, at: position))
      case .done: return .table(modifiers)
      }
    }
    return .interrupted(.rules(file, "the answer of SWI-Prolog is not complete"))
  }

  private func judge(_ error: any Error, _ file: String) throws -> PrologOutcome {
    if error is TimedOut {
      return .interrupted(.rules(file, "the rules take longer than \(limits.wallClock)"))
    }
    guard let failure = error as? SubprocessError else { throw error }
    switch failure.code {
    case .outputLimitExceeded:
      return .refused(.rules(file, "the table is longer than \(limits.outputBytes) bytes"))
    case .executableNotFound:
      return .interrupted(
        .rules(file, "prlimit (util-linux) is not installed; rule sets cannot be used"))
    default:
      return .interrupted(
        .rules(file, "SWI-Prolog could not be started", cause: "\(failure)"))
    }
  }

  /// A process that ends before it has read everything must not end this one. NIO does the same for sockets.
  private static let brokenPipesAreErrors: Void = { _ = signal(SIGPIPE, SIG_IGN) }()
}

extension DetectionError {
  /// A message may quote the file: no longer than this.
  private static let messageLimit = 400

  /// What is wrong with a rule file.
  static func rules(
    _ file: String, _ message: String, at position: RulePosition? = nil, cause: String? = nil
  ) -> DetectionError {
    let place = position.map { ":\($0.line):\($0.column)" } ?? ""
    return DetectionError(
      .reasoningError, "\(file)\(place): \(message.prefix(messageLimit))", cause: cause)
  }
}
