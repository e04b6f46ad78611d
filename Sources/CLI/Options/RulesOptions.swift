public import ArgumentParser
import Foundation
import Inference
public import ObjectDetection

extension RuleGeometry: ExpressibleByArgument {}

/// Where rule sets are installed.
struct RulesFolderOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder of the rule sets, NAME.pl.",
      discussion: "Default: HARRIER_RULES_DIR, else the folder Rules of the installation.",
      valueName: "folder"))
  var rulesDir: String?

  /// - Throws: `DetectionError(.invalidConfig)` where there is none.
  func source() throws -> any RuleSource {
    guard let folder = rulesDir ?? Installation.rulesDirectory else {
      throw DetectionError(.invalidConfig, "--rules-dir: no folder of rule sets is installed")
    }
    return Services.ruleSource(folder)
  }
}

/// Which rules refine the detections.
struct RulesOptions: ParsableArguments {
  @Option(
    help: "Rules that refine the confidences: name of an installed set, or path of a .pl file.")
  var rules: String?

  @Option(
    help: """
      In which coordinates rules measure: normalized by the picture's width and height, or pixels.
      """)
  var geometry = RuleGeometry.normalized

  @OptionGroup var folder: RulesFolderOptions

  /// nil where no rules are wished. Tells of classes that the model does not have.
  func reasoner(for model: DetectionModel) async throws -> RuleReasoner? {
    guard let rules else { return nil }
    let isPath = rules.contains("/") || rules.hasSuffix(".pl")
    let set =
      isPath
      ? try await PrologReader().ruleSet(inFile: rules).set
      : try await folder.source().ruleSet(named: rules)
    for warning in set.warnings(for: model.classNames) {
      printError("harrier: rules \(set.name): \(warning)")
    }
    return RuleReasoner(set, geometry: geometry)
  }
}
