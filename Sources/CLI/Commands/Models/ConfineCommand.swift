import App
import ArgumentParser
import Backends
import Foundation

/// Becomes another program that may do next to nothing; for files that run code when they are opened.
struct ConfineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "confine", abstract: "Run a program with next to no rights.",
    shouldDisplay: false)

  /// Far more than a model has.
  private static let fileBytes = 8 << 30

  @Option(help: "File or folder that it may read.")
  var read: [String] = []

  @Option(help: "The folder that it may write to.")
  var write: String

  @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
  var program: [String]

  func run() throws {
    let command = program.first == "--" ? Array(program.dropFirst()) : program
    guard let path = command.first else { throw ValidationError("which program?") }
    keepFilesPrivate()
    lowerPriority()
    var rules = SandboxRules(temporaryFolder: write)
    rules.readable = read
    rules.writable = [write]
    rules.programs = [path]
    rules.limits = ResourceLimits(
      memoryBytes: ResourceLimits.memoryShare, fileBytes: Self.fileBytes)
    try ConfinedProgram(rules).start(
      path, arguments: command, environment: ProcessInfo.processInfo.environment)
  }
}
