import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

/// A completed job over three files: two of one name, the first with a ship and an oriented plane, the second with
/// a plane; and one that failed.
struct ResultsFixture {
  static let model = DetectionModel(
    name: "aerial15", task: .obb, classNames: ["plane", "ship"],
    inputSize: PixelSize(width: 640, height: 640), layout: .oriented, sha256: "0a1b")

  /// Centre (60.5, 40.25), 100 x 40 pixels.
  static let ship = Detection(
    classID: 1, confidence: 0.95,
    box: BoundingBox(xMin: 10.5, yMin: 20.25, xMax: 110.5, yMax: 60.25))

  /// 40 x 20 pixels turned by a quarter: corners (90, 70), (110, 70), (110, 30), (90, 30).
  static let plane: Detection = {
    let box = OrientedBox(centerX: 100, centerY: 50, width: 40, height: 20, angle: .pi / 2)
    return Detection(
      classID: 0, confidence: 0.5,
      box: BoundingBox(xMin: 90, yMin: 30, xMax: 110, yMax: 70), orientedBox: box)
  }()

  static let original: [UInt8] = [0xff, 0xd8, 0xff] + (0..<97).map { UInt8($0) }
  static let annotated: [UInt8] = [0xff, 0xd8, 0xff, 1]
  static let thumbnail: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  let routes: RouteHarness
  let upload: Upload
  let job: Job

  var files: [String] { upload.files.map(\.id.description) }
  var path: String { "jobs/\(job.id)" }

  init(
    routes: RouteHarness = RouteHarness(), detections: [[Detection]] = [[ship, plane], [plane]],
    configuration: String = #"{"model":"aerial15"}"#, draws: Bool = true, format: String = "JPEG",
    rules: RuleReasoner? = nil
  ) async throws {
    self.routes = routes
    var upload = sampleUpload(files: detections.count + 1)
    for index in upload.files.indices {
      upload.files[index].filename = index < detections.count ? "a.jpg" : "broken.png"
      upload.files[index].format = format
      upload.files[index].width = 200
      upload.files[index].height = 100
      upload.files[index].sizeBytes = Self.original.count
      await routes.blobs.set(Self.original, for: upload.files[index].blobKey)
    }
    self.upload = upload
    try await routes.store.insert(upload)
    job = try await Self.complete(
      upload, at: startOfTests, detections, configuration, draws: draws, rules: rules, routes)
  }

  /// Another job over the same files.
  func completeAnotherJob(at time: Date) async throws -> Job {
    try await Self.complete(
      upload, at: time, [[], []], #"{"model":"aerial15"}"#, draws: true, routes)
  }

  private static func complete(
    _ upload: Upload, at time: Date, _ detections: [[Detection]], _ configuration: String,
    draws: Bool, rules: RuleReasoner? = nil, _ routes: RouteHarness
  ) async throws -> Job {
    var job = sampleJob(over: upload, at: time)
    job.configuration = configuration
    _ = try await routes.store.insert(job, idempotency: nil)
    let claimed = try #require(
      try await routes.store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: time))
    for (index, file) in upload.files.enumerated() {
      var record = ImageRecord(fileID: file.id)
      if index < detections.count {
        let stem = "jobs/\(job.id)/1/\(file.id)"
        var image = ImageDetections(
          width: 200, height: 100, detections: detections[index], regionCount: 3,
          inference: .milliseconds(1250))
        if let rules { image.apply(rules, classNames: model.classNames) }
        record.resultKey = "\(stem).detections"
        record.detectionCount = detections[index].count
        await routes.blobs.set(
          DetectionsFile.encode(image, model: model), for: "\(stem).detections")
        if draws {
          record.annotatedKey = "\(stem).annotated"
          record.thumbnailKey = "\(stem).thumbnail"
          await routes.blobs.set(annotated, for: "\(stem).annotated")
          await routes.blobs.set(thumbnail, for: "\(stem).thumbnail")
        }
      } else {
        record.failure = JobFailure(code: "CORRUPTED_FILE", message: "it is cut off")
      }
      try await routes.store.record(record, by: claimed.claim, now: time)
    }
    try await routes.store.finish(claimed.claim, .completed(summary: "{}"), now: time)
    return try #require(try await routes.store.job(job.id))
  }
}

/// A document that the answer's is compared with.
func object(_ text: String) throws -> NSDictionary {
  try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
}
