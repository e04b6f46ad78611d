import Foundation
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("DetectionJob: maps and thresholds of classes")
struct MappedClassesJobTests {
  private let names = ["car", "tree", "truck"]
  private let vehicles = ["car": "vehicle", "truck": "vehicle"]

  private func model(_ defaults: ClassSettings) -> DetectionModel {
    DetectionModel(
      name: "scripted", task: .detect, classNames: names,
      inputSize: PixelSize(width: 32, height: 32), layout: .yolov8, sha256: "",
      defaults: defaults)
  }

  /// The configuration that a job keeps when the model's document says this.
  private func kept(_ defaults: ClassSettings, _ members: String = "") throws -> String {
    let installed = InstalledModel(
      name: "scripted", task: .detect, classNames: names,
      inputSize: PixelSize(width: 32, height: 32), sha256: "", sizeBytes: 1, defaults: defaults)
    return try configuration(
      #"{"model": "scripted", \#(members) "sahi": {"enabled": false}}"#
    ).settled(for: installed).json
  }

  /// In each picture the same box as a car, 0.5, and as a truck, 0.75, and a tree, 0.625, somewhere else.
  private let scene = ScriptedDetector.Output(
    [8, 8, 24, 8, 8, 24, 8, 8, 8, 8, 8, 8, 0.5, 0, 0, 0, 0, 0.625, 0, 0.75, 0], shape: [1, 7, 3])

  private func bench(_ document: ClassSettings, _ configuration: String) async throws
    -> DetectionBench
  {
    try await DetectionBench(files: 1, model: model(document), configuration: configuration) {
      [scene] _ in scene
    }
  }

  private func result(
    of bench: DetectionBench
  ) async throws -> (model: ModelIdentity, image: ImageDetections) {
    let key = try #require(try await bench.store.records(of: bench.job.id).first?.resultKey)
    return try DetectionsFile.decode(try await bench.blobs.bytes(key, limit: 1 << 20))
  }

  @Test(
    "results and summary have the labels of the job, whatever the model's document says by then")
  func pinned() async throws {
    let accepted = ClassSettings(classMap: vehicles, classThresholds: ["tree": 0.7])
    let now = ClassSettings(classMap: ["car": "x", "tree": "y"], classThresholds: ["x": 0.9])
    let bench = try await bench(now, try kept(accepted))
    let summary = try await bench.execute(try await bench.claim())
    let (model, image) = try await result(of: bench)
    #expect(model.classNames == ["vehicle", "tree"])
    // The tree is below its threshold, the car is the truck.
    #expect(image.detections.map(\.classID) == [0])
    #expect(image.detections.map(\.confidence) == [0.75])
    #expect(summary.contains(#""detections_by_class":{"vehicle":1}"#), "\(summary)")
  }

  @Test("a request's map is the job's")
  func requested() async throws {
    let configuration = try kept(
      ClassSettings(classMap: vehicles),
      #""class_map": {"tree": "plant"}, "class_thresholds": {"car": 0.6},"#)
    let bench = try await bench(ClassSettings(), configuration)
    _ = try await bench.execute(try await bench.claim())
    let (model, image) = try await result(of: bench)
    #expect(model.classNames == ["car", "plant", "truck"])
    #expect(image.detections.map { model.className($0.classID) } == ["truck", "plant"])
  }

  @Test("a job that was accepted before the document had a map keeps the model's names")
  func older() async throws {
    let bench = try await bench(
      ClassSettings(classMap: vehicles),
      #"{"model": "scripted", "confidence_threshold": 0.25, "sahi": {"enabled": false}}"#)
    _ = try await bench.execute(try await bench.claim())
    let (model, image) = try await result(of: bench)
    #expect(model.classNames == names)
    #expect(image.detections.map { model.className($0.classID) } == ["truck", "tree", "car"])
  }

  @Test("a model that has lost a class of the job's map ends the job, naming the class")
  func lost() async throws {
    let bench = try await bench(
      ClassSettings(),
      #"{"model": "scripted", "confidence_threshold": 0.25, "class_map": {"bus": "vehicle"}}"#)
    let claimed = try await bench.claim()
    await #expect {
      try await bench.execute(claimed)
    } throws: { error in
      let error = error as? AttemptError
      return error?.isFinal == true && error?.failure.code == "MODEL_LOAD_ERROR"
        && error?.failure.message.contains("\"bus\"") == true
    }
  }

  @Test("labels that only a client has chosen are not series of their own in the metrics")
  func metrics() async throws {
    let registry = MetricRegistry()
    let configuration = try kept(
      ClassSettings(), #""class_map": {"truck": "made up", "car": "tree"},"#)
    let bench = try await bench(ClassSettings(), configuration)
    let claimed = try await bench.claim()
    let reporter = AttemptReporter(
      store: bench.store, claim: claimed.claim, time: ManualTime().workerTime)
    _ = try await bench.detectionJob(ServiceMetrics(factory: registry))
      .execute(claimed, reporting: reporter)
    let text = registry.exposition()
    #expect(text.contains(#"detection_count_total{class="other"} 1"#), "\(text)")
    #expect(text.contains(#"detection_count_total{class="tree"} 2"#), "\(text)")
    #expect(!text.contains("made up"))
  }
}
