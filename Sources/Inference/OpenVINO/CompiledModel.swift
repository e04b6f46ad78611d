import COpenVINO
import Foundation
import ObjectDetection

/// A model after OpenVINO read, extended and compiled it. Every call here blocks.
///
/// `@unchecked Sendable` because nothing changes after the initializer, and a compiled model may create
/// requests from any thread.
final class CompiledModel: @unchecked Sendable {
  let model: DetectionModel
  private let runtime: OpenVINORuntime
  private let compiled: OpaquePointer

  init(_ file: ModelFile, options: OpenVINOOptions, runtime: OpenVINORuntime) throws {
    self.runtime = runtime
    try Self.checkPrecision(file, options, runtime)
    let network = try Network(file, runtime)
    let interpretation = try network.interpretation(file)
    let prepared = try network.withPixelsAsInput()
    compiled = try Self.compile(prepared, file, options, runtime)
    model = DetectionModel(
      name: file.name, task: interpretation.task, classNames: interpretation.classNames,
      inputSize: interpretation.inputSize, layout: interpretation.layout,
      sha256: try file.sha256())
  }

  deinit { runtime.api.ov_compiled_model_free(compiled) }

  func makeRequests() throws -> [InferRequest] {
    var text: UnsafeMutablePointer<CChar>?
    try runtime.check(
      runtime.api.ov_compiled_model_get_property(
        compiled, "OPTIMAL_NUMBER_OF_INFER_REQUESTS", &text), "ask for the number of requests")
    defer { if let text { runtime.api.ov_free(text) } }
    let optimal = text.flatMap { Int(String(cString: $0)) } ?? 1
    return try (0..<max(1, optimal)).map { _ in try InferRequest(compiled, in: runtime) }
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
      ("INFERENCE_PRECISION_HINT", options.precision.hint),
    ]
    if let folder { properties.append(("CACHE_DIR", folder)) }
    return properties
  }

  private static func checkPrecision(
    _ file: ModelFile, _ options: OpenVINOOptions, _ runtime: OpenVINORuntime
  ) throws {
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
    if isPlain, !(try runtime.supports(options.precision, on: options.device)) {
      throw DetectionError(
        .invalidConfig,
        "this \(options.device) cannot run the precision \(options.precision.rawValue)")
    }
    if options.precision == .int8, !file.isQuantized {
      throw DetectionError(
        .invalidConfig,
        "the model \(file.name) is not quantized, so the precision int8 would change nothing; "
          + "export it with int8=True")
    }
  }
}

/// A model that was read and not yet compiled.
private final class Network {
  private let runtime: OpenVINORuntime
  private let model: OpaquePointer

  init(_ file: ModelFile, _ runtime: OpenVINORuntime) throws {
    self.runtime = runtime
    let size = try file.inputSize()
    model = try runtime.create("read the model \(file.path)") {
      runtime.api.ov_core_read_model(runtime.core, file.path, nil, $0)
    }
    try fixShape(size, of: file)
  }

  private init(_ model: OpaquePointer, _ runtime: OpenVINORuntime) {
    self.model = model
    self.runtime = runtime
  }

  deinit { runtime.api.ov_model_free(model) }

  /// Task, classes and layout from the shapes that OpenVINO computed.
  func interpretation(_ file: ModelFile) throws -> ModelInterpretation {
    try file.interpretation(of: signature())
  }

  /// Gives open dimensions the size that the pictures are letterboxed to.
  private func fixShape(_ size: PixelSize, of file: ModelFile) throws {
    guard let input = try signature().inputs.first, input.contains(where: { $0 == nil }) else {
      return
    }
    let dimensions: [Int64] = [1, 3, Int64(size.height), Int64(size.width)]
    var shape = ov_partial_shape_t()
    try runtime.check(
      runtime.api.ov_partial_shape_create_static(4, dimensions, &shape), "make an input shape")
    defer { runtime.api.ov_partial_shape_free(&shape) }
    try runtime.check(
      runtime.api.ov_model_reshape_single_input(model, shape),
      "give the model \(file.path) the input size \(size.width)x\(size.height)")
  }

  private func signature() throws -> ModelSignature {
    var inputCount = 0
    var outputCount = 0
    try runtime.check(
      runtime.api.ov_model_inputs_size(model, &inputCount), "count the model's inputs")
    try runtime.check(
      runtime.api.ov_model_outputs_size(model, &outputCount), "count the model's outputs")
    return ModelSignature(
      inputs: try (0..<inputCount).map { index in
        try shape { runtime.api.ov_model_const_input_by_index(model, index, $0) }
      },
      outputs: try (0..<outputCount).map { index in
        try shape { runtime.api.ov_model_const_output_by_index(model, index, $0) }
      })
  }

  private func shape(
    _ port: (UnsafeMutablePointer<OpaquePointer?>) -> ov_status_e
  ) throws -> ModelSignature.Shape {
    let port = try runtime.create("get the model's tensors") { port($0) }
    defer { runtime.api.ov_output_const_port_free(port) }
    var shape = ov_partial_shape_t()
    try runtime.check(
      runtime.api.ov_port_get_partial_shape(port, &shape), "get a tensor's shape")
    defer { runtime.api.ov_partial_shape_free(&shape) }
    guard shape.rank.min == shape.rank.max, let dimensions = shape.dims else { return [] }
    return (0..<Int(shape.rank.max)).map { index in
      let dimension = dimensions[index]
      return dimension.min == dimension.max ? Int(dimension.max) : nil
    }
  }

  /// The same model with u8 NHWC pixels in and 32-bit floats out: layout and scale become part of the graph.
  func withPixelsAsInput() throws -> Network {
    let api = runtime.api
    let builder = try runtime.create("prepare the model's input") {
      api.ov_preprocess_prepostprocessor_create(model, $0)
    }
    defer { api.ov_preprocess_prepostprocessor_free(builder) }
    try describeInput(builder)
    let output = try runtime.create("prepare the model's output") {
      api.ov_preprocess_prepostprocessor_get_output_info_by_index(builder, 0, $0)
    }
    defer { api.ov_preprocess_output_info_free(output) }
    let tensor = try runtime.create("prepare the model's output") {
      api.ov_preprocess_output_info_get_tensor_info(output, $0)
    }
    defer { api.ov_preprocess_output_tensor_info_free(tensor) }
    try runtime.check(
      api.ov_preprocess_output_set_element_type(tensor, F32), "prepare the model's output")
    let built = try runtime.create("prepare the model") {
      api.ov_preprocess_prepostprocessor_build(builder, $0)
    }
    return Network(built, runtime)
  }

  private func describeInput(_ builder: OpaquePointer) throws {
    let api = runtime.api
    let action = "prepare the model's input"
    let input = try runtime.create(action) {
      api.ov_preprocess_prepostprocessor_get_input_info_by_index(builder, 0, $0)
    }
    defer { api.ov_preprocess_input_info_free(input) }

    let tensor = try runtime.create(action) {
      api.ov_preprocess_input_info_get_tensor_info(input, $0)
    }
    defer { api.ov_preprocess_input_tensor_info_free(tensor) }
    try runtime.check(api.ov_preprocess_input_tensor_info_set_element_type(tensor, U8), action)
    try withLayout("NHWC") {
      try runtime.check(api.ov_preprocess_input_tensor_info_set_layout(tensor, $0), action)
    }

    let steps = try runtime.create(action) {
      api.ov_preprocess_input_info_get_preprocess_steps(input, $0)
    }
    defer { api.ov_preprocess_preprocess_steps_free(steps) }
    try runtime.check(api.ov_preprocess_preprocess_steps_convert_element_type(steps, F32), action)
    try runtime.check(api.ov_preprocess_preprocess_steps_scale(steps, 255), action)

    let modelInfo = try runtime.create(action) {
      api.ov_preprocess_input_info_get_model_info(input, $0)
    }
    defer { api.ov_preprocess_input_model_info_free(modelInfo) }
    try withLayout("NCHW") {
      try runtime.check(api.ov_preprocess_input_model_info_set_layout(modelInfo, $0), action)
    }
  }

  private func withLayout(_ text: String, _ body: (OpaquePointer) throws -> Void) throws {
    let layout = try runtime.create("make a layout") { runtime.api.ov_layout_create(text, $0) }
    defer { runtime.api.ov_layout_free(layout) }
    try body(layout)
  }

  /// The non-variadic twin of `ov_core_compile_model`.
  func compile(
    _ properties: [(String, String)], device: String,
    into compiled: UnsafeMutablePointer<OpaquePointer?>
  ) -> ov_status_e {
    let keys = properties.map { strdup($0.0) }
    let values = properties.map { strdup($0.1) }
    defer { (keys + values).forEach { free($0) } }
    let pairs = zip(keys, values).map {
      ov_property_t(key: UnsafePointer($0), value: UnsafePointer($1))
    }
    return runtime.api.ov_core_compile_model_props(
      runtime.core, model, device, pairs.count, pairs, compiled)
  }
}
