import App
import ArgumentParser
import Foundation

struct WorkerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "worker",
    abstract: "Run jobs of a service.",
    discussion: """
      harrier serve starts its own workers; one more on the same data folder shares the work.

        harrier worker --data-dir /var/lib/harrier

      SIGTERM gives the job in hand back, what is finished of it is kept; a second one ends the process at \
      once.
      """)

  @OptionGroup var options: ServiceOptions

  @Flag(
    help: ArgumentHelp(
      "Standard input is the pipe of the process that supervises this one.",
      visibility: .hidden))
  var supervised = false

  func run() async throws {
    lowerPriority()
    // A parent that no longer reads must not end the process before it has given its job back.
    signal(SIGPIPE, SIG_IGN)
    let settings = try await options.settings()
    do {
      try await Services.work(settings, isSupervised: supervised)
    } catch is CancellationError {
      // It was told to stop while it waited for its stores.
    }
  }
}
