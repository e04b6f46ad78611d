import App
import ArgumentParser
import Jobs
import ObjectDetection

struct ShadowModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shadow",
    abstract: "Run a candidate beside a model's jobs, and see how it compares.",
    discussion: """
      On a share of the jobs that run the model, the candidate runs too, as a job of low priority that nobody owns. \
      Clients notice nothing of it.

        harrier models shadow harbour --candidate candidate --share 0.1
        harrier models shadow harbour                    # the rule, and what came of it
        harrier models shadow harbour --off
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "The registered model.") var name: String

  @Option(help: "The version that is tried, or an alias: 3, candidate.")
  var candidate: String?

  @Option(help: "Of the jobs: above 0, at most 1; 0.1 when it is not given.")
  var share: Double?

  @Flag(help: "Run nothing beside the model any more.") var off = false

  private var selector: ModelReference.Selector? {
    candidate.flatMap { ModelReference("\(name)@\($0)") }?.selector
  }

  func validate() throws {
    if off, candidate != nil || share != nil {
      throw ValidationError("--off goes alone")
    }
    if candidate != nil, selector == nil {
      throw ValidationError("--candidate must be a version's number or an alias")
    }
    if let share {
      guard candidate != nil else { throw ValidationError("--share goes with --candidate") }
      guard share > 0, share <= 1 else {
        throw ValidationError("--share must be above 0 and at most 1")
      }
    }
  }

  func run() async throws {
    keepFilesPrivate()
    let models = try await Services.models(try await options.settings())
    if off {
      let rule = try await models.removeShadow(of: name)
      return print(
        rule.map { "Nothing runs beside \(name) any more: \($0.reference)" }
          ?? "Nothing runs beside \(name)")
    }
    if let selector {
      try await models.setShadow(selector, of: name, share: share ?? ShadowRule.standardShare)
    }
    print(ShadowText(try await models.shadow(of: name)).text)
  }
}
