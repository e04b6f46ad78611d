public import NIOPosix
public import ObjectDetection

/// How a model is loaded.
public struct OpenVINOOptions: Sendable, Hashable {
  /// A device that OpenVINO knows: `CPU`, `GPU`, `AUTO` ...
  public var device: String
  /// nil leaves it to the model's document; where that says nothing, or what the device cannot do, it is f32.
  public var precision: InferencePrecision?
  /// Where compiled models are kept for the next start; nil keeps none.
  public var cacheDirectory: String?

  public init(
    device: String = "CPU", precision: InferencePrecision? = nil, cacheDirectory: String? = nil
  ) {
    self.device = device
    self.precision = precision
    self.cacheDirectory = cacheDirectory
  }
}

/// A model that OpenVINO runs: asynchronous, on as many infer requests as OpenVINO calls optimal.
public final class OpenVINODetector: Detector {
  public let model: DetectionModel
  public var concurrency: Int { pool.count }
  /// The one that it runs in.
  public var precision: InferencePrecision { compiled.precision.precision }
  /// For the operator, where that is not the one of the model's document.
  public var warning: String? { compiled.precision.warning }
  /// What was compiled, kept until the last request is gone.
  private let compiled: CompiledModel
  private let pool: InferRequestPool

  /// Loads and compiles on a thread of `threads`; takes about a second, less from the cache.
  ///
  /// - Throws: `DetectionError` with `.modelLoadError`, or `.invalidConfig` when the device or the model
  ///   cannot do what `options` ask.
  public static func load(
    _ file: ModelFile, options: OpenVINOOptions, runtime: OpenVINORuntime, threads: NIOThreadPool,
    use: InferRequestUse = InferRequestUse()
  ) async throws -> OpenVINODetector {
    try await threads.runIfActive {
      try OpenVINODetector(CompiledModel(file, options: options, runtime: runtime), use)
    }
  }

  private init(_ compiled: CompiledModel, _ use: InferRequestUse) throws {
    self.compiled = compiled
    model = compiled.model
    pool = InferRequestPool(try compiled.makeRequests(), use: use)
  }

  public func infer<Result: Sendable>(
    for lane: ImageLane, fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void,
    read: @Sendable (OutputTensors) throws -> Result
  ) async throws -> Result {
    try await withRequest(for: lane) { request in
      fill(request.input)
      try await request.run()
      return try request.withOutputs(read)
    }
  }

  /// Lends a request that nobody else uses meanwhile.
  func withRequest<Result: Sendable>(
    for lane: ImageLane, _ body: (InferRequest) async throws -> Result
  ) async throws -> Result {
    try await pool.withRequest(for: lane, body)
  }
}
