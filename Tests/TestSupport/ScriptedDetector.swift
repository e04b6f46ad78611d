public import ObjectDetection
import Synchronization

/// A detector without a model: a closure answers every inference from its input bytes.
///
/// It starts every call at once, so that `mostInFlight` shows how many its caller asked for.
public final class ScriptedDetector: Detector {
  /// One inference that was asked for.
  public struct Call: Sendable {
    /// Counts from 0 in the order of the calls.
    public var number: Int
    public var lane: ImageLane
    /// The input tensor, `[1, height, width, 3]` bytes RGB.
    public var input: [UInt8]
  }

  /// An output tensor, row-major.
  public struct Output: Sendable {
    public var values: [Float]
    public var shape: [Int]

    public init(_ values: [Float], shape: [Int]) {
      self.values = values
      self.shape = shape
    }
  }

  public typealias Script = @Sendable (Call) async throws -> Output

  private struct Counts {
    var started = 0
    var inFlight = 0
    var mostInFlight = 0
  }

  public let model: DetectionModel
  public let concurrency: Int
  private let script: Script
  private let counts = Mutex(Counts())

  /// How many inferences began.
  public var startedCount: Int { counts.withLock { $0.started } }
  /// How many overlapped at most.
  public var mostInFlight: Int { counts.withLock { $0.mostInFlight } }

  public init(model: DetectionModel, concurrency: Int = 1, script: @escaping Script) {
    self.model = model
    self.concurrency = concurrency
    self.script = script
  }

  public func infer<Result: Sendable>(
    for lane: ImageLane,
    fill: @Sendable (UnsafeMutableRawBufferPointer) -> Void,
    read: @Sendable (OutputTensor) throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let number = counts.withLock { counts in
      counts.started += 1
      counts.inFlight += 1
      counts.mostInFlight = max(counts.mostInFlight, counts.inFlight)
      return counts.started - 1
    }
    defer { counts.withLock { $0.inFlight -= 1 } }
    var input = [UInt8](repeating: 0, count: model.inputSize.width * model.inputSize.height * 3)
    input.withUnsafeMutableBytes { fill($0) }
    let output = try await script(Call(number: number, lane: lane, input: input))
    return try output.values.withUnsafeBufferPointer {
      try read(OutputTensor(values: $0, shape: output.shape))
    }
  }
}
