import App
import Foundation
import Inference
import ObjectDetection

/// The way of a model from somebody's file into a folder of models: converted, compared with the original, tried at
/// other precisions, installed.
struct ModelImport {
  /// What somebody may choose.
  struct Choices {
    var name: String?
    var samples: [String]
    /// Folder of YOLO label files of the samples; nil for none.
    var labels: String?
    var precision: ImportPrecision?
    /// Share of boxes that a precision must have in common with f32; 0...1.
    var agreement: Double
    /// nil for the model's own.
    var imageSize: PixelSize?
    /// Installs a model that differs from its original, or cannot be compared.
    var isForced: Bool
    var replaces: Bool
    var modelsFolder: String
    /// Of each child process.
    var timeLimit: Duration
  }

  let choices: Choices
  let conversion: ModelConversion
  let probe: ModelProbeProcess
  let workFolder: String
  /// Says what is being done.
  let say: (String) -> Void

  /// - Returns: what was installed, for people.
  /// - Throws: `DetectionError`; nothing is installed then.
  func run(_ source: ImportSource) async throws -> String {
    let name = choices.name ?? source.name
    let installation = try ModelInstallation(
      name: name, folder: choices.modelsFolder, replaces: choices.replaces)
    let samples = try ImportSamples(choices.samples)
    let converted = try await convert(source, samples)
    let parity = try await parity(of: converted, samples)
    if let table = parity.report?.table { print(table) }
    try judge(parity, source)
    var provenance = try provenance(of: source, converted.result)
    provenance["parity"] = parity.report?.provenance ?? ["verdict": parity.verdict.text]
    var document = try kept(source, installation)
    provenance["version"] = try installation.previousDocument.version + 1
    provenance["name"] = name
    var model = converted.path
    if let wanted = choices.precision {
      let comparison = try await precisions(wanted, converted, samples)
      print(comparison.table)
      let chosen = try comparison.choose(wanted, isForced: choices.isForced)
      model = chosen.path
      document["precision"] = chosen.precision.rawValue
      provenance["precision"] = comparison.provenance(chosen)
    }
    document["provenance"] = provenance
    try installation.install(model, document: document)
    return summary(name, parity, document)
  }

  /// The model as Harrier reads it, and what the original finds.
  private struct Converted {
    var path: String
    var result: ConversionResult
  }

  private func convert(_ source: ImportSource, _ samples: ImportSamples) async throws -> Converted {
    let folder = try makeFolder("conversion")
    say(
      source.kind == .checkpoint
        ? "Exporting \(source.fileName) and running the original on \(samples.compared.count) pictures ..."
        : "Running the original \(source.fileName) on \(samples.compared.count) pictures ...")
    let result = try await conversion.convert(
      source.path, samples: samples.compared, imageSize: choices.imageSize,
      hints: try hints(source), into: folder, timeLimit: choices.timeLimit)
    let model: String
    if source.kind == .checkpoint {
      model = "\(folder)/model.onnx"
      guard FileManager.default.fileExists(atPath: model) else {
        throw DetectionError(.modelLoadError, "the conversion left no ONNX file")
      }
    } else {
      model = try copied(source)
    }
    return Converted(path: model, result: result)
  }

  /// What Harrier takes an ONNX or OpenVINO model for: the original is then read in the same way by other code.
  private func hints(_ source: ImportSource) throws -> ConversionHints? {
    guard source.kind != .checkpoint else { return nil }
    let file = try ModelFile(path: source.path)
    // Where even the number of channels is open, only the engine can tell.
    return file.signature.isClosed ? ConversionHints(try file.interpretation()) : nil
  }

  /// With the metadata and the document beside it, but without what changes classes and thresholds: the comparison
  /// is about the model alone.
  private func copied(_ source: ImportSource) throws -> String {
    let folder = try makeFolder("model")
    let stem = (source.fileName as NSString).deletingPathExtension
    let names =
      [source.fileName] + (source.kind == .openVINO ? ["\(stem).bin", "metadata.yaml"] : [])
    let files = FileManager.default
    for name in names where files.fileExists(atPath: "\(source.folder)/\(name)") {
      try files.copyItem(atPath: "\(source.folder)/\(name)", toPath: "\(folder)/\(name)")
    }
    var document = try ModelInstallation.document(besideModelAt: source.path).keys
    for key in Self.useKeys + ["precision"] { document[key] = nil }
    if !document.isEmpty {
      try JSONSerialization.data(withJSONObject: document)
        .write(to: URL(fileURLWithPath: "\(folder)/\(stem).json"))
    }
    return "\(folder)/\(source.fileName)"
  }

  private struct Parity {
    /// nil where there is no original to compare with.
    var report: ParityReport?
    var verdict: ParityReport.Verdict
  }

  private func parity(of converted: Converted, _ samples: ImportSamples) async throws -> Parity {
    guard let references = converted.result.reference, let confidence = converted.result.confidence
    else {
      // What cannot be compared must at least compile and run.
      _ = try await probe.run(
        ProbeRequest(model: converted.path, precision: .f32, samples: samples.compared))
      let reason = converted.result.whyNoReference ?? "the original cannot be run"
      return Parity(report: nil, verdict: .unproven(reason))
    }
    say("Running the import on the same pictures ...")
    var request = ProbeRequest(
      model: converted.path, precision: .f32, samples: references.map(\.sample))
    request.wholePictures = ProbeRequest.WholePictures(
      confidence: confidence, iou: 0.7, maxDetections: 300)
    let result = try await probe.run(request)
    try check(result, converted.result)
    let report = ParityReport(
      samples: references.map(\.sample),
      // Harrier leaves out what has nothing inside the picture; Ultralytics cuts it to a line at the border.
      reference: try references.map {
        try $0.detections.map { try $0.detection() }.filter { !$0.box.isEmpty }
      },
      found: try result.pictures.map { try ($0.whole ?? []).map { try $0.detection() } },
      confidence: confidence)
    return Parity(report: report, verdict: report.verdict)
  }

  /// What boxes alone would not show.
  private func check(_ result: ProbeResult, _ original: ConversionResult) throws {
    guard result.task == original.task else {
      throw DetectionError(
        .modelLoadError,
        "the original is a model for \(original.task), its import one for \(result.task)")
    }
    guard original.names.isEmpty || result.classNames == original.names else {
      throw DetectionError(
        .modelLoadError, "the import has other class names than the original",
        cause: "\(result.classNames.prefix(10)) instead of \(original.names.prefix(10))")
    }
  }

  private func judge(_ parity: Parity, _ source: ImportSource) throws {
    guard parity.verdict != .same, !choices.isForced else { return }
    throw DetectionError(
      .modelLoadError,
      "\(source.fileName) is not installed: \(parity.verdict.text); --force installs it all the same"
    )
  }

  private func precisions(
    _ wanted: ImportPrecision, _ converted: Converted, _ samples: ImportSamples
  ) async throws -> PrecisionComparison {
    try await PrecisionTrial(
      probe: probe, conversion: conversion, samples: samples, labels: choices.labels,
      timeLimit: choices.timeLimit, say: say
    ).compare(
      converted.path, task: converted.result.task, wanted.candidates,
      demandedAgreement: choices.agreement, quantizedFolder: try makeFolder("quantized"))
  }

  /// What a document says about the use of a model, whatever file it is.
  private static let useKeys = ["class_map", "class_thresholds", "confidence_threshold"]

  /// What stays of the document that is beside the source, or else of the one that is replaced: not what that said about
  /// a file that is gone, such as its class names.
  private func kept(
    _ source: ImportSource, _ installation: ModelInstallation
  ) throws -> [String: Any] {
    var keys =
      source.kind == .checkpoint
      ? [:] : try ModelInstallation.document(besideModelAt: source.path).keys
    if keys.isEmpty {
      keys = try installation.previousDocument.keys.filter { Self.useKeys.contains($0.key) }
    }
    keys["precision"] = nil
    return keys
  }

  private func provenance(
    of source: ImportSource, _ result: ConversionResult
  ) throws -> [String: Any] {
    var origin: [String: Any] = [
      "file": source.fileName, "sha256": try FileDigest.sha256(of: source.files),
      "kind": source.kind.rawValue,
    ]
    for (key, value) in result.source { origin[key] = origin[key] ?? value.plain }
    return [
      "source": origin, "exporter": result.exporter.mapValues(\.plain), "task": result.task,
      "classes": result.names, "input_size": result.inputSize,
      "imported_at": Date().ISO8601Format(), "imported_by": "harrier \(harrierVersion)",
    ]
  }

  private func summary(_ name: String, _ parity: Parity, _ document: [String: Any]) -> String {
    let proof =
      switch parity.verdict {
      case .same: "the same boxes as the original"
      case .differs(let what): "NOT the same as the original: \(what)"
      case .unproven(let why): "NOT compared with the original: \(why)"
      }
    let precision = (document["precision"] as? String).map { ", runs in \($0)" } ?? ""
    return """
      Installed \(name) in \(choices.modelsFolder): \(proof)\(precision).
      Try it: harrier detect PICTURE --model \(name) --annotate
      """
  }

  private func makeFolder(_ name: String) throws -> String {
    let folder = "\(workFolder)/\(name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    return folder
  }
}
