import App
import ArgumentParser
import Foundation

/// What a service writes is for its own user: no file or folder that this process makes from now on has a right for
/// others. Commands whose files are for people leave their umask as it is.
func keepFilesPrivate() { umask(0o077) }

/// Settings that API and worker processes share.
struct ServiceOptions: ParsableArguments {
  @Option(help: ArgumentHelp("YAML file with settings.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Folder for jobs and files. Default: harrier-data, here.", valueName: "folder"))
  var dataDir: String?

  @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
  var modelsDir: String?

  @Option(help: "trace, debug, info, notice, warning, error or critical. Default: info.")
  var logLevel: String?

  @Option(help: "json, or text for people. Default: json.")
  var logFormat: String?

  /// A bad setting ends the command with status 2 and one line that names it and where it came from.
  func settings(adding more: [String: String?] = [:]) async throws -> ServiceSettings {
    var given = more.compactMapValues(\.self)
    given["data_dir"] = dataDir
    given["models_dir"] = modelsDir
    given["log_level"] = logLevel
    given["log_format"] = logFormat
    var defaults = ServiceSettings()
    defaults.modelsDirectory = Installation.modelsDirectory
    defaults.rulesDirectory = Installation.rulesDirectory
    defaults.swaggerDirectory = Installation.swaggerDirectory
    do {
      return try await ServiceSettings.load(
        commandLine: given, environment: ProcessInfo.processInfo.environment, file: config,
        defaults: defaults)
    } catch let error as SettingsError {
      printError("harrier: \(error)")
      throw ExitCode(2)
    }
  }

  /// The same settings for a child; the environment it inherits.
  var workerArguments: [String] {
    let options = [
      ("--config", config), ("--data-dir", dataDir), ("--models-dir", modelsDir),
      ("--log-level", logLevel), ("--log-format", logFormat),
    ]
    return options.flatMap { name, value in value.map { [name, $0] } ?? [] }
  }
}
