import App
import ArgumentParser

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "Bring the database's tables up to date, and end.",
    discussion: """
      harrier serve and harrier worker do it at their start as well; by itself it is for deployments that change \
      the database before they replace processes. Several at once wait for each other.

        HARRIER_DATABASE_URL=postgres://harrier@db/harrier harrier migrate
      """)

  @OptionGroup var options: ServiceOptions

  func run() async throws {
    keepFilesPrivate()
    let stores = try await Services.migrate(try await options.settings())
    print("Up to date: \(stores)")
  }
}
