import COpenVINO
import Foundation
import ObjectDetection

/// A model after OpenVINO read, extended and compiled it. Every call here blocks.
///
/// `@unchecked Sendable` because nothing changes after the initializer, and a compiled model may create
/// requests from any thread.
final class CompiledModel: @unchecked Sendable {
  let model: DetectionModel
  let precision: PrecisionChoice
  private let runtime: OpenVINORuntime
  private let compiled: OpaquePointer
  private let outputNames: [String]
  /// Whether a second input asks for the picture's size.
  private let hasSizeInput: Bool

  init(_ file: ModelFile, options: OpenVINOOptions, runtime: OpenVINORuntime) throws {
    self.runtime = runtime
    precision = try Self.precision(file, options, runtime)
    let network = try Network(file, runtime)
    let signature = try network.signature()
    let interpretation = try file.interpretation(of: signature)
    outputNames = signature.outputNames
    hasSizeInput = signature.hasSizeInput
    let prepared = try network.withPixelsAsInput(
      signature, preparation: interpretation.layout.preparation)
    var compiling = options
    compiling.precision = precision.precision
    compiled = try Self.compile(prepared, file, compiling, runtime)
    model = DetectionModel(
      name: file.name, task: interpretation.task, classNames: interpretation.classNames,
      inputSize: interpretation.inputSize, layout: interpretation.layout,
      sha256: try file.sha256(), defaults: file.document.classSettings)
  }

  deinit { runtime.api.ov_compiled_model_free(compiled) }

  func makeRequests() throws -> [InferRequest] {
    var text: UnsafeMutablePointer<CChar>?
    try runtime.check(
      runtime.api.ov_compiled_model_get_property(
        compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS", &text), "ask for the number of requests")
    defer { if let text { runtime.api.ov_free(text) } }
    let optimal = text.flatMap { Int(String(cString: $0)) } ?? 1
    return try (0..<max(1, optimal)).map { _ in
      try InferRequest(
        compiled, outputNames: outputNames, size: hasSizeInput ? model.inputSize : nil, in: runtime)
    }
  }

  /// With the cache, and where that fails without it: the cache only saves time.
  private static func compile(
    _ network: Network, _ file: ModelFile, _ options: OpenVINOOptions, _ runtime: OpenVINORuntime
  ) throws -> OpaquePointer {
    guard let cache = options.cacheDirectory else {
      return try compile(network, file, options, cachedIn: nil, runtime)
    }
    do {
      return try CompiledModelCache(folder: cache).withFolder {
        try compile(network, file, options, cachedIn: $0, runtime)
      }
    } catch is DetectionError {
      return try compile(network, file, options, cachedIn: nil, runtime)
    }
  }

  private static func compile(
    _ network: Network, _ file: ModelFile, _ options: OpenVINOOptions, cachedIn folder: String?,
    _ runtime: OpenVINORuntime
  ) throws -> OpaquePointer {
    try runtime.create("compile the model \(file.path)") {
      network.compile(properties(options, cachedIn: folder), device: options.device, into: $0)
    }
  }

  /// The precision is always said: OpenVINO's own default is bf16 on processors that have it.
  private static func properties(
    _ options: OpenVINOOptions, cachedIn folder: String?
  ) -> [(String, String)] {
    var properties = [
      ("PERFORMANCE_HINT", "THROUGHPUT"),
      ("INFERENCE_PRECISION_HINT", (options.precision ?? .f32).hint),
    ]
    if let folder { properties.append(("CACHE_DIR", folder)) }
    return properties
  }

  private static func precision(
    _ file: ModelFile, _ options: OpenVINOOptions, _ runtime: OpenVINORuntime
  ) throws -> PrecisionChoice {
    // Virtual devices have no capabilities of their own.
    let isVirtual = ["AUTO", "HETERO", "MULTI", "BATCH"].contains {
      options.device == $0 || options.device.hasPrefix($0 + ":")
    }
    let devices = try runtime.devices()
    let isPlain = devices.contains {
      $0 == options.device || $0.hasPrefix(options.device + ".")
    }
    guard isPlain || isVirtual else {
      throw DetectionError(
        .invalidConfig,
        "there is no device \(options.device) here; there are: \(devices.joined(separator: ", "))")
    }
    return try PrecisionChoice(asked: options.precision, of: file, device: options.device) {
      isPlain ? try runtime.supports($0, on: options.device) : nil
    }
  }
}
