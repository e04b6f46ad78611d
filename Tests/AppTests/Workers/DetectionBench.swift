import Foundation
import Jobs
import Logging
import Metrics
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@testable import App

/// A detection job over stores in memory. A picture's file is a number, the grey of all its pixels; the
/// detector finds one object a slice, whose confidence is that grey divided by 256.
final class DetectionBench: Sendable {
  static let model = DetectionModel(
    name: "scripted", task: .detect, classNames: ["tree"],
    inputSize: PixelSize(width: 32, height: 32), layout: .yolov8, sha256: "")

  /// Of all pictures, in pixels; slices have 256.
  let side: Int
  let store = MemoryStore()
  let blobs = FolderBlobs()
  let detector: ScriptedDetector
  let upload: Upload
  let job: Job

  init(
    files count: Int = 2, side: Int = 512, format: String = "JPEG",
    model: DetectionModel = DetectionBench.model,
    configuration: String = DetectionBench.configuration(),
    script: @escaping ScriptedDetector.Script = { findings($0) }
  ) async throws {
    self.side = side
    detector = ScriptedDetector(model: model, script: script)
    var upload = sampleUpload(files: count)
    for index in upload.files.indices {
      upload.files[index].format = format
      upload.files[index].width = side
      upload.files[index].height = side
      upload.files[index].filename = "image\(index + 1).png"
    }
    self.upload = upload
    job = Job(
      id: JobID(at: startOfTests), uploadID: upload.id, fileIDs: upload.files.map(\.id),
      configuration: configuration, createdAt: startOfTests)
    try await store.insert(upload)
    _ = try await store.insert(job, idempotency: nil)
    for (index, file) in upload.files.enumerated() {
      try await blobs.put(Array("\(min(64 * (index + 1), 255))".utf8), as: file.blobKey)
    }
  }

  /// A `yolov8` output: one box in the middle of the slice.
  static func findings(_ call: ScriptedDetector.Call) -> ScriptedDetector.Output {
    ScriptedDetector.Output([16, 16, 8, 8, Float(call.input[0]) / 256], shape: [1, 5, 1])
  }

  func claim(at now: Date = startOfTests) async throws -> ClaimedJob {
    try #require(
      try await store.claim(
        for: WorkerID("worker"), lease: .seconds(10), maxDeaths: 3, now: now))
  }

  /// Slices of half a picture's sides, nothing merged.
  static func configuration(model: String = "scripted", annotates: Bool = true) -> String {
    """
    {"model": "\(model)", "confidence_threshold": 0.1, "sahi": {"slice_width": 256,
    "slice_height": 256, "overlap_ratio": 0, "full_image": false, "merge": "none"},
    "visualization": {"enabled": \(annotates)}}
    """
  }

  var detectionJob: DetectionJob {
    detectionJob(ServiceMetrics(factory: NOOPMetricsHandler.instance))
  }

  func detectionJob(_ metrics: ServiceMetrics) -> DetectionJob {
    DetectionJob(
      uploads: store, blobs: blobs, detectors: SingleSource(detector: detector),
      decoder: GreyDecoder(side: side), annotator: TextAnnotator(),
      inferenceTimeout: .seconds(120), metrics: metrics,
      logger: Logger(label: "tests"))
  }

  /// Runs the claimed job, and writes its last progress.
  func execute(_ claimed: ClaimedJob) async throws -> String {
    let reporter = AttemptReporter(
      store: store, claim: claimed.claim, time: ManualTime().workerTime)
    let summary = try await detectionJob.execute(claimed, reporting: reporter)
    try await reporter.flush()
    return summary
  }

  /// Confidences of a result that was kept.
  func confidences(_ key: String) async throws -> [Float] {
    let bytes = try await blobs.bytes(key, limit: 1 << 20)
    return try DetectionsFile.decode(bytes).image.detections.map(\.confidence)
  }
}

/// Models by name: one.
private struct SingleSource: DetectorSource {
  let detector: ScriptedDetector

  func detector(named name: String) async throws -> any Detector {
    guard name == detector.model.name else {
      throw DetectionError(.modelNotFound, "/srv/models/\(name).onnx is not there")
    }
    return detector
  }
}

/// Reads the pictures of `DetectionBench`; a file that is no number is damaged.
private struct GreyDecoder: ImageDecoder {
  let side: Int

  func withImage<Result: Sendable>(
    path: String, limits: ImageLimits, _ body: @Sendable (PixelBuffer) async throws -> Result
  ) async throws -> Result {
    guard let grey = UInt8(try String(contentsOfFile: path, encoding: .utf8)) else {
      throw DetectionError(.corruptedFile, "\(path): truncated or damaged")
    }
    return try await body(
      PixelBuffer(width: side, height: side) { bytes in
        for index in bytes.indices { bytes[index] = grey }
      })
  }
}

/// Writes how many detections it was given, and of how many it knows the confidence before rules.
private struct TextAnnotator: Annotator {
  func annotate(
    _ image: PixelBuffer, with detections: [Detection], confidencesBefore: [Int: Float],
    of model: DetectionModel, options: AnnotationOptions, to path: String, thumbnail: String?
  ) async throws {
    let changes = confidencesBefore.isEmpty ? "" : ", \(confidencesBefore.count) changed"
    try Data("\(detections.count)\(changes)".utf8).write(to: URL(fileURLWithPath: path))
    if let thumbnail { try Data("small".utf8).write(to: URL(fileURLWithPath: thumbnail)) }
  }
}

/// Blobs in a temporary folder; writing fails while a test says so.
final class FolderBlobs: BlobStore {
  private let folder = Result { try TemporaryFolder() }
  private let isFull = Mutex(false)

  func fill() { isFull.withLock { $0 = true } }

  /// Keys of all blobs, or names of temporary files.
  func names(_ kind: String) throws -> [String] {
    let prefix = "\(kind)/"
    return try folder.get().files().filter { $0.hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count))
    }
  }

  private func path(_ key: String) throws -> String { try folder.get().path("blobs/\(key)") }

  func temporaryPath() async throws -> String {
    let folder = try folder.get()
    try folder.write("", to: "tmp/.folder")
    return folder.path("tmp/\(UUID())")
  }

  func keep(fileAt path: String, as key: String) async throws {
    if isFull.withLock({ $0 }) { throw JobsError(.storageError, "The disk is full") }
    try folder.get().copy(path, to: "blobs/\(key)")
    unlink(path)
  }

  func put(_ bytes: [UInt8], as key: String) async throws {
    if isFull.withLock({ $0 }) { throw JobsError(.storageError, "The disk is full") }
    try folder.get().write(Data(bytes), to: "blobs/\(key)")
  }

  func open(_ key: String) async throws -> (any BlobReader)? {
    let path = try path(key)
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return Reader(bytes: Array(data))
  }

  private struct Reader: BlobReader {
    let bytes: [UInt8]
    var sizeBytes: Int { bytes.count }
    func read(at offset: Int, count: Int) async throws -> [UInt8] {
      Array(bytes[offset..<min(bytes.count, offset + count)])
    }
  }

  func withLocalFile<Result: Sendable>(
    _ key: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    let path = try path(key)
    guard FileManager.default.fileExists(atPath: path) else {
      throw JobsError(.blobNotFound, "The stored file is gone")
    }
    return try await body(path)
  }

  func delete(_ keys: [String]) async throws {
    for key in keys { unlink(try path(key)) }
  }
  func names(under prefix: String, after name: String?, limit: Int) async throws -> [BlobName] {
    []
  }
  func deleteAll(under prefix: String) async throws {}
  func sweepTemporaryFiles(olderThan time: Date) async throws -> Int { 0 }
  func checkWritable() async throws {}
}
