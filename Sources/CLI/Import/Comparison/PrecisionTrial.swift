import Foundation
import Inference
import ObjectDetection

/// Runs a model at other precisions and compares them with f32: boxes on the samples' slices, average precision
/// where labels are there, and speed, all in child processes of one run.
struct PrecisionTrial {
  /// Long enough that a busy moment of the machine does not decide.
  private static let measuredSeconds = 6.0

  let probe: ModelProbeProcess
  let conversion: ModelConversion
  let samples: ImportSamples
  /// Folder of label files; nil for none.
  let labels: String?
  let timeLimit: Duration
  let say: (String) -> Void

  /// - Parameters:
  ///   - model: the one in f32.
  ///   - quantizedFolder: an empty one, where the quantized model will be.
  func compare(
    _ model: String, task: String, _ precisions: [InferencePrecision],
    demandedAgreement: Double, quantizedFolder: String
  ) async throws -> PrecisionComparison {
    say("Measuring f32 ...")
    let first = try await run(model, .f32)
    var candidates = [
      PrecisionComparison.Candidate(
        precision: .f32, path: model, outcome: .measured(try figures(first, against: first)))
    ]
    for precision in precisions {
      var path = model
      do {
        if precision == .int8 {
          path = try await quantized(model, task: task, layout: first.layout, in: quantizedFolder)
        }
        say("Measuring \(precision.rawValue) ...")
        let result = try await run(path, precision)
        candidates.append(
          PrecisionComparison.Candidate(
            precision: precision, path: path,
            outcome: .measured(try figures(result, against: first))))
      } catch let error as DetectionError {
        candidates.append(
          PrecisionComparison.Candidate(
            precision: precision, path: path, outcome: .unusable(error.description)))
      }
    }
    return PrecisionComparison(candidates: candidates, demandedAgreement: demandedAgreement)
  }

  /// A model that is quantized already stays as it is.
  private func quantized(
    _ model: String, task: String, layout: String, in folder: String
  ) async throws -> String {
    if try ModelFile(path: model).isQuantized { return model }
    say("Quantizing to int8 with \(samples.calibration.count) pictures ...")
    if samples.areBuiltIn {
      say("  (Harrier's own: name pictures like those of the model's work with --samples)")
    }
    _ = try await conversion.quantize(
      model, task: task, layout: layout, images: samples.calibration, into: folder,
      timeLimit: timeLimit)
    return "\(folder)/model.xml"
  }

  private func run(_ model: String, _ precision: InferencePrecision) async throws -> ProbeResult {
    var request = ProbeRequest(model: model, precision: precision, samples: samples.compared)
    request.slices = true
    request.evaluation = labels != nil
    request.measuredSeconds = Self.measuredSeconds
    return try await probe.run(request)
  }

  private func figures(
    _ result: ProbeResult, against first: ProbeResult
  ) throws -> PrecisionComparison.Figures {
    let agreement = BoxAgreement(
      reference: try detections(first, \.slices), found: try detections(result, \.slices),
      threshold: DetectionOptions().confidenceThreshold)
    return PrecisionComparison.Figures(
      agreement: agreement.total, evaluation: try evaluation(of: result),
      milliseconds: result.milliseconds ?? 0)
  }

  private func detections(
    _ result: ProbeResult, _ which: KeyPath<ProbeResult.Picture, [RecordedDetection]?>
  ) throws -> [[Detection]] {
    try result.pictures.map { try ($0[keyPath: which] ?? []).map { try $0.detection() } }
  }

  private func evaluation(of result: ProbeResult) throws -> EvaluationReport? {
    guard let labels else { return nil }
    let found = try detections(result, \.evaluation)
    let images = try zip(samples.compared, zip(result.pictures, found)).compactMap {
      sample, result -> EvaluationImage? in
      let (picture, detections) = result
      let truths = try CLI.labels(
        of: (sample as NSString).lastPathComponent, in: labels, width: picture.width,
        height: picture.height)
      return truths.map { EvaluationImage(truths: $0, detections: detections) }
    }
    guard !images.isEmpty else {
      throw DetectionError(.invalidConfig, "--labels: \(labels) has no label file for any sample")
    }
    return EvaluationReport(images)
  }
}
