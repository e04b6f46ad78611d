import ArgumentParser

struct ModelsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "Import, list, register and promote models.",
    discussion: """
        harrier models                                # what is installed
        harrier models import best.pt --name ships    # convert, compare, install
        harrier models publish ships --name harbour   # a version for all machines of the service
        harrier models promote harbour@2              # and what jobs run that name it
      """,
    subcommands: [
      ListModelsCommand.self, ImportCommand.self, SetupCommand.self, ProbeCommand.self,
      PublishModelCommand.self, PromoteModelCommand.self, RollBackModelCommand.self,
      RemoveModelCommand.self, GoldenModelCommand.self, CheckModelCommand.self,
      ShadowModelCommand.self,
    ],
    defaultSubcommand: ListModelsCommand.self)
}
