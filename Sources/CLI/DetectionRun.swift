import Foundation
import ObjectDetection

/// Runs all images through the engine, a few at a time: the next one is decoded while this one is inferred
/// and the last one drawn. Decoder and annotator have one thread each; the detector's requests are shared.
struct DetectionRun: Sendable {
  /// One being decoded, one inferred, one drawn; also the bound of decoded pictures in memory.
  private static let imagesInFlight = 3

  let engine: Engine
  let options: DetectionOptions
  /// As results show it.
  let model: DetectionModel
  let sink: ResultSink
  let progress: ProgressBar
  /// On one's own machine a file may be larger than an upload: a BigTIFF of the largest sides has 4 GiB.
  static let limits = ImageLimits(maxBytes: 4 << 30)

  /// Errors of single images are results; only cancellation and a full disk end the run.
  func detectAll(_ images: [InputImage]) async throws -> RunSummary {
    let clock = ContinuousClock()
    let start = clock.now
    var summary = RunSummary(classNames: model.classNames)
    var pending = images.enumerated().makeIterator()
    var ready: [Int: ImageResult] = [:]
    var next = 0
    try await withThrowingTaskGroup(of: (Int, ImageResult).self) { group in
      func startNext() {
        guard let (index, image) = pending.next() else { return }
        group.addTask { (index, try await detect(image, index: index)) }
      }
      for _ in 0..<Self.imagesInFlight { startNext() }
      while let (index, result) = try await group.next() {
        startNext()
        progress.finishedImage(index)
        ready[index] = result
        // Results leave in the order of the arguments.
        while let result = ready.removeValue(forKey: next) {
          report(result, of: images[next])
          try sink.write(result, index: next)
          summary.add(result)
          next += 1
        }
      }
    }
    progress.clear()
    try sink.finish()
    summary.duration = clock.now - start
    return summary
  }

  private func detect(_ input: InputImage, index: Int) async throws -> ImageResult {
    do {
      if let problem = input.problem { throw problem }
      return try await engine.decoder.withImage(path: input.path, limits: Self.limits) { image in
        let found = try await DetectionPipeline(detector: engine.detector).detect(
          in: image, options: options, lane: ImageLane(id: UInt64(index))
        ) { progress.slice($0, ofImage: index) }
        if let path = try sink.annotatedPath(index: index) {
          try await engine.annotator.annotate(
            image, with: found.detections,
            confidencesBefore: found.reasoning?.confidencesBefore ?? [:],
            of: model, options: AnnotationOptions(), to: path, thumbnail: nil)
        }
        return ImageResult(filename: input.name, outcome: .found(found))
      }
    } catch let error as DetectionError {
      return ImageResult(filename: input.name, outcome: .failed(error))
    }
  }

  private func report(_ result: ImageResult, of input: InputImage) {
    guard case .failed(let error) = result.outcome else { return }
    progress.clear()
    printError("harrier: \(error.message)")
  }
}

/// What a run did, in one line.
struct RunSummary: Sendable, CustomStringConvertible {
  let classNames: [String]
  var images = 0
  var failedImages = 0
  var slices = 0
  var cappedRegions = 0
  var droppedDetections = 0
  var countByClass: [Int: Int] = [:]
  var duration = Duration.zero

  init(classNames: [String]) { self.classNames = classNames }

  mutating func add(_ result: ImageResult) {
    images += 1
    guard let found = result.found else {
      failedImages += 1
      return
    }
    slices += found.regionCount
    cappedRegions += found.cappedRegionCount
    droppedDetections += found.droppedByMaxDetections
    for detection in found.detections { countByClass[detection.classID, default: 0] += 1 }
  }

  var description: String {
    let total = countByClass.values.reduce(0, +)
    let classes = countByClass.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { id, count in
      "\(classNames.indices.contains(id) ? classNames[id] : "class\(id)") \(count)"
    }
    let seconds = max(duration.seconds, 0.001)
    var text =
      "\(images) \(images == 1 ? "image" : "images"), \(total) "
      + (total == 1 ? "detection" : "detections")
      + (classes.isEmpty ? "" : " (\(classes.joined(separator: ", ")))")
      + String(format: ", %.2f s, %.1f slices/s", seconds, Double(slices) / seconds)
    if failedImages > 0 { text += ", \(failedImages) failed" }
    if cappedRegions > 0 {
      text +=
        "\nwarning: \(cappedRegions) of \(slices) slices had more boxes than --slice-max-detections "
        + "keeps; objects may be missing"
    }
    if droppedDetections > 0 {
      text += "\nwarning: \(droppedDetections) detections beyond --max-detections were dropped"
    }
    return text
  }
}
