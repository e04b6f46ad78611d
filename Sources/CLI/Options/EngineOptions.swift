public import ArgumentParser
import Foundation
public import Inference
public import ObjectDetection

extension InferencePrecision: ExpressibleByArgument {}
extension MergeMethod: ExpressibleByArgument {}
extension OverlapMetric: ExpressibleByArgument {}
extension ResultFormat: ExpressibleByArgument {}

/// Which model runs, and where.
struct EngineOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: "Name of an installed model, or path of an .onnx or .xml file.")
  var model = "tree-crowns"

  @Option(
    help: ArgumentHelp(
      "Folder of the models.",
      discussion: "Default: HARRIER_MODELS_DIR, else the folder Models of the installation.",
      valueName: "folder"))
  var modelsDir: String?

  @Option(help: "Device for OpenVINO: CPU, GPU, AUTO ...")
  var device = "CPU"

  @Option(
    help: """
      Arithmetic: f32 equals the reference; bf16 is faster and moves boxes a little; int8 needs a \
      quantized model.
      """)
  var precision = InferencePrecision.f32

  var folder: ModelFolder { ModelFolder(path: modelsDir ?? Installation.modelsDirectory) }

  var openVINO: OpenVINOOptions {
    OpenVINOOptions(
      device: device, precision: precision, cacheDirectory: Installation.compiledModels)
  }

  func modelFile() throws -> ModelFile {
    let isPath = model.contains("/") || model.hasSuffix(".onnx") || model.hasSuffix(".xml")
    return isPath ? try ModelFile(path: model) : try folder.model(named: model)
  }
}

/// How an image is looked at.
struct DetectionArguments: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: "Drop detections at or below this, 0...1. Default: 0.25, for evaluate 0.001.")
  var confidence: Float?

  @Option(help: "Overlap from which two boxes are one object, 0...1.")
  var iou = 0.45

  @Option(
    help: ArgumentHelp(
      "Slice size in pixels; off looks at the whole picture once.", valueName: "640|WxH|off"))
  var slice = SliceArgument.size(width: 640, height: 640)

  @Option(help: "Share of a slice that its neighbour covers too, 0...0.5.")
  var overlap = 0.2

  @Flag(inversion: .prefixedNo, help: "Look at the whole picture once more after its slices.")
  var fullImage = true

  @Option(
    help: """
      How boxes of neighbouring slices become one. Default: greedy_nmm, below a confidence of 0.1 nms, \
      as SAHI.
      """)
  var merge: MergeMethod?

  @Option(help: "Overlap measure: iou, or ios (intersection over the smaller box).")
  var metric = OverlapMetric.iou

  @Flag(help: "Let boxes of different classes merge.")
  var classAgnostic = false

  @Option(
    help: ArgumentHelp(
      "Class names or ids to keep, separated by commas. Default: all.", valueName: "names"))
  var classes: String?

  @Option(help: "At most this many detections a picture, 1...100000.")
  var maxDetections = 3000

  @Option(help: "Suppression inside a slice: IoU above which the weaker box goes, 0...1.")
  var sliceIou = 0.7

  @Option(help: "At most this many detections a slice, 1...100000.")
  var sliceMaxDetections = 300

  func validate() throws {
    if let confidence { try require(confidence, in: 0...1, "--confidence") }
    try require(iou, in: 0...1, "--iou")
    try require(sliceIou, in: 0...1, "--slice-iou")
    try require(overlap, in: 0...0.5, "--overlap")
    try require(maxDetections, in: 1...100_000, "--max-detections")
    try require(sliceMaxDetections, in: 1...100_000, "--slice-max-detections")
  }

  /// - Throws: `ValidationError` for a class that the model does not have.
  func options(
    for model: DetectionModel, defaultConfidence: Float = 0.25
  ) throws -> DetectionOptions {
    let confidence = confidence ?? defaultConfidence
    return DetectionOptions(
      confidenceThreshold: confidence,
      merging: Merging(
        method: merge ?? Merging.standardMethod(confidenceThreshold: confidence), metric: metric,
        threshold: iou, isClassAgnostic: classAgnostic),
      slicing: slice.slicing(overlap: overlap, fullImage: fullImage),
      sliceSuppression: NonMaximumSuppression(
        iouThreshold: sliceIou, maxDetections: sliceMaxDetections,
        isClassAgnostic: classAgnostic),
      classes: try classIDs(of: model), maxDetections: maxDetections)
  }

  private func classIDs(of model: DetectionModel) throws -> Set<Int>? {
    guard let classes else { return nil }
    return try Set(
      classes.split(separator: ",").map { word in
        let name = word.trimmingCharacters(in: .whitespaces)
        if let id = model.classNames.firstIndex(of: name) { return id }
        if let id = Int(name), model.classNames.indices.contains(id) { return id }
        let known = model.classNames.joined(separator: ", ")
        throw DetectionError(
          .invalidConfig, "--classes: the model \(model.name) has no class \"\(name)\" but \(known)"
        )
      })
  }
}

/// `640`, `1024x512` or `off`.
enum SliceArgument: ExpressibleByArgument {
  case size(width: Int, height: Int)
  case off

  /// A slice must hold something to see, and need not be larger than the largest picture.
  private static let sides = 64...8192

  init?(argument: String) {
    if argument == "off" {
      self = .off
      return
    }
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard let width = sides.first ?? nil, let height = sides.last ?? nil, sides.count <= 2,
      Self.sides.contains(width), Self.sides.contains(height)
    else { return nil }
    self = .size(width: width, height: height)
  }

  var defaultValueDescription: String {
    switch self {
    case .off: "off"
    case .size(let width, let height): width == height ? "\(width)" : "\(width)x\(height)"
    }
  }

  func slicing(overlap: Double, fullImage: Bool) -> Slicing? {
    guard case .size(let width, let height) = self else { return nil }
    return Slicing(
      width: width, height: height, overlapRatio: overlap, includesFullImage: fullImage)
  }
}

private func require<Number: Comparable>(
  _ value: Number, in range: ClosedRange<Number>, _ name: String
) throws {
  guard range.contains(value) else {
    throw ValidationError(
      "\(name) must be between \(range.lowerBound) and \(range.upperBound), not \(value)")
  }
}
