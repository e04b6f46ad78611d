import Synchronization
import TestSupport
import Testing

@testable import ObjectDetection

/// A picture of 80 x 56 pixels has six slices.
@Suite("DetectionPipeline: finished slices")
struct DetectionPipelineResumeTests {
  private typealias Samples = PipelineSamples

  private let image = Samples.coordinates(width: 80, height: 56)
  /// One box, whose confidence tells the slice: 0.25 + x / 256 + y / 128.
  private let detector = ScriptedDetector(model: Samples.model()) { call in
    let corner = Samples.corner(call)
    return Samples.yolov8([
      [16, 16, 8, 8, 0.25 + Float(corner.x) / 256 + Float(corner.y) / 128]
    ])
  }

  private func detect(
    resuming finished: [FinishedSlice] = [], checkpoints: SliceCheckpoints? = nil
  ) async throws -> ImageDetections {
    try await DetectionPipeline(detector: detector).detect(
      in: image, options: Samples.plainSlices, lane: Samples.lane, resuming: finished,
      checkpoints: checkpoints)
  }

  /// What the pipeline gives to be kept, `interval` slices at a time.
  private func kept(every interval: Int) async throws -> [[FinishedSlice]] {
    let kept = Mutex<[[FinishedSlice]]>([])
    _ = try await detect(
      checkpoints: SliceCheckpoints(every: interval) { slices in
        kept.withLock { $0.append(slices) }
      })
    return kept.withLock { $0.sorted { $0[0].index < $1[0].index } }
  }

  @Test("slices are kept so many at a time, each once, but for the last ones")
  func interval() async throws {
    #expect(try await kept(every: 2).map { $0.map(\.index).sorted() } == [[0, 1], [2, 3]])
    #expect(try await kept(every: 6).isEmpty)
  }

  @Test("finished slices are not inferred again, and the result is the same")
  func resume() async throws {
    let whole = try await detect()
    #expect(detector.startedCount == 6)
    let finished = try await kept(every: 2).flatMap(\.self)
    let before = detector.startedCount
    let resumed = try await detect(resuming: finished)
    #expect(detector.startedCount - before == 2)
    #expect(resumed.detections == whole.detections)
    #expect(resumed.regionCount == 6)
  }

  @Test("a slice that was kept twice, or that the image does not have, does no harm")
  func doubled() async throws {
    let finished = try await kept(every: 2).flatMap(\.self)
    let stray = FinishedSlice(
      index: 6, detections: finished[0].detections, reachedCap: false)
    let resumed = try await detect(resuming: finished + finished + [stray])
    #expect(resumed.detections == (try await detect()).detections)
  }

  @Test("when it is cancelled, what is done is kept")
  func cancelled() async throws {
    let (reached, continuation) = AsyncStream.makeStream(of: Void.self)
    let slow = ScriptedDetector(model: Samples.model()) { call in
      if call.number == 3 {
        continuation.yield()
        for await _ in AsyncStream<Never>.makeStream().stream {}
        throw CancellationError()
      }
      return Samples.yolov8([[16, 16, 8, 8, 0.5]])
    }
    let kept = Mutex<[Int]>([])
    let run = Task { [image] in
      try await DetectionPipeline(detector: slow).detect(
        in: image, options: Samples.plainSlices, lane: Samples.lane,
        checkpoints: SliceCheckpoints(every: 64) { slices in
          kept.withLock { $0 += slices.map(\.index) }
        })
    }
    for await _ in reached { break }
    try await eventually { slow.startedCount >= 4 }
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    #expect(kept.withLock { Set($0).isSuperset(of: [0, 1]) })
  }
}
