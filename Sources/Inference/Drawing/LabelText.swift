import Foundation
import ObjectDetection

/// Which way rules moved a detection's confidence.
enum ConfidenceChange: Hashable {
  case boost, penalty

  /// nil for a detection that rules left, or brought back to, what it was; `before` is nil without rules.
  init?(from before: Float?, to after: Float) {
    guard let before, before != after else { return nil }
    self = after > before ? .boost : .penalty
  }

  var arrow: String { self == .boost ? "↑" : "↓" }
}

/// The words on a detection's label: "ship 0.75", or "ship 0.60↑0.75" where rules changed it.
///
/// They are in pieces because the whole text of a change hardly repeats, and laying out a text takes as long as
/// drawing a box: of "ship 0.60" and "↑0.75" a picture has a few hundred.
struct LabelText {
  /// Side by side; empty where no label is wanted.
  let pieces: [String]

  init(_ detection: Detection, className: String, before: Float?, options: AnnotationOptions) {
    guard options.showsLabels || options.showsConfidence else {
      pieces = []
      return
    }
    let change = ConfidenceChange(from: before, to: detection.confidence)
    let name = options.showsLabels ? className : nil
    guard options.showsConfidence else {
      pieces = [[name, change?.arrow].compactMap(\.self).joined(separator: " ")]
      return
    }
    let first = change == nil ? nil : before
    let start = [name, Self.number(first ?? detection.confidence)].compactMap(\.self)
    pieces =
      [start.joined(separator: " ")]
      + (change.map { [$0.arrow + Self.number(detection.confidence)] } ?? [])
  }

  private static func number(_ confidence: Float) -> String {
    String(format: "%.2f", Double(confidence))
  }
}
