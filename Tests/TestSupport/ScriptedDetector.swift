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

  /// An output tensor, row-major, and those that follow it.
  public struct Output: Sendable {
    public var name: String
    public var values: [Float]
    public var shape: [Int]
    /// The model's other outputs, in their order.
    public var others: [Output]

    public init(
      _ values: [Float], shape: [Int], name: String = "output0", others: [Output] = []
    ) {
      self.name = name
      self.values = values
      self.shape = shape
      self.others = others
    }

    /// Calls `body` with the tensors before this one, this one, and the others.
    fileprivate func withTensors<Result>(
      after tensors: [OutputTensor] = [], _ body: (OutputTensors) throws -> Result
    ) throws -> Result {
      try values.withUnsafeBufferPointer { values in
        let tensors = tensors + [OutputTensor(name: name, values: values, shape: shape)]
        guard var next = others.first else { return try body(OutputTensors(tensors)) }
        next.others = next.others + others.dropFirst()
        return try next.withTensors(after: tensors, body)
      }
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
    read: @Sendable (OutputTensors) throws -> Result
  ) async throws -> Result {
    try Task.checkCancellation()
    let number = counts.withLock { counts in
      counts.started += 1
      counts.inFlight += 1
      counts.mostInFlight = max(counts.mostInFlight, counts.inFlight)
      return counts.started - 1
    }
    defer { counts.withLock { $0.inFlight -= 1 } }
    let bytesPerValue = model.preparation.takesFloats ? MemoryLayout<Float>.size : 1
    var input = [UInt8](
      repeating: 0,
      count: model.inputSize.width * model.inputSize.height * 3 * bytesPerValue)
    input.withUnsafeMutableBytes { fill($0) }
    let output = try await script(Call(number: number, lane: lane, input: input))
    return try output.withTensors(read)
  }
}
