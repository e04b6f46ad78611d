import Foundation
import Jobs
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import App

/// Pictures of 9 x 9 slices: more than one checkpoint's.
@Suite("DetectionJob: going on where an attempt ended")
struct DetectionResumeTests {
  private static let side = 9 * 256

  /// The detections that a job finds when nothing disturbs it.
  private func undisturbed() async throws -> ImageDetections {
    let bench = try await DetectionBench(files: 1, side: Self.side)
    _ = try await bench.execute(try await bench.claim())
    return try await result(of: bench)
  }

  private func result(of bench: DetectionBench) async throws -> ImageDetections {
    let records = try await bench.store.records(of: bench.job.id)
    let key = try #require(records.first?.resultKey)
    return try DetectionsFile.decode(try await bench.blobs.bytes(key, limit: 1 << 20)).image
  }

  /// Runs an attempt until `stop` says so, then gives the job back.
  private func breakOff(
    _ bench: DetectionBench, _ stop: AsyncStream<Void>
  ) async throws {
    let claimed = try await bench.claim()
    let run = Task { try await bench.execute(claimed) }
    for await _ in stop { break }
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    try await bench.store.finish(claimed.claim, .released, now: startOfTests)
  }

  @Test("slices that a stopped attempt has done are not done again, and the result is the same")
  func resume() async throws {
    let (stop, continuation) = AsyncStream.makeStream(of: Void.self)
    let bench = try await DetectionBench(files: 1, side: Self.side) { call in
      // The first attempt stands still at its 71st slice.
      if call.number == 70 {
        continuation.yield()
        for await _ in AsyncStream<Never>.makeStream().stream {}
        throw CancellationError()
      }
      return DetectionBench.findings(call)
    }
    try await breakOff(bench, stop)
    let second = try await bench.claim()
    #expect(second.checkpoints.count == 2)
    let before = bench.detector.startedCount
    _ = try await bench.execute(second)
    // One stood still, and one more may have been in flight.
    #expect((9...12).contains(bench.detector.startedCount - before))
    let (found, expected) = (try await result(of: bench), try await undisturbed())
    #expect(found.detections == expected.detections)
    #expect(found.regionCount == expected.regionCount)
    #expect(found.detections.count == 81)
    let left = try bench.blobs.names("blobs").filter { $0.contains("slices") }
    #expect(left.isEmpty)
  }

  @Test("a checkpoint of another model is not used")
  func otherModel() async throws {
    let bench = try await DetectionBench(files: 1, side: Self.side)
    let first = try await bench.claim()
    let slice = FinishedSlice(index: 0, detections: [], reachedCap: false)
    var model = DetectionBench.model
    model.sha256 = "another"
    let file = bench.upload.files[0].id
    let key = "jobs/\(bench.job.id)/1/\(file).slices-0"
    try await bench.blobs.put(
      CheckpointFile.encode([slice], regionCount: 81, model: model), as: key)
    try await bench.store.keep(
      Checkpoint(fileID: file, key: key), by: first.claim, now: startOfTests)
    _ = try await bench.execute(try await bench.claim(at: startOfTests + 20))
    #expect(bench.detector.startedCount == 81)
  }

  @Test(
    "a checkpoint that is damaged or gone is done again",
    arguments: [[UInt8]?.none, [1, 2, 3]])
  func damaged(_ bytes: [UInt8]?) async throws {
    let bench = try await DetectionBench(files: 1)
    let first = try await bench.claim()
    let file = bench.upload.files[0].id
    let key = "jobs/\(bench.job.id)/1/\(file).slices-0"
    if let bytes { try await bench.blobs.put(bytes, as: key) }
    try await bench.store.keep(
      Checkpoint(fileID: file, key: key), by: first.claim, now: startOfTests)
    _ = try await bench.execute(try await bench.claim(at: startOfTests + 20))
    #expect(try await result(of: bench).detections.count == 4)
  }

  @Test("after a worker's death images are named, and done one after the other")
  func careful() async throws {
    let lanes = Mutex<[UInt64]>([])
    let bench = try await DetectionBench(files: 3) { call in
      lanes.withLock { $0.append(call.lane.id) }
      return DetectionBench.findings(call)
    }
    _ = try await bench.claim()
    let second = try await bench.claim(at: startOfTests + 20)
    _ = try await bench.execute(second)
    let attempts = try await bench.store.attempts(of: bench.job.id)
    #expect(attempts[0].fileInHand == nil)
    #expect(attempts[1].fileInHand == bench.upload.files[2].id)
    // Four slices each, none of one image between those of another.
    #expect(lanes.withLock { $0 } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
  }
}
