import Synchronization
import TestSupport
import Testing

@testable import ObjectDetection

@Suite("DetectionPipeline, many inferences at once")
struct DetectionPipelineConcurrencyTests {
  private typealias Samples = PipelineSamples

  /// 8 x 8 slices of 32 pixels.
  private let picture = Samples.coordinates(width: 256, height: 256)

  /// Boxes that depend on the slice, some of which its neighbours find too.
  private static func boxes(_ call: ScriptedDetector.Call) -> ScriptedDetector.Output {
    let corner = Samples.corner(call)
    var random = SeededGenerator(seed: UInt64(corner.x * 1000 + corner.y))
    return Samples.yolov8(
      (0..<12).map { _ in
        [
          .random(in: 0...32, using: &random), .random(in: 0...32, using: &random),
          .random(in: 4...24, using: &random), .random(in: 4...24, using: &random),
          Float(Int.random(in: 9...31, using: &random)) / 32,
        ]
      })
  }

  private func detections(
    seed: UInt64, concurrency: Int, options: DetectionOptions
  ) async throws -> [Detection] {
    let random = Mutex(SeededGenerator(seed: seed))
    let detector = ScriptedDetector(model: Samples.model(), concurrency: concurrency) { call in
      let turns = random.withLock { Int.random(in: 0...20, using: &$0) }
      for _ in 0..<turns { await Task.yield() }
      return Self.boxes(call)
    }
    return try await DetectionPipeline(detector: detector).detect(
      in: picture, options: options, lane: Samples.lane
    ).detections
  }

  @Test(
    "the order in which slices end changes nothing", arguments: MergeMethod.allCases,
    UInt64(1)...3)
  func completionOrder(method: MergeMethod, seed: UInt64) async throws {
    let options = DetectionOptions(
      merging: Merging(method: method),
      slicing: Slicing(width: 32, height: 32, overlapRatio: 0.25))
    let alone = try await detections(seed: 0, concurrency: 1, options: options)
    let together = try await detections(seed: seed, concurrency: 7, options: options)
    #expect(together == alone, "seed \(seed)")
    #expect(alone.count > 100)
  }

  @Test("no more than one slice waits for a free request", arguments: [1, 2, 5])
  func bound(concurrency: Int) async throws {
    let detector = ScriptedDetector(model: Samples.model(), concurrency: concurrency) { call in
      for _ in 0..<20 { await Task.yield() }
      return Self.boxes(call)
    }
    _ = try await DetectionPipeline(detector: detector).detect(
      in: picture, options: Samples.plainSlices, lane: Samples.lane)
    #expect(detector.startedCount == 64)
    #expect(detector.mostInFlight <= concurrency + 1)
    #expect(detector.mostInFlight >= 1)
  }

  @Test("progress counts every slice, up to the end")
  func progress() async throws {
    let detector = ScriptedDetector(model: Samples.model(), concurrency: 4, script: Self.boxes)
    var options = Samples.plainSlices
    options.slicing?.includesFullImage = true
    var calls: [SliceProgress] = []
    _ = try await DetectionPipeline(detector: detector).detect(
      in: picture, options: options, lane: Samples.lane
    ) { calls.append($0) }
    #expect(calls == (1...65).map { SliceProgress(finished: $0, total: 65) })
  }

  @Test("a cancelled run throws, and starts no inference afterwards", arguments: [1, 3])
  func cancellation(concurrency: Int) async throws {
    let (started, startedContinuation) = AsyncStream.makeStream(of: Void.self)
    let detector = ScriptedDetector(model: Samples.model(), concurrency: concurrency) { call in
      startedContinuation.yield()
      // Ends only when the task is cancelled.
      for await _ in AsyncStream<Never>.makeStream().stream {}
      return Self.boxes(call)
    }
    let picture = picture
    let run = Task {
      try await DetectionPipeline(detector: detector).detect(
        in: picture, options: Samples.plainSlices, lane: Samples.lane)
    }
    var starts = started.makeAsyncIterator()
    for _ in 0...concurrency { await starts.next() }
    #expect(detector.startedCount == concurrency + 1)
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    #expect(detector.startedCount == concurrency + 1)
  }

  @Test("a run that is cancelled before it begins infers nothing")
  func cancelledBefore() async {
    let detector = ScriptedDetector(model: Samples.model(), script: Self.boxes)
    let picture = picture
    let (gate, gateContinuation) = AsyncStream.makeStream(of: Never.self)
    let run = Task {
      for await _ in gate {}
      return try await DetectionPipeline(detector: detector).detect(
        in: picture, options: Samples.plainSlices, lane: Samples.lane)
    }
    run.cancel()
    gateContinuation.finish()
    await #expect(throws: CancellationError.self) { try await run.value }
    #expect(detector.startedCount == 0)
  }

  @Test("an inference that fails ends the run with its error", arguments: [1, 4])
  func errors(concurrency: Int) async {
    let detector = ScriptedDetector(model: Samples.model(), concurrency: concurrency) { call in
      guard call.number != 5 else { throw DetectionError(.inferenceError, "request 5 failed") }
      return Self.boxes(call)
    }
    let error = await #expect(throws: DetectionError.self) {
      try await DetectionPipeline(detector: detector).detect(
        in: picture, options: Samples.plainSlices, lane: Samples.lane)
    }
    #expect(error == DetectionError(.inferenceError, "request 5 failed"))
    #expect(detector.startedCount < 64)
  }

  @Test("an output of the wrong shape ends the run with an inference error")
  func wrongShape() async {
    let detector = ScriptedDetector(model: Samples.model()) { _ in
      ScriptedDetector.Output([1, 2, 3, 4, 5, 6], shape: [1, 6, 1])
    }
    let error = await #expect(throws: DetectionError.self) {
      try await DetectionPipeline(detector: detector).detect(
        in: picture, options: Samples.plainSlices, lane: Samples.lane)
    }
    #expect(error?.code == .inferenceError)
    #expect(error?.message.contains("[1, 6, 1]") == true)
  }

  @Test("two images through one detector do not mix")
  func twoImages() async throws {
    let detector = ScriptedDetector(model: Samples.model(), concurrency: 2) { call in
      await Task.yield()
      return Samples.yolov8([[16, 16, 8, 8, call.lane.id == 1 ? 0.5 : 0.75]])
    }
    let pipeline = DetectionPipeline(detector: detector)
    async let first = pipeline.detect(
      in: picture, options: Samples.plainSlices, lane: ImageLane(id: 1))
    async let second = pipeline.detect(
      in: picture, options: Samples.plainSlices, lane: ImageLane(id: 2))
    let (one, two) = try await (first, second)
    #expect(Set(one.detections.map(\.confidence)) == [0.5])
    #expect(Set(two.detections.map(\.confidence)) == [0.75])
    #expect(one.detections.map(\.box) == two.detections.map(\.box))
  }
}
