import ArgumentParser
import Foundation
import Inference
import ObjectDetection

struct RulesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "List, check and explain rule sets.",
    discussion: """
      A rule set is a Prolog file, NAME.pl, whose confidence_modifier(ClassA, ClassB, Weight) says how \
      detections of two classes near or on each other change their confidences: docs/rules.md.

        harrier rules check my-rules.pl --model aerial15-obb
        harrier rules explain my-rules.pl ship harbor
      """,
    subcommands: [List.self, Check.self, Explain.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "List the installed rule sets.")

    @OptionGroup var folder: RulesFolderOptions

    func run() async throws {
      var failed = false
      for installed in try await folder.source().ruleSets() {
        switch installed.result {
        case .success(let set):
          print("\(set.name)\n  pairs    \(set.table.modifiers.count)\n  sha256   \(set.sha256)")
        case .failure(let error):
          failed = true
          printError("harrier: \(error)")
        }
      }
      if failed { throw ExitCode(1) }
    }
  }

  struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "check", abstract: "Read a rule file and print its table of pairs.")

    @Argument(help: "The rule file.") var file: String

    @Option(help: "Installed model whose classes the rules should know.") var model: String?

    @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
    var modelsDir: String?

    func run() async throws {
      let (set, solutions) = try await PrologReader().ruleSet(inFile: file)
      let pairs = set.table.modifiers
      let width = pairs.map { $0.first.count + $0.second.count }.max() ?? 0
      for pair in pairs {
        let words = "\(pair.first) \(pair.second)"
          .padding(toLength: width + 1, withPad: " ", startingAt: 0)
        print("\(words)  \(pair.factor)  \(pair.effect)")
      }
      print("\(file): \(pairs.count) pairs of \(solutions.count) solutions, sha256 \(set.sha256)")
      guard let model else { return }
      let warnings = set.warnings(for: try classNames(ofModel: model))
      for warning in warnings { printError("harrier: \(file): \(warning)") }
      if !warnings.isEmpty { throw ExitCode(1) }
    }

    private func classNames(ofModel name: String) throws -> [String] {
      let folder = ModelFolder(path: modelsDir ?? Installation.modelsDirectory)
      let file = try folder.model(named: name)
      let names =
        file.signature.isClosed
        ? try file.interpretation().classNames : file.metadata.classNames ?? []
      return file.document.classSettings.labels(of: names)
    }
  }

  struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "explain", abstract: "Say what a rule file does to two classes.")

    @Argument(help: "The rule file.") var file: String

    @Argument(help: "Class of a detection.") var first: String

    @Argument(help: "Class of another one.") var second: String

    func run() async throws {
      let (set, solutions) = try await PrologReader().ruleSet(inFile: file)
      for name in [first, second] where !set.table.classNames.contains(name) {
        printError("harrier: no pair of \(file) names the class \"\(name)\"")
      }
      guard let modifier = set.table.modifier(first, second) else {
        print("\(first), \(second): no pair, in neither order; nothing happens")
        return
      }
      let isTurned = modifier.first != first
      print(
        "\(first), \(second): weight \(modifier.weight), \(modifier.effect)"
          + (isTurned ? ", found as (\(modifier.first), \(modifier.second))" : ""))
      let weights = solutions.filter {
        $0.first == modifier.first && $0.second == modifier.second
      }.map(\.weight)
      if Set(weights).count > 1 {
        let earlier = weights.dropLast().map { "\($0)" }.joined(separator: ", ")
        print("The last solution counts; before it the file gave \(earlier).")
      }
      let turned = set.table.modifiers.first { $0.first == second && $0.second == first }
      if let turned, !isTurned, first != second, turned.weight != modifier.weight {
        print(
          "The other way round, (\(second), \(first)), the weight is \(turned.weight): which one counts is up"
            + " to the order of the two detections.")
      }
      print(modifier.meaning)
    }
  }
}

extension ConfidenceModifier {
  /// `x1.25`
  fileprivate var factor: String { "x\(weight)" }

  fileprivate var effect: String { weight > 1 ? "boost" : weight < 1 ? "penalty" : "nothing" }

  fileprivate var meaning: String {
    if weight > 1 {
      return """
        Where the centres of two such detections are nearer than twice the mean of their diagonals, both \
        confidences become min(1, confidence x \(weight)).
        """
    }
    if weight < 1 {
      return """
        Where more than half of the smaller one of two such boxes lies in the other, the confidence of the less \
        confident one, on a tie of the first, becomes confidence x \(weight).
        """
    }
    return "A weight of exactly 1 changes nothing."
  }
}
