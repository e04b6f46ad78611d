import ArgumentParser

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the installed models, or import one.",
    discussion: """
        harrier models                                # what is installed
        harrier models import best.pt --name ships    # convert, compare, install
      """,
    subcommands: [
      ListModelsCommand.self, ImportCommand.self, SetupCommand.self, ProbeCommand.self,
    ],
    defaultSubcommand: ListModelsCommand.self)
}
