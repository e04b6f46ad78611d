import App
import ArgumentParser
import Foundation
import Jobs
import ObjectDetection

struct GoldenModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "golden",
    abstract: "Keep pictures that a version must pass before an alias moves to it.",
    discussion: """
      The boxes come as COCO's JSON, under the pictures' names; polygons with four corners are oriented boxes. A set \
      takes the place of the one before. Without options it prints the set, and what versions found in it.

        harrier models golden harbour --pictures golden/ --expected golden/boxes.json
        harrier models golden harbour --pictures golden/ --expected boxes.json --min-recall 0.95 --guard production
        harrier models golden harbour
        harrier models golden harbour --off
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "The registered model.") var name: String

  @Option(help: ArgumentHelp("Pictures or folders of them.", valueName: "image"))
  var pictures: [String] = []

  @Option(help: ArgumentHelp("What must be found in them: COCO's JSON.", valueName: "file"))
  var expected: String?

  @Option(help: "Share of the expected boxes that must be found, 0...1.")
  var minRecall = GoldenDemand().minRecall

  @Option(help: "Share of the found boxes that must be expected, 0...1.")
  var minPrecision = GoldenDemand().minPrecision

  @Option(
    name: .customLong("guard"),
    help: ArgumentHelp(
      "An alias that moves only to versions that pass. Can be repeated. Default: production.",
      valueName: "alias"))
  var aliases: [String] = []

  @Flag(help: "Delete the set: aliases move freely from then on.") var off = false

  func validate() throws {
    guard pictures.isEmpty == (expected == nil) else {
      throw ValidationError("--pictures and --expected go together")
    }
    guard !off || expected == nil else { throw ValidationError("--off goes alone") }
    for (name, share) in [("--min-recall", minRecall), ("--min-precision", minPrecision)]
    where !(0...1 ~= share) {
      throw ValidationError("\(name) must be between 0 and 1, not \(share)")
    }
    guard aliases.allSatisfy(ModelAlias.isValid) else {
      throw ValidationError(
        "--guard must be a small letter and at most 31 more, digits and hyphens")
    }
  }

  func run() async throws {
    keepFilesPrivate()
    let administration = try await Services.models(try await options.settings())
    if off {
      let set = try await administration.removeGoldenSet(of: name)
      return print("Removed: \(set.pictureCount) of \(name)")
    }
    guard let expected else { return try await printSet(administration.registry.store) }
    let images = inputImages(pictures)
    if let problem = images.compactMap(\.problem).first { throw problem }
    let set = try await administration.putGoldenSet(
      images.map(\.path), try Self.labels(expected),
      demand: GoldenDemand(
        minRecall: minRecall, minPrecision: minPrecision,
        aliases: aliases.isEmpty ? GoldenDemand().aliases : Set(aliases)), of: name)
    print(set.summary)
  }

  private static func labels(_ path: String) throws -> COCOLabels {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw DetectionError(.fileNotFound, "\(path): cannot be read")
    }
    do {
      return try COCOLabels(json: Array(data))
    } catch let error as DetectionError {
      throw error.naming(path)
    }
  }

  private func printSet(_ store: any ModelStore) async throws {
    guard let set = try await store.goldenSet(of: name) else {
      throw JobsError.noGoldenSet(name)
    }
    print(set.summary)
    let verdicts = try await store.verdicts(by: set.id, limit: 1000)
    guard !verdicts.isEmpty else { return print("No version was checked with them yet") }
    var table = TextTable(["version", "passed", "recall", "precision", "missing", "extra"])
    for verdict in verdicts {
      let total = verdict.figures.total
      table.add(
        ["\(verdict.version)", verdict.passed ? "yes" : "no"] + total.shares
          + ["\(total.missing)", "\(total.extra)"])
    }
    print(table.text)
  }
}

struct CheckModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Run a version over the golden pictures of its model.",
    discussion: """
      As jobs do that say nothing but the model's name, in a process of its own. The verdict is kept, for the next \
      `promote`. The exit status is 1 when the version does not pass.

        harrier models check harbour@3
        harrier models check harbour@candidate
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "A version or an alias: harbour@3, harbour@candidate.")
  var reference: String

  func validate() throws {
    guard let reference = ModelReference(reference), reference.selector != .standard else {
      throw ValidationError("say which version: NAME@3 or NAME@candidate")
    }
  }

  func run() async throws {
    keepFilesPrivate()
    guard let reference = ModelReference(reference) else { return }
    let (verdict, demand) = try await Services.models(try await options.settings())
      .check(reference)
    print(Self.table("class", verdict.figures.classes, verdict.figures.total))
    print()
    print(Self.table("picture", verdict.figures.pictures, verdict.figures.total))
    print()
    print(
      "\(verdict.version) \(verdict.passed ? "passes" : "does not pass") "
        + "(recall at least \(demand.minRecall), precision at least \(demand.minPrecision))")
    if !verdict.passed { throw ExitCode(1) }
  }

  private static func table(
    _ name: String, _ parts: [GoldenFigures.Part], _ total: GoldenCounts
  ) -> String {
    var table = TextTable([name, "expected", "found", "missing", "extra", "recall", "precision"])
    for part in parts + [GoldenFigures.Part(name: "all", counts: total)] {
      let counts = part.counts
      table.add(
        [part.name]
          + [counts.expected, counts.found, counts.missing, counts.extra].map { "\($0)" }
          + counts.shares)
    }
    return table.text
  }
}

extension GoldenCounts {
  /// Recall and precision.
  fileprivate var shares: [String] { [recall, precision].map { decimal($0, places: 3) } }
}

extension GoldenSet {
  fileprivate var pictureCount: String {
    "\(pictures.count) golden \(pictures.count == 1 ? "picture" : "pictures")"
  }

  fileprivate var summary: String {
    let boxes = classes.values.reduce(0, +)
    let guarded =
      demand.aliases.isEmpty ? "no alias" : demand.aliases.sorted().joined(separator: ", ")
    return
      "\(name): \(pictureCount) with \(boxes) boxes of \(classes.count) classes "
      + "guard \(guarded): recall at least \(demand.minRecall), precision at least \(demand.minPrecision)"
  }
}
