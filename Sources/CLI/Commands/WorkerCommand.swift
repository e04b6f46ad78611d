import App
import ArgumentParser
import Backends
import Foundation

struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run jobs of a service.",
    discussion: """
      harrier serve starts its own workers; one more on the same data folder shares the work.

        harrier worker --data-dir /var/lib/harrier
        harrier worker --data-dir /var/lib/harrier --check-sandbox   # what it may do, and what not

      SIGTERM gives the job in hand back, what is finished of it is kept; a second one ends the process at \
      once.
      """)

  @OptionGroup var options: ServiceOptions

  @Flag(
    help: ArgumentHelp(
      "Standard input is the pipe of the process that supervises this one.",
      visibility: .hidden))
  var supervised = false

  @Flag(
    help: ArgumentHelp(
      "This process was started anew with reduced rights.", visibility: .hidden))
  var sandboxed = false

  @Flag(help: "Try from inside what a worker must not be able to do, print it as JSON, and end.")
  var checkSandbox = false

  func run() async throws {
    keepFilesPrivate()
    lowerPriority()
    let settings = try await options.settings()
    let isFree = settings.workerSandbox == .off
    if !isFree, !sandboxed {
      try Services.enterSandbox(
        settings, isSupervised: supervised, config: options.config,
        arguments: CommandLine.arguments + ["--sandboxed"])
    }
    // A parent that no longer reads must not end the process before it has given its job back.
    signal(SIGPIPE, SIG_IGN)
    let rules =
      isFree
      ? nil
      : Services.sandboxRules(settings, isSupervised: supervised, config: options.config)
    if checkSandbox { return try Services.checkSandbox(settings, rules) }
    do {
      try await Services.work(settings, isSupervised: supervised, rules: rules)
    } catch is CancellationError {
      // It was told to stop while it waited for its stores.
    }
  }
}
