import ArgumentParser
import Foundation
import Inference
import ObjectDetection

/// What `--precision` asks for.
enum ImportPrecision: String, ExpressibleByArgument, CaseIterable {
  case f32, bf16, int8
  /// The fastest one that loses less than a stated agreement.
  case auto

  /// Those that are tried, beside f32.
  var candidates: [InferencePrecision] {
    switch self {
    case .f32: []
    case .bf16: [.bf16]
    case .int8: [.int8]
    case .auto: [.bf16, .int8]
    }
  }
}

/// A model at each precision: what it loses against f32, and how fast it is.
struct PrecisionComparison {
  struct Candidate {
    var precision: InferencePrecision
    /// The model's file; another one where it was quantized.
    var path: String
    var outcome: Outcome
  }

  enum Outcome {
    case measured(Figures)
    /// Why it cannot be used here.
    case unusable(String)
  }

  struct Figures {
    /// With f32, on the samples' slices.
    var agreement: BoxAgreement.Figures
    /// AP50 and AP50-95 with the labels that were given.
    var evaluation: EvaluationReport?
    /// Of one inference.
    var milliseconds: Double
  }

  /// f32 first.
  let candidates: [Candidate]
  /// What the chosen one must reach.
  let demandedAgreement: Double

  /// The one that was asked for, or for `auto` the fastest that agrees enough.
  ///
  /// - Throws: `DetectionError(.invalidConfig)` when the one that was asked for cannot be used, or agrees too little.
  func choose(_ wanted: ImportPrecision, isForced: Bool) throws -> Candidate {
    let first = candidates[0]
    guard wanted != .auto else {
      let usable = candidates.compactMap { candidate -> (candidate: Candidate, time: Double)? in
        guard case .measured(let figures) = candidate.outcome,
          figures.agreement.agreement >= demandedAgreement
        else { return nil }
        return (candidate, figures.milliseconds)
      }
      return usable.min { $0.time < $1.time }?.candidate ?? first
    }
    guard let chosen = candidates.first(where: { $0.precision.rawValue == wanted.rawValue }) else {
      return first
    }
    switch chosen.outcome {
    case .unusable(let reason):
      throw DetectionError(.invalidConfig, "--precision \(wanted.rawValue): \(reason)")
    case .measured(let figures):
      let agreement = figures.agreement.agreement
      guard agreement >= demandedAgreement || isForced else {
        throw DetectionError(
          .invalidConfig,
          String(
            format:
              "--precision %@ agrees with f32 on %.2f %% of the boxes, less than the %.2f %% of --agreement; "
              + "--force installs it all the same", wanted.rawValue, agreement * 100,
            demandedAgreement * 100))
      }
      return chosen
    }
  }

  /// For the terminal.
  var table: String {
    var table = TextTable([
      "precision", "agreement", "mean IoU", "box error", "AP50", "AP50-95", "ms", "speed",
    ])
    for candidate in candidates {
      guard case .measured(let figures) = candidate.outcome else { continue }
      table.add([
        candidate.precision.rawValue, String(format: "%.4f", figures.agreement.agreement),
        String(format: "%.4f", figures.agreement.meanIoU),
        String(format: "%.2f px", figures.agreement.maxBoxError),
        figures.evaluation.map { String(format: "%.4f", $0.ap50) } ?? "-",
        figures.evaluation.map { String(format: "%.4f", $0.ap5095) } ?? "-",
        String(format: "%.1f", figures.milliseconds),
        String(format: "%.2f x", speed(figures)),
      ])
    }
    let unusable = candidates.compactMap { candidate -> String? in
      guard case .unusable(let reason) = candidate.outcome else { return nil }
      return "\(candidate.precision.rawValue): \(reason)"
    }
    return ([table.text] + unusable).joined(separator: "\n")
  }

  /// Against f32, in the same run.
  private func speed(_ figures: Figures) -> Double {
    guard case .measured(let first) = candidates[0].outcome, figures.milliseconds > 0 else {
      return 1
    }
    return first.milliseconds / figures.milliseconds
  }

  /// For `NAME.json`.
  func provenance(_ chosen: Candidate) -> [String: Any] {
    let tried = candidates.map { candidate -> [String: Any] in
      var entry: [String: Any] = ["precision": candidate.precision.rawValue]
      switch candidate.outcome {
      case .unusable(let reason): entry["unusable"] = reason
      case .measured(let figures):
        entry["agreement"] = rounded(figures.agreement.agreement)
        entry["mean_iou"] = rounded(figures.agreement.meanIoU)
        entry["milliseconds"] = rounded(figures.milliseconds)
        entry["speed"] = rounded(speed(figures))
        if let evaluation = figures.evaluation {
          entry["ap50"] = rounded(evaluation.ap50)
          entry["ap50_95"] = rounded(evaluation.ap5095)
        }
      }
      return entry
    }
    return [
      "chosen": chosen.precision.rawValue, "demanded_agreement": rounded(demandedAgreement),
      "tried": tried,
    ]
  }
}
