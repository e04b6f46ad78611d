import Foundation
import ObjectDetection

/// Figures of an evaluation as people read them.
enum EvaluationTable {
  static func text(_ report: EvaluationReport, _ model: DetectionModel) -> String {
    let header = ["class", "truths", "found", "AP50", "AP50-95", "precision", "recall", "at"]
    let rows = report.classes.map { entry in
      row([
        model.className(entry.classID), "\(entry.truths)", "\(entry.detections)",
        number(entry.ap50), number(entry.ap5095), number(entry.precision), number(entry.recall),
        String(format: "%.3f", entry.bestConfidence),
      ])
    }
    let found = report.classes.map(\.detections).reduce(0, +)
    let all = row([
      "all", "\(report.truthCount)", "\(found)", number(report.ap50), number(report.ap5095),
    ])
    return ([row(header)] + rows + [all]).joined(separator: "\n")
  }

  /// The stages side by side.
  static func text(_ comparison: StageComparison, _ model: DetectionModel) -> String {
    let stages = [comparison.beforeMerging, comparison.afterMerging, comparison.afterRules]
    let groups = row(["", "", "AP50", "", "", "AP50-95"])
    let header = row(
      ["class", "truths"] + ["unmerged", "merged", "rules", "unmerged", "merged", "rules"])
    let rows = comparison.afterRules.classes.indices.map { index in
      let entry = comparison.afterRules.classes[index]
      return row(
        [model.className(entry.classID), "\(entry.truths)"]
          + stages.map { number($0.classes[index].ap50) }
          + stages.map { number($0.classes[index].ap5095) })
    }
    let all = row(
      ["all", "\(comparison.afterRules.truthCount)"] + stages.map { number($0.ap50) }
        + stages.map { number($0.ap5095) })
    return ([groups, header] + rows + [all]).joined(separator: "\n")
  }

  private static func row(_ cells: [String]) -> String {
    let width = max(20, cells[0].count)
    let name = cells[0].padding(toLength: width, withPad: " ", startingAt: 0)
    return cells.dropFirst().reduce(name) { line, cell in
      line + String(repeating: " ", count: max(1, 10 - cell.count)) + cell
    }
  }

  private static func number(_ value: Double) -> String { String(format: "%.4f", value) }
}

extension EvaluationReport {
  fileprivate var truthCount: Int { classes.map(\.truths).reduce(0, +) }
}

/// What rules did to the pictures of a run.
struct RuleEffect: CustomStringConvertible {
  private var boosts = 0
  private var penalties = 0
  private var dropped = 0
  private var changed = 0
  private var rules: RuleSetIdentity?

  mutating func add(_ reasoning: ImageReasoning?) {
    guard let reasoning else { return }
    rules = reasoning.rules
    boosts += reasoning.actions.count(where: \.isBoost)
    penalties += reasoning.actions.count { !$0.isBoost }
    dropped += reasoning.droppedActions
    changed += reasoning.confidencesBefore.count
  }

  /// `rules dota (0a1b2c3d): 12 boosts and 3 penalties changed 20 detections`
  var description: String {
    let name = rules.map { "\($0.name) (\($0.sha256.prefix(8)))" } ?? "none"
    let more = dropped > 0 ? " and \(dropped) more actions" : ""
    return
      "rules \(name): \(boosts) boosts, \(penalties) penalties\(more); \(changed) detections changed"
  }
}
