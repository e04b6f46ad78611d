import Foundation
import Jobs
import ObjectDetection

/// The way of one image of a job: decode, detect, draw, keep.
struct ImageWork: Sendable {
  /// What became of the image; `image` is nil where it failed.
  struct Result: Sendable {
    var file: UploadedFile
    var record: ImageRecord
    var image: ImageDetections?
  }

  let job: DetectionJob
  let claimed: ClaimedJob
  let detector: any Detector
  let options: DetectionOptions
  /// As results show it.
  let model: DetectionModel
  let annotation: AnnotationOptions?
  let reporter: AttemptReporter
  let progress: DetectionProgress
  /// Of this attempt.
  let kept = KeptCheckpoints()

  init(
    job: DetectionJob, claimed: ClaimedJob, detector: any Detector, options: DetectionOptions,
    model: DetectionModel, annotation: AnnotationOptions?, reporter: AttemptReporter,
    progress: DetectionProgress
  ) {
    self.job = job
    self.claimed = claimed
    self.detector = detector
    self.options = options
    self.model = model
    self.annotation = annotation
    self.reporter = reporter
    self.progress = progress
  }

  /// - Throws: errors that are not the image's: of the stores, `CancellationError`.
  func run(_ file: UploadedFile, lane: ImageLane) async throws -> Result {
    let record = ImageTrail(file: file, work: self)
    return try await record.following { try await work(file, lane) }
  }

  private func work(_ file: UploadedFile, _ lane: ImageLane) async throws -> Result {
    do {
      return try await job.blobs.withLocalFile(file.blobKey) { path in
        do {
          return try await detect(file, path: path, lane)
        } catch let error as DetectionError {
          throw error.renaming(path, to: file.filename)
        }
      }
    } catch let error as DetectionError where error.code != .storageError {
      return failed(
        file, JobFailure(code: error.imageCode, message: error.message))
    } catch let error as JobsError where error.code == .blobNotFound {
      return failed(
        file,
        JobFailure(
          code: error.code.rawValue, message: "\(file.filename): the stored file is gone"))
    } catch let error as DetectionError {
      throw JobsError(.storageError, "A result could not be written", cause: "\(error)")
    }
  }

  private func failed(_ file: UploadedFile, _ failure: JobFailure) -> Result {
    Result(file: file, record: ImageRecord(fileID: file.id, failure: failure), image: nil)
  }

  private func detect(
    _ file: UploadedFile, path: String, _ lane: ImageLane
  ) async throws -> Result {
    let start = ContinuousClock.now
    return try await job.decoder.withImage(path: path, limits: job.limits) { image in
      async let decoded = arrival(of: image)
      progress.advance(file, finished: 0)
      Failpoint.imageBegins.reach(file.filename)
      await Failpoint.inferenceHangs.standStill()
      let grid = SliceGrid(
        imageWidth: image.width, imageHeight: image.height, slicing: options.slicing)
      let finished = try await finishedSlices(of: file, grid.regions.count)
      let detecting = ContinuousClock.now
      let found = try await DetectionPipeline(detector: detector).detect(
        in: image, options: options, lane: lane,
        resuming: finished,
        checkpoints: checkpoints(of: file, grid.regions.count)
      ) { slices in
        progress.advance(file, finished: slices.finished)
        job.metrics.sliceFinished()
        Failpoint.sliceFinished.reach("[\(slices.finished)]")
      }
      Failpoint.imageInferred.reach()
      stage(.decode, start, try await decoded - start)
      count(found, since: detecting)
      return Result(
        file: file, record: try await keep(found, of: image, file), image: found)
    }
  }

  /// When the image's last row is there.
  private func arrival(of image: PixelBuffer) async throws -> ContinuousClock.Instant {
    try await image.waitForRows(image.height)
    return ContinuousClock.now
  }

  private func count(_ found: ImageDetections, since start: ContinuousClock.Instant) {
    let inferred = start + found.inference
    let merged = inferred + found.merging
    stage(.infer, start, found.inference)
    // What the slices took overlaps: a sum, and no span.
    job.metrics.stage(.slice, found.slicing)
    OperationParts.current?.add(PipelineStage.slice.rawValue, found.slicing)
    stage(.merge, inferred, found.merging)
    if found.reasoning != nil { stage(.reason, merged, found.reasoningTime) }
    job.metrics.image(
      model: model.name, duration: found.inference, slices: found.regionCount,
      detectionsByClass: claimed.job.isShadow ? nil : countByLabel(found.detections))
  }

  /// Labels that only the job's own map has count together: each new one would be a series for as long as the process
  /// lives.
  private func countByLabel(_ detections: [Detection]) -> [String: Int] {
    let own = detector.model
    let known = options.classMap == nil ? nil : Set(own.classNames + own.labels)
    return Dictionary(grouping: detections, by: \.classID).reduce(into: [:]) { counts, group in
      let label = model.className(group.key)
      let isNamed = model.classNames.indices.contains(group.key)
      let isKnown = !isNamed || known?.contains(label) ?? true
      counts[isKnown ? label : "other", default: 0] += group.value.count
    }
  }

  /// A stage that is over: for the metrics, the trace, and the log of a slow image.
  private func stage(
    _ stage: PipelineStage, _ start: ContinuousClock.Instant, _ duration: Duration
  ) {
    job.metrics.stage(stage, duration)
    OperationParts.current?.add(stage.rawValue, duration)
    job.traces.record(stage.rawValue, start: start, end: start + duration)
  }

  // MARK: - Keeping

  /// Keeps the result last: a record is made only where everything is there.
  private func keep(
    _ found: ImageDetections, of image: PixelBuffer, _ file: UploadedFile
  ) async throws -> ImageRecord {
    var record = ImageRecord(fileID: file.id, detectionCount: found.detections.count)
    if let annotation {
      progress.draw(file)
      let annotated = key(file, ImageRecord.annotatedKind)
      let thumbnail = key(file, "thumbnail")
      try await draw(found, on: image, annotation, annotated: annotated, thumbnail: thumbnail)
      if !file.isShownByBrowsers { try await drawPlain(image, of: file) }
      record.annotatedKey = annotated
      record.thumbnailKey = thumbnail
    }
    let result = key(file, "detections")
    let start = ContinuousClock.now
    try await job.blobs.put(
      DetectionsFile.encode(found, model: model), as: result)
    stage(.store, start, ContinuousClock.now - start)
    record.resultKey = result
    return record
  }

  /// The token tells this attempt's files from those of a worker that was frozen and comes back.
  func key(_ file: UploadedFile, _ kind: String) -> String {
    "jobs/\(claimed.job.id)/\(claimed.claim.token)/\(file.id).\(kind)"
  }

  private func draw(
    _ found: ImageDetections, on image: PixelBuffer, _ annotation: AnnotationOptions,
    annotated: String, thumbnail: String
  ) async throws {
    try await withTemporaryFiles(2) { paths in
      let start = ContinuousClock.now
      try await job.annotator.annotate(
        image, with: found.detections,
        confidencesBefore: found.reasoning?.confidencesBefore ?? [:], of: model,
        options: annotation, to: paths[0], thumbnail: paths[1])
      stage(.render, start, ContinuousClock.now - start)
      Failpoint.imageDrawn.reach()
      try await job.blobs.keep(fileAt: paths[0], as: annotated)
      try await job.blobs.keep(fileAt: paths[1], as: thumbnail)
    }
  }

  /// The upright picture itself, for those who look with a browser.
  private func drawPlain(_ image: PixelBuffer, of file: UploadedFile) async throws {
    try await withTemporaryFiles(1) { paths in
      let start = ContinuousClock.now
      try await job.annotator.annotate(
        image, with: [], of: model, options: AnnotationOptions(), to: paths[0],
        thumbnail: nil)
      stage(.render, start, ContinuousClock.now - start)
      try await job.blobs.keep(fileAt: paths[0], as: key(file, ImageRecord.plainKind))
    }
  }

  /// Lends paths for new files; those that were not kept are removed.
  private func withTemporaryFiles(
    _ count: Int, _ body: ([String]) async throws -> Void
  ) async throws {
    var paths: [String] = []
    for _ in 0..<count { paths.append(try await job.blobs.temporaryPath()) }
    do {
      try await body(paths)
    } catch {
      // What the sweeper would find later.
      for path in paths { unlink(path) }
      throw error
    }
  }
}

extension DetectionError {
  /// The same error with the client's name of the file where the server's stood.
  fileprivate func renaming(_ path: String, to filename: String) -> DetectionError {
    let name = (path as NSString).lastPathComponent
    let text = message.replacing(path, with: filename).replacing(name, with: filename)
    return DetectionError(code, text, cause: cause)
  }

  /// The contract's code for an image: what the upload's checks let pass is damage that only decoding shows.
  fileprivate var imageCode: String {
    switch code {
    case .fileNotFound: "FILE_NOT_FOUND"
    case .inferenceError, .invalidConfig, .modelNotFound, .modelLoadError, .rulesNotFound,
      .reasoningError, .storageError:
      "INFERENCE_ERROR"
    case .corruptedFile, .invalidFormat, .fileTooLarge, .invalidDimensions: "CORRUPTED_FILE"
    }
  }
}
