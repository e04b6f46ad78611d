import App
import ArgumentParser
import Foundation
import Jobs
import ObjectDetection

@main
struct Harrier: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "harrier",
    abstract: "Finds objects in aerial and other large pictures.",
    discussion: """
      Cuts a picture into overlapping slices, runs a YOLO model on each, and merges what was found: the \
      same boxes as Ultralytics with SAHI, faster.

        harrier detect Samples/yell-541000.jpg --annotate
        harrier detect pictures/ --model aerial15-obb --format coco --output results/
        harrier doctor
        harrier serve                                # the HTTP API, with its workers

      Exit status: 0 all done, 1 some images failed (each is named), 2 the command itself was wrong.
      """,
    version: harrierVersion,
    subcommands: [
      ServeCommand.self, WorkerCommand.self, DetectCommand.self, EvaluateCommand.self,
      TopCommand.self, KeysCommand.self, MigrateCommand.self, RulesCommand.self, ModelsCommand.self,
      DoctorCommand.self, ConfineCommand.self,
    ])

  /// As ArgumentParser's, but with our exit statuses, and Ctrl-C as cancellation.
  static func main() async {
    let task = Task { try await execute() }
    // The service takes signals itself: it lets its requests end first.
    if CommandLine.arguments.dropFirst().first != ServeCommand.configuration.commandName {
      Interruption().onInterrupt { task.cancel() }
    }
    switch await task.result {
    case .success: break
    case .failure(let error): finish(with: error)
    }
  }

  private static func execute() async throws {
    var command = try parseAsRoot()
    if var asynchronous = command as? any AsyncParsableCommand {
      try await asynchronous.run()
    } else {
      try command.run()
    }
  }

  /// Prints the error, if it has anything to say, and ends the process.
  private static func finish(with error: any Error) -> Never {
    if error is CancellationError {
      printError("harrier: interrupted")
      // 128 + SIGINT, as shells expect it.
      Foundation.exit(130)
    }
    if let error = error as? JobsError {
      printError("harrier: \(error)")
      Foundation.exit(1)
    }
    if let error = error as? GoldenRefusal {
      printError("harrier: \(error)")
      for picture in error.worstPictures {
        printError("  \(picture.name): \(picture.counts.words)")
      }
      Foundation.exit(1)
    }
    if let error = error as? DetectionError {
      printError("harrier: \(error)")
      let isUsage = [.invalidConfig, .modelNotFound, .rulesNotFound].contains(error.code)
      Foundation.exit(isUsage ? 2 : 1)
    }
    let status = exitCode(for: error)
    let message = fullMessage(for: error)
    if status.isSuccess {
      if !message.isEmpty { print(message) }
      Foundation.exit(0)
    }
    if !message.isEmpty { printError(message) }
    Foundation.exit(status == .validationFailure ? 2 : status.rawValue)
  }
}

func printError(_ text: String) {
  FileHandle.standardError.write(Data((text + "\n").utf8))
}
