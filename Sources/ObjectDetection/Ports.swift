/// One image among those that share a detector; requests are handed out to images in turn.
public struct ImageLane: Sendable, Hashable {
  public let id: UInt64

  public init(id: UInt64) { self.id = id }
}

/// An output tensor while it may be read: 32-bit floats, row-major.
public struct OutputTensor {
  /// As the model's file calls it; empty where it has no name.
  public let name: String
  public let values: UnsafeBufferPointer<Float>
  public let shape: [Int]

  public init(name: String = "", values: UnsafeBufferPointer<Float>, shape: [Int]) {
    self.name = name
    self.values = values
    self.shape = shape
  }
}

/// All output tensors of one inference, in the order of the model's file, while they may be read.
public struct OutputTensors {
  public let tensors: [OutputTensor]

  public init(_ tensors: [OutputTensor]) { self.tensors = tensors }

  public var count: Int { tensors.count }
  public subscript(index: Int) -> OutputTensor { tensors[index] }
  /// nil where no output has that name.
  public subscript(name: String) -> OutputTensor? { tensors.first { $0.name == name } }
}

/// Runs a loaded model. Calls may overlap; at most `concurrency` of them run, the others wait in turn.
public protocol Detector: Sendable {
  var model: DetectionModel { get }
  /// How many inferences run at once.
  var concurrency: Int { get }

  /// Runs the model once.
  ///
  /// - Parameters:
  ///   - lane: the image that asks.
  ///   - fill: writes the input tensor, `[1, height, width, 3]` bytes RGB, or floats where the model's preparation takes
  ///     them, all of it.
  ///   - read: makes the result from the output tensors, which are not valid after it returns.
  /// - Throws: `DetectionError(.inferenceError)`, `CancellationError`, or what `read` throws.
  func infer<Result: Sendable>(
    for lane: ImageLane,
    fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void,
    read: @Sendable (OutputTensors) throws -> Result
  ) async throws -> Result
}

/// Bounds that an image must keep; checked from its header, before any pixel is decoded.
public struct ImageLimits: Sendable, Hashable {
  /// Pixels a side of the upright image.
  public var minSide: Int
  public var maxSide: Int
  public var maxBytes: Int

  /// The contract's limits: 64...8192 pixels a side, 50 MB.
  public init(minSide: Int = 64, maxSide: Int = 8192, maxBytes: Int = 52_428_800) {
    self.minSide = minSide
    self.maxSide = maxSide
    self.maxBytes = maxBytes
  }

  /// - Throws: `DetectionError(.fileTooLarge)`, whose message does not name the file.
  public func check(byteCount: Int) throws {
    guard byteCount <= maxBytes else {
      throw DetectionError(.fileTooLarge, "\(byteCount) bytes, the limit is \(maxBytes)")
    }
  }

  /// - Throws: `DetectionError(.invalidDimensions)`, whose message does not name the file.
  public func check(width: Int, height: Int) throws {
    guard [width, height].allSatisfy({ $0 >= minSide && $0 <= maxSide }) else {
      throw DetectionError(
        .invalidDimensions,
        "\(width)x\(height) pixels, allowed are \(minSide) to \(maxSide) a side")
    }
  }
}

/// Reads image files.
public protocol ImageDecoder: Sendable {
  /// Calls `body` with the upright 8-bit RGB image in the file at `path`, as soon as its header is read;
  /// rows arrive while `body` runs. Returns when both are done.
  ///
  /// - Throws: `DetectionError` with `.fileNotFound`, `.invalidFormat`, `.fileTooLarge`,
  ///   `.invalidDimensions` or `.corruptedFile`; `CancellationError`; what `body` throws.
  func withImage<Result: Sendable>(
    path: String, limits: ImageLimits, _ body: @Sendable (PixelBuffer) async throws -> Result
  ) async throws -> Result
}

extension ImageDecoder {
  /// The whole image.
  public func decode(path: String, limits: ImageLimits) async throws -> PixelBuffer {
    try await withImage(path: path, limits: limits) { image in
      try await image.waitForRows(image.height)
      return image
    }
  }
}

/// A model that can be used by its name.
public struct InstalledModel: Sendable, Equatable {
  public var name: String
  /// nil where only the engine can tell, when it loads the model.
  public var task: ModelTask?
  /// The model's own names by class id, before any map.
  public var classNames: [String]
  public var inputSize: PixelSize
  /// Lower-case hexadecimal.
  public var sha256: String
  public var sizeBytes: Int
  /// What its document says about classes and confidences, for those who say nothing.
  public var defaults: ClassSettings

  public init(
    name: String, task: ModelTask?, classNames: [String], inputSize: PixelSize, sha256: String,
    sizeBytes: Int, defaults: ClassSettings = ClassSettings()
  ) {
    self.name = name
    self.task = task
    self.classNames = classNames
    self.inputSize = inputSize
    self.sha256 = sha256
    self.sizeBytes = sizeBytes
    self.defaults = defaults
  }

  /// The names that results have unless their job says otherwise, by class id.
  public var labels: [String] { defaults.labels(of: classNames) }
}

/// Which models are installed.
public protocol ModelCatalog: Sendable {
  /// All that can be read, by name; damaged ones are left out.
  /// - Throws: `DetectionError(.modelNotFound)` when the models cannot be listed.
  func models() async throws -> [InstalledModel]

  /// - Throws: `DetectionError` with `.modelNotFound`, or `.modelLoadError` when its files are damaged.
  func model(named name: String) async throws -> InstalledModel
}

/// Models, loaded when they are first asked for.
public protocol DetectorSource: Sendable {
  /// - Throws: `DetectionError` with `.modelNotFound` or `.modelLoadError`.
  func detector(named name: String) async throws -> any Detector
}
