import Foundation
public import Jobs
public import Logging
public import ObjectDetection
import Tracing

/// What a worker does with a job: detections, annotated picture and thumbnail of each image, and a summary.
///
/// An image that cannot be used has its failure recorded and stops no other. Stores that fail end the
/// attempt; the next one does what has no record yet.
public struct DetectionJob: JobExecutor {
  /// One being decoded, one inferred, one drawn; also the bound of decoded pictures in memory.
  private static let imagesInFlight = 3
  /// Far more than the result of an image with the largest number of detections.
  static let maxResultBytes = 1 << 28

  let uploads: any UploadStore
  let blobs: any BlobStore
  let detectors: any DetectorSource
  let decoder: any ImageDecoder
  let annotator: any Annotator
  let limits: ImageLimits
  let inferenceTimeout: Duration
  let slowImage: Duration
  let metrics: ServiceMetrics
  let traces: Traces
  let jobLog: JobLogWriter?
  let logger: Logger

  public init(
    uploads: any UploadStore, blobs: any BlobStore, detectors: any DetectorSource,
    decoder: any ImageDecoder, annotator: any Annotator, limits: ImageLimits = ImageLimits(),
    inferenceTimeout: Duration, slowImage: Duration = .seconds(60), metrics: ServiceMetrics,
    traces: Traces = .off, jobLog: JobLogWriter? = nil, logger: Logger
  ) {
    self.uploads = uploads
    self.blobs = blobs
    self.detectors = detectors
    self.decoder = decoder
    self.annotator = annotator
    self.limits = limits
    self.inferenceTimeout = inferenceTimeout
    self.slowImage = slowImage
    self.metrics = metrics
    self.traces = traces
    self.jobLog = jobLog
    self.logger = logger
  }

  public func execute(
    _ claimed: ClaimedJob, reporting reporter: AttemptReporter
  ) async throws -> String {
    let job = claimed.job
    let request = traces.context(traceparent: job.traceParent)
    traces.record("job wait", start: min(job.dueAt, Date()), end: Date(), parent: request)
    return try await traces.span(
      "job attempt", kind: .consumer, parent: request,
      attributes: [
        "harrier.job_id": .string("\(job.id)"), "harrier.attempt": .int64(Int64(job.attempt)),
        "harrier.images": .int64(Int64(job.fileIDs.count)),
        "harrier.request_id": .string(job.requestID ?? ""),
      ]
    ) { _ in try await detect(claimed, reporter) }
  }

  private func detect(_ claimed: ClaimedJob, _ reporter: AttemptReporter) async throws -> String {
    let start = ContinuousClock.now
    let files = try await files(of: claimed.job)
    let configuration = try readConfiguration(claimed.job)
    reporter.progress(.loading(configuration.model, claimed))
    let detector = try await loaded(configuration.model, for: claimed.job)
    let options = try self.options(configuration, detector.model)
    let work = ImageWork(
      job: self, claimed: claimed, detector: detector, options: options,
      model: detector.model.labelled(by: options.classMap),
      annotation: configuration.annotation, reporter: reporter,
      progress: DetectionProgress(
        files: files, records: claimed.records, slicing: options.slicing, reporter: reporter))
    var tally = DetectionTally(model: work.model)
    try await addEarlier(claimed.records, to: &tally)
    reporter.promiseProgress(every: timeout(for: detector.model))
    try await detectAll(files, claimed, work, reporter, &tally)
    reporter.promiseProgress(every: nil)
    return tally.summary(processing: ContinuousClock.now - start)
  }

  /// Longer than any pause that is not the engine's: decoding, drawing, writing.
  private static let shortestTimeout = Duration.seconds(30)

  private func timeout(for model: DetectionModel) -> Duration {
    let megapixels = Double(model.inputSize.width * model.inputSize.height) / 1e6
    return max(Self.shortestTimeout, inferenceTimeout * megapixels)
  }

  /// In the order of the job.
  private func files(of job: Job) async throws -> [UploadedFile] {
    let upload = try await uploads.upload(job.uploadID)
    let byID = Dictionary(
      (upload?.files ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let files = job.fileIDs.compactMap { byID[$0] }
    guard files.count == job.fileIDs.count else {
      throw AttemptError(
        JobFailure(code: "FILE_NOT_FOUND", message: "The upload is gone"), isFinal: true)
    }
    return files
  }

  private func readConfiguration(_ job: Job) throws -> DetectionConfiguration {
    do {
      return try DetectionConfiguration(json: job.configuration)
    } catch {
      // Written by another version of this program.
      throw AttemptError(
        JobFailure(code: "MODEL_LOAD_ERROR", message: "The job's configuration cannot be read"),
        isFinal: true, cause: "\(error)")
    }
  }

  /// A model that took its time is told of.
  private func loaded(_ model: String, for job: Job) async throws -> any Detector {
    let start = ContinuousClock.now
    let detector = try await traces.span(
      "load model", attributes: ["harrier.model": .string(model)]
    ) { _ in try await load(model) }
    try Self.check(detector.model, against: job.model)
    let duration = ContinuousClock.now - start
    if duration > .milliseconds(100) {
      jobLog?.write(
        "Loaded the model \(model)", of: job.id, attempt: job.attempt,
        details: ["duration_ms": "\(duration.milliseconds)"])
    }
    return detector
  }

  /// A job runs the very files that it was accepted with, or none.
  private static func check(_ model: DetectionModel, against pin: ModelPin?) throws {
    guard let pin, model.sha256 != pin.sha256 else { return }
    throw AttemptError(
      JobFailure(
        code: "MODEL_LOAD_ERROR",
        message: "The files of \(pin.id) are not those that the job was accepted with"),
      isFinal: true, cause: "\(model.sha256) instead of \(pin.sha256)")
  }

  private func load(_ model: String) async throws -> any Detector {
    do {
      return try await detectors.detector(named: model)
    } catch let error as DetectionError {
      let reason = error.code == .modelNotFound ? "is not installed" : "cannot be loaded"
      // The error's own words name paths of the server.
      throw AttemptError(
        JobFailure(code: "MODEL_LOAD_ERROR", message: "The model \"\(model)\" \(reason)"),
        isFinal: true, cause: "\(error)")
    }
  }

  /// The model may be another one than when the job was accepted.
  private func options(
    _ configuration: DetectionConfiguration, _ model: DetectionModel
  ) throws -> DetectionOptions {
    do {
      return try configuration.options(for: model)
    } catch {
      throw AttemptError(
        JobFailure(code: "MODEL_LOAD_ERROR", message: error.message), isFinal: true,
        cause: error.cause)
    }
  }

  private func addEarlier(
    _ records: [ImageRecord], to tally: inout DetectionTally
  ) async throws {
    for record in records {
      guard let key = record.resultKey else {
        tally.addFailure()
        continue
      }
      let bytes = try await blobs.bytes(key, limit: Self.maxResultBytes)
      let image = try DetectionsFile.decode(bytes).image
      tally.add(image)
      tally.addEarlierTime(image.inference)
    }
  }

  private func detectAll(
    _ files: [UploadedFile], _ claimed: ClaimedJob, _ work: ImageWork,
    _ reporter: AttemptReporter, _ tally: inout DetectionTally
  ) async throws {
    let done = Set(claimed.records.map(\.fileID))
    // A worker has died on the job: one image after the other, so that the next death tells which one it is.
    let isCareful = claimed.deaths > 0
    var pending = files.filter { !done.contains($0.id) }.enumerated().makeIterator()
    var doubtful: [ImageWork.Result] = []
    try await withThrowingTaskGroup(of: ImageWork.Result.self) { group in
      func startNext() {
        guard let (index, file) = pending.next() else { return }
        group.addTask {
          if isCareful { try await reporter.begin(file.id) }
          return try await work.run(file, lane: ImageLane(id: UInt64(index)))
        }
      }
      for _ in 0..<(isCareful ? 1 : Self.imagesInFlight) { startNext() }
      while let result = try await group.next() {
        startNext()
        if let image = result.image {
          tally.add(image)
        } else if result.record.failure?.code == DetectionError.Code.inferenceError.rawValue {
          doubtful.append(result)
          continue
        } else {
          tally.addFailure()
        }
        Failpoint.resultWritten.reach()
        try await reporter.record(result.record)
        await work.removeCheckpoints(of: result.file)
        work.progress.end(result.file, failed: result.image == nil)
      }
    }
    try await settle(doubtful, work, reporter, &tally)
  }

  /// Where the engine failed on some images only, it is for the images; where it managed none, the engine
  /// may be at fault, and another attempt may help.
  private func settle(
    _ results: [ImageWork.Result], _ work: ImageWork, _ reporter: AttemptReporter,
    _ tally: inout DetectionTally
  ) async throws {
    if !tally.hasImages, let failure = results.first?.record.failure {
      throw AttemptError(failure, isFinal: false)
    }
    for result in results {
      tally.addFailure()
      try await reporter.record(result.record)
      work.progress.end(result.file, failed: true)
    }
  }
}
