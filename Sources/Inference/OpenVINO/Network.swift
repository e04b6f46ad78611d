import COpenVINO
import Foundation
import ObjectDetection

/// A model that was read and not yet compiled.
final class Network {
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

  /// Gives open dimensions the size that the pictures are scaled to.
  private func fixShape(_ size: PixelSize, of file: ModelFile) throws {
    let signature = try signature()
    guard signature.inputs.contains(where: { $0.contains { $0 == nil } }) else { return }
    var wanted: [[Int64]] = [[1, 3, Int64(size.height), Int64(size.width)]]
    if signature.hasSizeInput { wanted.append([1, 2]) }
    var shapes: [ov_partial_shape_t] = []
    defer { for index in shapes.indices { runtime.api.ov_partial_shape_free(&shapes[index]) } }
    for dimensions in wanted {
      var shape = ov_partial_shape_t()
      try runtime.check(
        runtime.api.ov_partial_shape_create_static(Int64(dimensions.count), dimensions, &shape),
        "make an input shape")
      shapes.append(shape)
    }
    try runtime.check(
      runtime.api.ov_model_reshape_by_port_indexes(
        model, Array(shapes.indices), shapes, shapes.count),
      "give the model \(file.path) the input size \(size.width)x\(size.height)")
  }

  /// The tensors, with the shapes that OpenVINO computed.
  func signature() throws -> ModelSignature {
    var inputCount = 0
    var outputCount = 0
    try runtime.check(
      runtime.api.ov_model_inputs_size(model, &inputCount), "count the model's inputs")
    try runtime.check(
      runtime.api.ov_model_outputs_size(model, &outputCount), "count the model's outputs")
    let inputs = try (0..<inputCount).map { index in
      try port { runtime.api.ov_model_const_input_by_index(model, index, $0) }
    }
    let outputs = try (0..<outputCount).map { index in
      try port { runtime.api.ov_model_const_output_by_index(model, index, $0) }
    }
    return ModelSignature(
      inputs: inputs.map(\.shape), outputs: outputs.map(\.shape), inputNames: inputs.map(\.name),
      outputNames: outputs.map(\.name))
  }

  private func port(
    _ port: (UnsafeMutablePointer<OpaquePointer?>) -> ov_status_e
  ) throws -> (name: String, shape: ModelSignature.Shape) {
    let port = try runtime.create("get the model's tensors") { port($0) }
    defer { runtime.api.ov_output_const_port_free(port) }
    var shape = ov_partial_shape_t()
    try runtime.check(
      runtime.api.ov_port_get_partial_shape(port, &shape), "get a tensor's shape")
    defer { runtime.api.ov_partial_shape_free(&shape) }
    guard shape.rank.min == shape.rank.max, let dimensions = shape.dims else {
      return (name(of: port), [])
    }
    let sizes = (0..<Int(shape.rank.max)).map { index -> Int? in
      let dimension = dimensions[index]
      return dimension.min == dimension.max ? Int(dimension.max) : nil
    }
    return (name(of: port), sizes)
  }

  /// Empty for a tensor without a name, for which OpenVINO has only an error.
  private func name(of port: OpaquePointer) -> String {
    var text: UnsafeMutablePointer<CChar>?
    guard runtime.api.ov_port_get_any_name(port, &text) == OK, let text else { return "" }
    defer { runtime.api.ov_free(text) }
    return String(cString: text)
  }

  /// The same model with NHWC pixels (bytes, or floats) in and 32-bit floats out: layout, order and scale of the channels become part
  /// of the graph.
  func withPixelsAsInput(
    _ signature: ModelSignature, preparation: InputPreparation
  ) throws -> Network {
    let api = runtime.api
    let builder = try runtime.create("prepare the model's input") {
      api.ov_preprocess_prepostprocessor_create(model, $0)
    }
    defer { api.ov_preprocess_prepostprocessor_free(builder) }
    try describeInput(builder, preparation)
    if signature.hasSizeInput { try describeSizeInput(builder) }
    for index in signature.outputs.indices { try describeOutput(index, builder) }
    let built = try runtime.create("prepare the model") {
      api.ov_preprocess_prepostprocessor_build(builder, $0)
    }
    return Network(built, runtime)
  }

  private func describeInput(
    _ builder: OpaquePointer, _ preparation: InputPreparation
  ) throws {
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
    try runtime.check(
      api.ov_preprocess_input_tensor_info_set_element_type(
        tensor, preparation.takesFloats ? F32 : U8), action)
    try withLayout("NHWC") {
      try runtime.check(api.ov_preprocess_input_tensor_info_set_layout(tensor, $0), action)
    }

    let steps = try runtime.create(action) {
      api.ov_preprocess_input_info_get_preprocess_steps(input, $0)
    }
    defer { api.ov_preprocess_preprocess_steps_free(steps) }
    try addSteps(preparation, to: steps)

    let modelInfo = try runtime.create(action) {
      api.ov_preprocess_input_info_get_model_info(input, $0)
    }
    defer { api.ov_preprocess_input_model_info_free(modelInfo) }
    try withLayout("NCHW") {
      try runtime.check(api.ov_preprocess_input_model_info_set_layout(modelInfo, $0), action)
    }
  }

  /// Nothing that changes nothing: a division by 1 could still cost a rounding.
  private func addSteps(_ preparation: InputPreparation, to steps: OpaquePointer) throws {
    let api = runtime.api
    let action = "prepare the model's input"
    try runtime.check(api.ov_preprocess_preprocess_steps_convert_element_type(steps, F32), action)
    if preparation.divisor != 1 {
      try runtime.check(
        api.ov_preprocess_preprocess_steps_scale(steps, preparation.divisor), action)
    }
    if preparation.mean != [0, 0, 0] {
      try runtime.check(
        api.ov_preprocess_preprocess_steps_mean_multi_channels(steps, preparation.mean, 3), action)
    }
    if preparation.standardDeviation != [1, 1, 1] {
      try runtime.check(
        api.ov_preprocess_preprocess_steps_scale_multi_channels(
          steps, preparation.standardDeviation, 3), action)
    }
    if preparation.channelOrder == .bgr {
      try runtime.check(api.ov_preprocess_preprocess_steps_reverse_channels(steps), action)
    }
  }

  /// Width and height as 64-bit integers, whatever the model computes with.
  private func describeSizeInput(_ builder: OpaquePointer) throws {
    let api = runtime.api
    let action = "prepare the model's input of sizes"
    let input = try runtime.create(action) {
      api.ov_preprocess_prepostprocessor_get_input_info_by_index(builder, 1, $0)
    }
    defer { api.ov_preprocess_input_info_free(input) }
    let tensor = try runtime.create(action) {
      api.ov_preprocess_input_info_get_tensor_info(input, $0)
    }
    defer { api.ov_preprocess_input_tensor_info_free(tensor) }
    try runtime.check(api.ov_preprocess_input_tensor_info_set_element_type(tensor, I64), action)
  }

  private func describeOutput(_ index: Int, _ builder: OpaquePointer) throws {
    let api = runtime.api
    let action = "prepare the model's output"
    let output = try runtime.create(action) {
      api.ov_preprocess_prepostprocessor_get_output_info_by_index(builder, index, $0)
    }
    defer { api.ov_preprocess_output_info_free(output) }
    let tensor = try runtime.create(action) {
      api.ov_preprocess_output_info_get_tensor_info(output, $0)
    }
    defer { api.ov_preprocess_output_tensor_info_free(tensor) }
    try runtime.check(api.ov_preprocess_output_set_element_type(tensor, F32), action)
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
