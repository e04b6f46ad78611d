import Foundation
import TestSupport
import Testing

@testable import App

@Suite("docs/metrics.md")
struct MetricsDocumentTests {
  private struct Row: Equatable, CustomTestStringConvertible {
    var name, type, labels, meaning: String
    var testDescription: String { "\(name) | \(type) | \(labels) | \(meaning)" }
  }

  @Test("it lists the metrics of the catalog, in its order and words, each with a unit")
  func rows() throws {
    let text = try String(contentsOfFile: Checkout.path("docs/metrics.md"), encoding: .utf8)
    var units: [String] = []
    let written: [Row] = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap {
      let cells = $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 5 else { return nil }
      units.append(cells[2])
      return Row(
        name: cells[0].replacing("`", with: ""), type: cells[1],
        labels: cells[3].replacing("`", with: ""), meaning: cells[4])
    }
    let expected = MetricCatalog.all.map { definition in
      Row(
        name: definition.name, type: definition.kind.name,
        labels: definition.labels.isEmpty ? "-" : definition.labels.joined(separator: ", "),
        meaning: definition.help)
    }
    #expect(written == expected)
    #expect(units.allSatisfy { !$0.isEmpty })
  }

  @Test("it names the buckets of every histogram")
  func buckets() throws {
    let text = try String(contentsOfFile: Checkout.path("docs/metrics.md"), encoding: .utf8)
    for definition in MetricCatalog.all {
      guard case .histogram(let bounds) = definition.kind else { continue }
      let list = bounds.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }
        .joined(separator: " ")
      let line = text.split(separator: "\n").first {
        $0.hasPrefix("- ") && $0.contains("`\(definition.name)`")
      }
      #expect(line?.hasSuffix(": \(list)") == true, "\(definition.name): \(list)")
    }
  }
}
