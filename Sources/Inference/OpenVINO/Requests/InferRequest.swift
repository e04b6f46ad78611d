import COpenVINO
import ObjectDetection
import Synchronization

/// One infer request: its input tensor, and the continuation that its callback resumes.
///
/// `@unchecked Sendable` because the pool lends it to one task at a time, and OpenVINO's callback touches
/// only the continuation, under its lock.
final class InferRequest: @unchecked Sendable {
  private let runtime: OpenVINORuntime
  private let request: OpaquePointer
  private let inputTensor: OpaquePointer
  private let outputNames: [String]
  /// `[1, height, width, 3]` bytes, or floats where the model's preparation takes them.
  let input: UnsafeMutableRawBufferPointer
  /// OpenVINO keeps the pointer, so the structure lives as long as the request.
  private let callback: UnsafeMutablePointer<ov_callback_t>
  private let continuation = Mutex<CheckedContinuation<Void, any Error>?>(nil)

  /// - Parameter size: for models whose second input asks for the picture's size; boxes come in pixels of it.
  init(
    _ compiled: OpaquePointer, outputNames: [String], size: PixelSize?, in runtime: OpenVINORuntime
  ) throws {
    self.runtime = runtime
    self.outputNames = outputNames
    request = try runtime.create("create an infer request") {
      runtime.api.ov_compiled_model_create_infer_request(compiled, $0)
    }
    do {
      let request = request
      inputTensor = try runtime.create("get the input tensor") {
        runtime.api.ov_infer_request_get_input_tensor_by_index(request, 0, $0)
      }
      var data: UnsafeMutableRawPointer?
      var count = 0
      try runtime.check(
        runtime.api.ov_tensor_data(inputTensor, &data), "get the input tensor's memory")
      try runtime.check(
        runtime.api.ov_tensor_get_byte_size(inputTensor, &count), "get the input tensor's size")
      input = UnsafeMutableRawBufferPointer(start: data, count: count)
      if let size { try Self.write(size, into: request, runtime) }
    } catch {
      runtime.api.ov_infer_request_free(request)
      throw error
    }
    callback = .allocate(capacity: 1)
    callback.initialize(to: ov_callback_t())
    callback.pointee.args = Unmanaged.passUnretained(self).toOpaque()
    callback.pointee.callback_func = { pointer in
      guard let pointer else { return }
      Unmanaged<InferRequest>.fromOpaque(pointer).takeUnretainedValue().finish()
    }
    // The object is complete here: its deinit frees everything if this throws.
    try runtime.check(
      runtime.api.ov_infer_request_set_callback(request, callback), "set the request's callback")
  }

  /// Once: nothing else writes that tensor.
  private static func write(
    _ size: PixelSize, into request: OpaquePointer, _ runtime: OpenVINORuntime
  ) throws {
    let tensor = try runtime.create("get the tensor of sizes") {
      runtime.api.ov_infer_request_get_input_tensor_by_index(request, 1, $0)
    }
    defer { runtime.api.ov_tensor_free(tensor) }
    var data: UnsafeMutableRawPointer?
    var count = 0
    try runtime.check(
      runtime.api.ov_tensor_data(tensor, &data), "get the memory of the tensor of sizes")
    try runtime.check(
      runtime.api.ov_tensor_get_byte_size(tensor, &count), "get the size of the tensor of sizes")
    let sides = [Int64(size.width), Int64(size.height)]
    guard count == 2 * MemoryLayout<Int64>.size, let data else {
      throw DetectionError(
        .modelLoadError, "the model's input of sizes has \(count) bytes, expected are two numbers")
    }
    data.initializeMemory(as: Int64.self, from: sides, count: sides.count)
  }

  deinit {
    runtime.api.ov_tensor_free(inputTensor)
    runtime.api.ov_infer_request_free(request)
    callback.deallocate()
  }

  /// Runs the model on `input` and suspends until it is done; always to the end, also when cancelled.
  func run() async throws {
    try await withCheckedThrowingContinuation { continuation in
      self.continuation.withLock { $0 = continuation }
      let status = runtime.api.ov_infer_request_start_async(request)
      if status != OK {
        take()?.resume(throwing: runtime.error(status, "start the inference", .inferenceError))
      }
    }
    // The callback carries no status; after it, waiting returns the result at once.
    try runtime.check(
      runtime.api.ov_infer_request_wait(request), "run the inference", .inferenceError)
  }

  private func finish() { take()?.resume() }

  private func take() -> CheckedContinuation<Void, any Error>? {
    continuation.withLock { continuation in
      defer { continuation = nil }
      return continuation
    }
  }

  /// Calls `body` with the output tensors of the last run.
  func withOutputs<Result>(_ body: (OutputTensors) throws -> Result) throws -> Result {
    var tensors: [OpaquePointer] = []
    defer { tensors.forEach(runtime.api.ov_tensor_free) }
    var outputs: [OutputTensor] = []
    for (index, name) in outputNames.enumerated() {
      let tensor = try runtime.create("get an output tensor", .inferenceError) {
        runtime.api.ov_infer_request_get_output_tensor_by_index(request, index, $0)
      }
      tensors.append(tensor)
      outputs.append(try output(tensor, name: name))
    }
    return try body(OutputTensors(outputs))
  }

  private func output(_ tensor: OpaquePointer, name: String) throws -> OutputTensor {
    var shape = ov_shape_t()
    try runtime.check(
      runtime.api.ov_tensor_get_shape(tensor, &shape), "get the output's shape", .inferenceError)
    defer { _ = runtime.api.ov_shape_free(&shape) }
    var data: UnsafeMutableRawPointer?
    try runtime.check(
      runtime.api.ov_tensor_data(tensor, &data), "get the output's memory", .inferenceError)
    let dimensions = (0..<Int(shape.rank)).map { Int(shape.dims[$0]) }
    let count = dimensions.reduce(1, *)
    let values = UnsafeBufferPointer(
      start: data?.assumingMemoryBound(to: Float.self), count: data == nil ? 0 : count)
    return OutputTensor(name: name, values: values, shape: dimensions)
  }
}
