import App
import ArgumentParser
import Jobs
import ObjectDetection

struct PromoteModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "promote", abstract: "Move an alias, production by default, to a version.",
    discussion: """
      The next job that names the model runs it, in every process; jobs that were accepted keep theirs.

        harrier models promote harbour@3
        harrier models promote harbour@candidate
        harrier models promote harbour@2 --alias candidate

      Where the model has golden pictures, the version is checked with them first: see harrier models golden.
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "A version or an alias: harbour@3, harbour@candidate.")
  var reference: String

  @Option(help: "The alias that moves.")
  var alias = ModelAlias.production

  @Flag(help: "Whatever golden pictures say; the audit log has it.") var unchecked = false

  func validate() throws {
    guard let reference = ModelReference(reference), reference.selector != .standard else {
      throw ValidationError("say which version: NAME@3 or NAME@candidate")
    }
    guard ModelAlias.isValid(alias) else {
      throw ValidationError(
        "--alias must be a small letter and at most 31 more, digits and hyphens")
    }
  }

  func run() async throws {
    keepFilesPrivate()
    guard let reference = ModelReference(reference) else { return }
    let (version, move) = try await Services.models(try await options.settings())
      .promote(reference, to: alias, unchecked ? .unchecked : .checked)
    guard let move else { return print("\(alias) is at \(version.id) already") }
    print("\(alias): \(move.from.map { "\(version.id.name)@\($0) -> " } ?? "")\(version.id)")
  }
}

struct RollBackModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback", abstract: "Move an alias back to the version where it was before.",
    discussion: """
      A second rollback goes further back, not forth again. Golden pictures are not asked: the version was there \
      before, and seconds matter.

        harrier models rollback harbour
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "The registered model.") var name: String

  @Option(help: "The alias that moves.")
  var alias = ModelAlias.production

  func run() async throws {
    keepFilesPrivate()
    let move = try await Services.models(try await options.settings()).rollBack(name, alias)
    print(
      "\(alias): \(move.from.map { "\(name)@\($0) -> " } ?? "")\(name)@\(move.to.map(String.init) ?? "")"
    )
  }
}

struct RemoveModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "remove",
    abstract: "Delete a version, an alias, or with --all a whole registered model.",
    discussion: """
      Not while an alias is at the version, or a job that has not ended runs it. Models of the models folder are files: \
      remove those there.

        harrier models remove harbour@1
        harrier models remove harbour@candidate
        harrier models remove harbour --all
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "A version, an alias, or with --all a model.")
  var reference: String

  @Flag(help: "All versions and aliases of the model.") var all = false

  func validate() throws {
    guard let reference = ModelReference(reference) else {
      throw ValidationError("\"\(reference)\" names no model, version or alias")
    }
    guard (reference.selector == .standard) == all else {
      throw ValidationError(
        all ? "--all goes with a name alone" : "say which version, or --all for all of them")
    }
  }

  func run() async throws {
    keepFilesPrivate()
    guard let reference = ModelReference(reference) else { return }
    let gone = try await Services.models(try await options.settings()).remove(reference)
    for version in gone { print("Removed: \(version.id)") }
    if gone.isEmpty { print("Removed: \(reference)") }
  }
}
