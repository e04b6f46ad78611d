import Foundation
import TestSupport
import Testing

@Suite("harrier rules, and rules in other commands")
struct RulesCommandTests {
  private let folder: TemporaryFolder
  private let file: String

  init() throws {
    folder = try TemporaryFolder()
    file = try folder.write(
      """
      confidence_modifier(ship, harbor, 1.1).
      confidence_modifier(ship, 'Bridge', 0.1).
      confidence_modifier(ship, harbor, 1.25).
      confidence_modifier(ship, zeppelin, 1).
      """, to: "mine.pl")
  }

  @Test("the installed rule sets are listed with their checksums")
  func list() async throws {
    let output = try await harrier("rules")
    #expect(output.status == 0)
    #expect(output.text.contains("dota\n  pairs    87\n  sha256   "))
    let broken = try TemporaryFolder()
    try broken.write("a :- .", to: "broken.pl")
    let failed = try await harrier("rules", "list", "--rules-dir", broken.path)
    #expect(failed.status == 1)
    #expect(failed.standardError.contains("broken.pl:1:"))
  }

  @Test("a rule file is checked: its table, and classes that the model does not know")
  func check() async throws {
    let output = try await harrier("rules", "check", file)
    #expect(output.status == 0)
    #expect(
      output.text.hasPrefix(
        """
        ship harbor    x1.25  boost
        ship Bridge    x0.1  penalty
        ship zeppelin  x1.0  nothing
        \(file): 3 pairs of 4 solutions, sha256
        """))
    let unknown = try await harrier("rules", "check", file, "--model", "aerial15-obb")
    #expect(unknown.status == 1)
    #expect(unknown.standardError.contains("the model has no class 'zeppelin'"))
  }

  @Test("a mistake in a rule file is one line with its place")
  func mistake() async throws {
    let broken = try folder.write(
      "confidence_modifier(a, b, 1).\nconfidence_modifier(a, b", to: "x.pl")
    let output = try await harrier("rules", "check", broken)
    #expect(output.status == 1)
    #expect(output.standardError.hasPrefix("harrier: \(broken):2:"))
    #expect(output.standardError.split(separator: "\n").count == 1)
    let missing = try await harrier("rules", "check", folder.path("none.pl"))
    #expect(missing.status == 2)
    #expect(missing.standardError.contains("none.pl: there is no such file"))
  }

  @Test("what a rule file does to two classes is said in words")
  func explain() async throws {
    let turned = try await harrier("rules", "explain", file, "harbor", "ship").text
    #expect(turned.contains("harbor, ship: weight 1.25, boost, found as (ship, harbor)\n"))
    #expect(turned.contains("The last solution counts; before it the file gave 1.1.\n"))
    #expect(turned.contains("min(1, confidence x 1.25)"))
    let penalty = try await harrier("rules", "explain", file, "ship", "Bridge").text
    #expect(penalty.contains("confidence x 0.1"))
    let nothing = try await harrier("rules", "explain", file, "harbor", "plane")
    #expect(nothing.status == 0)
    #expect(nothing.text.contains("harbor, plane: no pair, in neither order; nothing happens"))
    #expect(nothing.standardError.contains("names the class \"plane\""))
  }

  @Test("detect --rules gives the confidences that the rules made")
  func detect() async throws {
    let arguments = [
      "detect", Checkout.sample("scene-large.jpg"), "--model", "aerial15-obb", "--slice", "off",
      "--confidence", "0.05", "--quiet",
    ]
    let plain = try await harrier(arguments: arguments).document()
    let ruled = try await harrier(arguments: arguments + ["--rules", "dota"])
    #expect(try ruled.document().total_detections == plain.total_detections)
    #expect(ruled.text.contains("\"confidence_before\""))
    let missing = try await harrier(arguments: arguments + ["--rules", "none"])
    #expect(missing.status == 2)
    #expect(missing.standardError.contains("No rule set named \"none\" is installed"))
  }

  @Test(
    "evaluate --rules shows the stages side by side, the merged one as without rules",
    arguments: [["--slice", "320"], ["--slice", "off"]])
  func evaluate(slicing: [String]) async throws {
    let arguments =
      [
        "evaluate", "--truth", Checkout.root + "/Samples", Checkout.sample("scene-1.jpg"),
        "--model", "aerial15-obb", "--quiet",
      ] + slicing
    let plain = try await harrier(arguments: arguments).text
    let staged = try await harrier(arguments: arguments + ["--rules", "dota"]).text
    let all = try #require(plain.split(separator: "\n").last).split(separator: " ")
    let lines = staged.split(separator: "\n")
    let stages = try #require(lines.dropLast().last).split(separator: " ")
    // all, truths, then AP50 and AP50-95 of three stages each.
    #expect(stages.count == 8)
    #expect(stages[3] == all[3] && stages[6] == all[4])
    #expect(stages[2] != stages[3] || stages[3] != stages[4])
    #expect(try #require(lines.last).hasPrefix("rules dota ("))
  }
}
