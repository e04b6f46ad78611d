import Foundation
import Jobs
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import App

@Suite("DetectionJob")
struct DetectionJobTests {
  private typealias Bench = DetectionBench

  private func object(_ json: String) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
  }

  @Test("each image's result, picture and thumbnail are kept under its own keys")
  func keys() async throws {
    let bench = try await Bench()
    let claimed = try await bench.claim()
    _ = try await bench.execute(claimed)
    let records = try await bench.store.records(of: bench.job.id)
    #expect(records.map(\.fileID) == bench.upload.files.map(\.id))
    for (index, record) in records.enumerated() {
      let prefix = "jobs/\(bench.job.id)/\(claimed.claim.token)/\(record.fileID)"
      #expect(record.resultKey == "\(prefix).detections")
      #expect(record.annotatedKey == "\(prefix).annotated")
      #expect(record.thumbnailKey == "\(prefix).thumbnail")
      #expect(record.detectionCount == 4)
      #expect(record.failure == nil)
      // Grey 64 is 0.25, grey 128 is 0.5: results of two images never swap.
      let grey: Float = index == 0 ? 0.25 : 0.5
      let result = try await bench.confidences("\(prefix).detections")
      #expect(result == [grey, grey, grey, grey])
      let picture = try await bench.blobs.bytes("\(prefix).annotated", limit: 100)
      #expect(String(decoding: picture, as: UTF8.self) == "4")
    }
    #expect(try bench.blobs.names("tmp") == [".folder"])
  }

  @Test(
    "of a picture that browsers do not show one without marks is kept too",
    arguments: [("TIFF", true), ("JPEG", false), ("PNG", false)])
  func plainPicture(format: String, isDrawn: Bool) async throws {
    let bench = try await Bench(files: 1, format: format)
    _ = try await bench.execute(try await bench.claim())
    let record = try #require(try await bench.store.records(of: bench.job.id).first)
    let key = try #require(record.plainKey)
    #expect(key.hasSuffix("/\(record.fileID).plain"))
    let stored = try await bench.blobs.open(key)
    #expect((stored != nil) == isDrawn)
    if isDrawn {
      let picture = try await bench.blobs.bytes(key, limit: 100)
      #expect(String(decoding: picture, as: UTF8.self) == "0")
    }
  }

  @Test("the summary counts all images")
  func summary() async throws {
    let bench = try await Bench()
    let summary = try object(try await bench.execute(try await bench.claim()))
    // Two images of four slices: four times 0.25 and four times 0.5.
    #expect(summary["total_detections"] as? Int == 8)
    #expect(summary["average_confidence"] as? Double == 0.375)
    #expect(summary["detections_by_class"] as? [String: Int] == ["tree": 8])
    #expect(summary["failed_images"] as? Int == 0)
    #expect(try #require(summary["processing_time_seconds"] as? Double) < 60)
  }

  @Test("the rules that a job was accepted with adjust, are drawn and are kept")
  func rules() async throws {
    // So large that each object is near all others.
    let bench = try await Bench(files: 1) {
      ScriptedDetector.Output([16, 16, 24, 24, Float($0.input[0]) / 256], shape: [1, 5, 1])
    }
    var configuration = try DetectionConfiguration(json: Bench.configuration())
    configuration.reasoner = RuleReasoner(
      RuleSetIdentity(name: "groves", sha256: "0a"),
      table: try RuleTable([ConfidenceModifier(first: "tree", second: "tree", weight: 1.5)]))
    let claimed = try await bench.claim().configured(configuration.json)
    _ = try await bench.execute(claimed)
    let record = try #require(try await bench.store.records(of: bench.job.id).first)
    let key = try #require(record.resultKey)
    // Each of four is in three pairs.
    #expect(try await bench.confidences(key) == Array(repeating: 0.25 * 1.5 * 1.5 * 1.5, count: 4))
    let stored = try DetectionsFile.decode(try await bench.blobs.bytes(key, limit: 1 << 20)).image
    #expect(stored.reasoning?.rules.name == "groves")
    #expect(stored.reasoning?.actions.count == 6)
    #expect(stored.reasoning?.confidencesBefore == [0: 0.25, 1: 0.25, 2: 0.25, 3: 0.25])
    let picture = try await bench.blobs.bytes(try #require(record.annotatedKey), limit: 100)
    #expect(String(decoding: picture, as: UTF8.self) == "4, 4 changed")
  }

  @Test("without detections there is no average")
  func nothingFound() async throws {
    let bench = try await Bench(files: 1) { _ in
      ScriptedDetector.Output([16, 16, 8, 8, 0], shape: [1, 5, 1])
    }
    let summary = try await bench.execute(try await bench.claim())
    #expect(summary.hasPrefix(#"{"total_detections":0,"processing_time_seconds":"#))
    #expect(summary.hasSuffix(#","detections_by_class":{},"failed_images":0}"#))
  }

  @Test("without visualization no picture is made")
  func withoutPictures() async throws {
    let bench = try await Bench(files: 1)
    let claimed = try await bench.claim().configured(Bench.configuration(annotates: false))
    _ = try await bench.execute(claimed)
    let record = try #require(try await bench.store.records(of: bench.job.id).first)
    #expect(record.annotatedKey == nil)
    #expect(record.thumbnailKey == nil)
    #expect(record.resultKey != nil)
  }

  @Test("an image that is damaged or gone has its failure recorded and stops no other")
  func badImages() async throws {
    let bench = try await Bench(files: 5)
    try await bench.blobs.put(Array("no number".utf8), as: bench.upload.files[1].blobKey)
    try await bench.blobs.delete([bench.upload.files[3].blobKey])
    let summary = try object(try await bench.execute(try await bench.claim()))
    let records = try await bench.store.records(of: bench.job.id)
    #expect(
      records.map(\.failure?.code) == [nil, "CORRUPTED_FILE", nil, "FILE_NOT_FOUND", nil])
    #expect(records[1].failure?.message == "image2.png: truncated or damaged")
    #expect(records[3].failure?.message == "image4.png: the stored file is gone")
    #expect(summary["failed_images"] as? Int == 2)
    #expect(summary["total_detections"] as? Int == 12)
    let progress = try #require(try await bench.store.job(bench.job.id)).progress
    #expect(progress.processedImages == 5)
    #expect(progress.failedImages == 2)
    #expect(progress.percentage == 100)
  }

  @Test("an attempt that follows a crash keeps what is recorded and does only the rest")
  func resume() async throws {
    let bench = try await Bench(files: 3)
    let first = try await bench.claim()
    let key = "jobs/\(bench.job.id)/\(first.claim.token)/earlier.detections"
    let found = ImageDetections(
      width: bench.side, height: bench.side,
      detections: [
        Detection(
          classID: 0, confidence: 0.75, box: BoundingBox(xMin: 0, yMin: 0, xMax: 1, yMax: 1))
      ], inference: .seconds(100))
    try await bench.blobs.put(DetectionsFile.encode(found, model: Bench.model), as: key)
    let earlier = ImageRecord(
      fileID: bench.upload.files[1].id, resultKey: key, detectionCount: 1)
    try await bench.store.record(earlier, by: first.claim, now: startOfTests)
    let second = try await bench.claim(at: startOfTests + 20)
    let summary = try object(try await bench.execute(second))
    #expect(bench.detector.startedCount == 8)
    #expect(try await bench.store.records(of: bench.job.id)[1] == earlier)
    // 4 x 0.25, 1 x 0.75, 4 x 0.75: image 3 has grey 192.
    #expect(summary["total_detections"] as? Int == 9)
    #expect(summary["average_confidence"] as? Double == 0.5278)
    // The earlier image's inference took 100 s.
    #expect(try #require(summary["processing_time_seconds"] as? Double) > 100)
  }

  @Test("the engine's failure on one image of several is that image's")
  func inferenceErrorOfOne() async throws {
    let bench = try await Bench { call in
      guard call.input[0] == 64 else { throw DetectionError(.inferenceError, "it failed") }
      return Bench.findings(call)
    }
    let summary = try object(try await bench.execute(try await bench.claim()))
    let records = try await bench.store.records(of: bench.job.id)
    #expect(records.map(\.failure?.code) == [nil, "INFERENCE_ERROR"])
    #expect(summary["failed_images"] as? Int == 1)
  }

  @Test("an engine that fails on every image fails the attempt, which may be tried again")
  func inferenceErrorOfAll() async throws {
    let bench = try await Bench { _ in throw DetectionError(.inferenceError, "it failed") }
    let claimed = try await bench.claim()
    let error = await #expect(throws: AttemptError.self) { try await bench.execute(claimed) }
    #expect(error?.isFinal == false)
    #expect(error?.failure.code == "INFERENCE_ERROR")
    #expect(try await bench.store.records(of: bench.job.id).isEmpty)
  }

  @Test("a model that is not installed fails the job for good, in words without paths")
  func missingModel() async throws {
    let bench = try await Bench()
    let claimed = try await bench.claim().configured(Bench.configuration(model: "unknown"))
    let error = await #expect(throws: AttemptError.self) { try await bench.execute(claimed) }
    #expect(error?.isFinal == true)
    #expect(
      error?.failure
        == JobFailure(
          code: "MODEL_LOAD_ERROR", message: "The model \"unknown\" is not installed"))
  }

  @Test("a file store that is full fails the attempt and leaves no temporary file")
  func fullDisk() async throws {
    let bench = try await Bench()
    bench.blobs.fill()
    let claimed = try await bench.claim()
    let error = await #expect(throws: JobsError.self) { try await bench.execute(claimed) }
    #expect(error == JobsError(.storageError, "The disk is full"))
    #expect(try await bench.store.records(of: bench.job.id).isEmpty)
    #expect(try bench.blobs.names("tmp") == [".folder"])
  }

  @Test("a job that is cancelled stops, and starts no inference afterwards")
  func cancellation() async throws {
    let (started, continuation) = AsyncStream.makeStream(of: Void.self)
    let bench = try await Bench(files: 10) { call in
      continuation.yield()
      for await _ in AsyncStream<Never>.makeStream().stream {}
      return Bench.findings(call)
    }
    let claimed = try await bench.claim()
    let run = Task { try await bench.execute(claimed) }
    for await _ in started { break }
    run.cancel()
    await #expect(throws: CancellationError.self) { try await run.value }
    // Three images, each with one slice more in flight than the detector runs at once.
    #expect(bench.detector.startedCount <= 6)
  }

  @Test("progress counts slices over all images and names the image")
  func progress() async throws {
    let seen = Mutex<[JobProgress]>([])
    let shown = Mutex<(@Sendable () async throws -> JobProgress?)?>(nil)
    let bench = try await Bench { call in
      if let progress = try await shown.withLock({ $0 })?() {
        seen.withLock { $0.append(progress) }
      }
      return Bench.findings(call)
    }
    let claimed = try await bench.claim()
    let reporter = AttemptReporter(store: bench.store, claim: claimed.claim)
    shown.withLock {
      $0 = {
        try await reporter.flush()
        return try await bench.store.job(bench.job.id)?.progress
      }
    }
    _ = try await bench.detectionJob.execute(claimed, reporting: reporter)
    let percentages = seen.withLock { $0.map(\.percentage) }
    #expect(percentages.count == 8)
    #expect(percentages == percentages.sorted())
    // Eight slices: whole eighths.
    #expect(Set(percentages).isSubset(of: [0, 12, 25, 37, 50, 62, 75, 87, 100]))
    #expect(
      seen.withLock {
        $0.contains { $0.stage?.hasPrefix("Running sliced inference on image") == true }
      })
    #expect(seen.withLock { $0.allSatisfy { $0.totalImages == 2 } })
  }
}

extension ClaimedJob {
  fileprivate func configured(_ configuration: String) -> ClaimedJob {
    var copy = self
    copy.job.configuration = configuration
    return copy
  }
}
