import Foundation
import ObjectDetection

/// The original beside the import, picture by picture.
struct ParityReport {
  /// Rounding of 32-bit floats in another order moves boxes by hundredths of a pixel; a wrong letterbox, channel order
  /// or head moves them by pixels.
  static let maxBoxError = 0.5
  /// Large boxes of badly scaled models are rounded more: then their overlap counts.
  static let sufficientIoU = 0.98
  static let maxScoreError = 0.01
  /// A pixel around a small object is a tenth of it; masks of other prototypes have nothing in common.
  static let sufficientMaskIoU = 0.9

  enum Verdict: Equatable {
    case same
    /// What is not the same.
    case differs(String)
    /// Why nothing is proved.
    case unproven(String)

    var text: String {
      switch self {
      case .same: "same"
      case .differs(let what): "it differs from its original: \(what)"
      case .unproven(let why): "it is not proved to be like its original: \(why)"
      }
    }
  }

  let agreement: BoxAgreement
  /// The threshold of both.
  let confidence: Float
  private let samples: [String]

  init(
    samples: [String], reference: [[Detection]], found: [[Detection]], confidence: Float
  ) {
    self.samples = samples
    self.confidence = confidence
    agreement = BoxAgreement(reference: reference, found: found, threshold: confidence)
  }

  var verdict: Verdict {
    let total = agreement.total
    guard total.referenceBoxes + total.foundBoxes > 0 else {
      return .unproven(
        "the original finds nothing on the samples; name pictures like its own with --samples")
    }
    if total.missing + total.extra > 0 {
      return .differs("\(total.missing) boxes are missing, \(total.extra) are only in the import")
    }
    if total.maxBoxError > Self.maxBoxError, total.minIoU < Self.sufficientIoU {
      return .differs(String(format: "boxes are off by up to %.2f pixels", total.maxBoxError))
    }
    if total.maxScoreError > Self.maxScoreError {
      return .differs(String(format: "confidences are off by up to %.4f", total.maxScoreError))
    }
    if let overlap = total.minMaskIoU, overlap < Self.sufficientMaskIoU {
      return .differs(String(format: "a mask has only an IoU of %.3f with the original's", overlap))
    }
    guard total.matched > 0 else {
      return .unproven(
        "no box of the original is clearly above the threshold; name other pictures with --samples")
    }
    return .same
  }

  /// For the terminal.
  var table: String {
    var table = TextTable(
      [
        "picture", "original", "import", "same", "missing", "extra", "box error", "score error",
      ] + (hasMasks ? ["least mask IoU"] : []))
    for (sample, figures) in zip(samples, agreement.images) {
      table.add(row((sample as NSString).lastPathComponent, figures))
    }
    table.add(row("all", agreement.total))
    return table.text
  }

  private func row(_ name: String, _ figures: BoxAgreement.Figures) -> [String] {
    [
      name, "\(figures.referenceBoxes)", "\(figures.foundBoxes)", "\(figures.matched)",
      "\(figures.missing)", "\(figures.extra)", String(format: "%.4f px", figures.maxBoxError),
      String(format: "%.5f", figures.maxScoreError),
    ] + (hasMasks ? [figures.minMaskIoU.map { String(format: "%.4f", $0) } ?? "-"] : [])
  }

  private var hasMasks: Bool { agreement.total.minMaskIoU != nil }

  /// For `NAME.json`.
  var provenance: [String: Any] {
    let total = agreement.total
    var figures: [String: Any] = [
      "verdict": verdict.text, "pictures": samples.count, "confidence": rounded(Double(confidence)),
      "original_boxes": total.referenceBoxes, "import_boxes": total.foundBoxes,
      "matched": total.matched, "missing": total.missing, "extra": total.extra,
      "max_box_error_pixels": rounded(total.maxBoxError), "mean_iou": rounded(total.meanIoU),
      "max_score_error": rounded(total.maxScoreError),
    ]
    if let overlap = total.minMaskIoU { figures["min_mask_iou"] = rounded(overlap) }
    return figures
  }
}

/// Six decimals: more are noise.
func rounded(_ number: Double) -> NSDecimalNumber {
  NSDecimalNumber(string: String(format: "%.6f", number))
}
