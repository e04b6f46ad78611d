import App
import Foundation
import Jobs
import ObjectDetection

/// A model's rule and its report, for people.
struct ShadowText {
  private static let classLimit = 50
  private static let relabellingLimit = 10

  let text: String

  init(_ summary: ShadowSummary) {
    var parts = [Self.heading(summary)]
    if let report = summary.report { parts += Self.parts(of: report) }
    text = parts.joined(separator: "\n\n")
  }

  private static func heading(_ summary: ShadowSummary) -> String {
    guard let rule = summary.rule else { return "Nothing runs beside \(summary.name)." }
    let percent = String(format: "%g", rule.share * 100)
    let setter = rule.setBy.map { " by \($0)" } ?? ""
    var lines = [
      "\(rule.reference) runs beside \(percent) % of the jobs of \(summary.name); set"
        + " \(rule.setAt.formatted(.iso8601))\(setter)."
    ]
    switch (summary.base, summary.candidate) {
    case (let base?, let candidate?) where base == candidate:
      lines.append("Both are \(summary.name)@\(base) now, so nothing is tried.")
    case (_, nil): lines.append("There is no such version now, so nothing is tried.")
    default: break
    }
    return lines.joined(separator: "\n")
  }

  private static func parts(of report: ShadowReport) -> [String] {
    let versions = report.versions
    let counts =
      "\(versions.name)@\(versions.candidate) beside \(versions.name)@\(versions.base):"
      + " \(count(report.jobs, "job")) compared, \(report.failed) failed,"
      + " \(report.pending) waiting; \(count(report.comparison.images, "picture"))"
    var parts = [counts]
    if report.jobs > 0 { parts.append(table(of: report.comparison)) }
    let relabelled = report.comparison.sortedRelabellings.prefix(relabellingLimit).map {
      "\($0.relabelling.base) became \($0.relabelling.candidate): \($0.count)"
    }
    if !relabelled.isEmpty { parts.append(relabelled.joined(separator: "\n")) }
    let failures = report.sortedFailures.map {
      "The \($0.failure.side.rawValue) failed with \($0.failure.code): \($0.count)"
    }
    if !failures.isEmpty { parts.append(failures.joined(separator: "\n")) }
    if !report.worst.isEmpty { parts.append(worst(of: report)) }
    return parts
  }

  private static func count(_ number: Int, _ name: String) -> String {
    "\(number) \(name)\(number == 1 ? "" : "s")"
  }

  private static func table(of comparison: ModelComparison) -> String {
    var table = TextTable([
      "class", "boxes", "candidate", "both", "agreement", "IoU", "confidence",
    ])
    for (label, figures) in comparison.sortedClasses.prefix(classLimit) {
      table.add(row(label, figures))
    }
    table.add(row("all", comparison.figures))
    return table.text
  }

  private static func row(_ label: String, _ figures: ComparisonFigures) -> [String] {
    [
      label, "\(figures.baseBoxes)", "\(figures.candidateBoxes)", "\(figures.matched)",
      number(figures.agreement), number(figures.meanIoU),
      number(figures.meanConfidenceChange, "%+.3f"),
    ]
  }

  private static func number(_ value: Double?, _ format: String = "%.3f") -> String {
    value.map { String(format: format, $0) } ?? "-"
  }

  private static func worst(of report: ShadowReport) -> String {
    var table = TextTable(["least like each other", "shadow", "agreement"])
    for pair in report.worst {
      table.add([
        pair.baseJob.description, pair.shadowJob.description, number(pair.agreement),
      ])
    }
    return table.text
  }
}
