public import ArgumentParser
import Foundation
import Inference
public import ObjectDetection
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
      quantized model. Default: what the model's document says, else f32.
      """)
  var precision: InferencePrecision?

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
    help: """
      Drop detections at or below this, 0...1. Default: what the model's document says, else 0.25; for \
      evaluate 0.001.
      """)
  var confidence: Float?

  @Option(
    name: .customLong("class-threshold"),
    help: ArgumentHelp(
      "The same for one class, by its name in results. Can be repeated.", valueName: "name=value"))
  var classThresholds: [ClassThresholdArgument] = []

  @Option(
    name: .customLong("class-map"),
    help: ArgumentHelp(
      """
      Call a class of the model by another name; classes of one name are one class. Can be repeated, and goes \
      in place of the map in the model's document.
      """, valueName: "old=new"))
  var classMap: [ClassMapArgument] = []

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
    for threshold in classThresholds {
      try require(threshold.value, in: 0...1, "--class-threshold")
    }
    try requireOnce(classThresholds.map(\.name), "--class-threshold")
    try requireOnce(classMap.map(\.name), "--class-map")
  }

  /// - Parameter defaultConfidence: goes before what the model's document says.
  /// - Throws: `DetectionError(.invalidConfig)` for a class that the model does not have.
  func options(
    for model: DetectionModel, defaultConfidence: Float? = nil
  ) throws -> DetectionOptions {
    let settings = try classSettings(for: model, defaultConfidence: defaultConfidence)
    let labels = settings.labels(of: model.classNames)
    var options = DetectionOptions(
      merging: Merging(metric: metric, threshold: iou, isClassAgnostic: classAgnostic),
      slicing: slice.slicing(overlap: overlap, fullImage: fullImage),
      sliceSuppression: NonMaximumSuppression(
        iouThreshold: sliceIou, maxDetections: sliceMaxDetections,
        isClassAgnostic: classAgnostic),
      classes: try classIDs(among: labels, of: model, settings), maxDetections: maxDetections)
    options.apply(settings, classNames: model.classNames)
    options.merging.method =
      merge
      ?? Merging.standardMethod(
        confidenceThreshold: options.lowestThreshold(of: labels.count))
    return options
  }

  private func classSettings(
    for model: DetectionModel, defaultConfidence: Float?
  ) throws -> ClassSettings {
    let own = ClassSettings(
      confidenceThreshold: (confidence ?? defaultConfidence).map(Double.init),
      classMap: classMap.isEmpty
        ? nil : Dictionary(classMap.map { ($0.name, $0.label) }, uniquingKeysWith: { $1 }),
      classThresholds: Dictionary(
        classThresholds.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }))
    let settings = own.over(model.defaults, classNames: model.classNames)
    guard let problem = settings.problems(for: model.classNames).first else { return settings }
    let option = problem.field == .classMap ? "--class-map" : "--class-threshold"
    let suggestion = problem.suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
    throw DetectionError(
      .invalidConfig,
      "\(option): the model \(model.name) has no class \"\(problem.name)\"\(suggestion)")
  }

  private func classIDs(
    among labels: [String], of model: DetectionModel, _ settings: ClassSettings
  ) throws -> Set<Int>? {
    guard let classes else { return nil }
    return try Set(
      classes.split(separator: ",").map { word in
        let name = word.trimmingCharacters(in: .whitespaces)
        if let id = labels.firstIndex(of: name) { return id }
        if let id = Int(name), labels.indices.contains(id) { return id }
        let renamed = settings.classMap?[name].map { " any more: it is \"\($0)\"" }
        throw DetectionError(
          .invalidConfig,
          "--classes: the model \(model.name) has no class \"\(name)\""
            + (renamed ?? " but \(labels.joined(separator: ", "))"))
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

private func requireOnce(_ names: [String], _ option: String) throws {
  var seen: Set<String> = []
  for name in names where !seen.insert(name).inserted {
    throw ValidationError("\(option) names \(name) twice")
  }
}
