import App
import ArgumentParser
import Foundation

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serve the HTTP API, with its workers.",
    discussion: """
      Needs nothing else running: jobs are kept in SQLite, files in a folder. A setting that is not given \
      here comes from the environment (HARRIER_PORT ...), the YAML file, or its default; \
      docs/configuration.md lists them all.

        harrier serve
        harrier serve --port 9000 --data-dir /var/lib/harrier --workers 2
        harrier serve --print-config > harrier.yaml
      """)

  @OptionGroup var options: ServiceOptions

  @Option(help: "Address to listen on. Default: 127.0.0.1, this machine only.")
  var host: String?

  @Option(help: "Port to listen on; 0 takes a free one. Default: 8000.")
  var port: String?

  @Option(help: "Worker processes; 0 starts none. Default: 1.")
  var workers: String?

  @Option(help: ArgumentHelp("Folder of the rule sets, NAME.pl.", valueName: "folder"))
  var rulesDir: String?

  @Flag(help: "Print all settings as YAML, with their meaning, and end.")
  var printConfig = false

  func run() async throws {
    keepFilesPrivate()
    let settings = try await options.settings(
      adding: ["host": host, "port": port, "workers": workers, "rules_dir": rulesDir])
    if printConfig {
      print(settings.yaml, terminator: "")
      return
    }
    try await Services.serve(settings, arguments: options.workerArguments)
  }
}
