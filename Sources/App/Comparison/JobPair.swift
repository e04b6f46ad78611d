import Jobs
import NIOPosix
import ObjectDetection

/// Two completed jobs, and the files that both have done.
struct JobPair: Sendable {
  /// Of an API process: a crowded picture takes a second of a thread, and its boxes megabytes.
  static let concurrentComparisons = 2

  var base: JobResults
  var candidate: JobResults
  /// In the order of the candidate's files.
  var images: [(base: StoredImage, candidate: StoredImage)]
}

/// What was found out about a pair.
struct ComparisonReport: Sendable {
  /// One file.
  struct Image: Sendable {
    var base: StoredImage
    var candidate: StoredImage
    /// nil where one of the two has failed.
    var figures: ComparisonFigures?
  }

  var pair: JobPair
  var comparison: ModelComparison
  var images: [Image]
}

extension Service {
  /// Reads what is known of both before any detection is read.
  /// - Throws: as `results(of:)`.
  func pair(_ candidate: Job, with base: Job) async throws -> JobPair {
    let (old, new) = (try await results(of: base), try await results(of: candidate))
    let byFile = Dictionary(
      old.images.map { ($0.file.id, $0) }, uniquingKeysWith: { first, _ in first })
    return JobPair(
      base: old, candidate: new,
      images: new.images.compactMap { image in byFile[image.file.id].map { ($0, image) } })
  }

  /// For a client.
  /// - Throws: `APIError(.serviceUnavailable)` when too many comparisons run; else as `compareAtOnce`.
  func compare(_ pair: JobPair) async throws -> ComparisonReport {
    try await comparisonSlots.withSlot { try await compareAtOnce(pair) }
  }

  /// Compares picture by picture: in memory are the boxes of one, never its masks. The caller limits how many run.
  /// - Throws: `JobsError` and `DetectionError` with `.storageError` when a stored result cannot be read.
  func compareAtOnce(_ pair: JobPair) async throws -> ComparisonReport {
    var report = ComparisonReport(pair: pair, comparison: ModelComparison(), images: [])
    for (base, candidate) in pair.images {
      try Task.checkCancellation()
      let found = try await compare(base, candidate)
      if let found { report.comparison += found }
      report.images.append(
        ComparisonReport.Image(base: base, candidate: candidate, figures: found?.figures))
    }
    return report
  }

  /// nil where one of the two has failed.
  private func compare(
    _ base: StoredImage, _ candidate: StoredImage
  ) async throws -> ModelComparison? {
    guard case .found(let old, _) = base.outcome, case .found(let new, _) = candidate.outcome else {
      return nil
    }
    let (oldBoxes, newBoxes) = (try await boxes(of: base), try await boxes(of: candidate))
    // In a crowd it takes a second.
    return try await NIOThreadPool.singleton.runIfActive {
      ModelComparison(base: oldBoxes, of: old.model, candidate: newBoxes, of: new.model)
    }
  }

  /// - Throws: as `compareAtOnce`.
  func boxes(of image: StoredImage) async throws -> [Detection] {
    var pages = try await DetectionPages(of: image, .everything, self)
    var boxes: [Detection] = []
    while let page = try await pages.next() { boxes += page.detections }
    return boxes
  }
}

extension ComparisonReport {
  /// The members of the answer.
  func write(to json: inout JSONWriter) {
    json.string("job_id", pair.candidate.job.id.description)
    json.string("base_job_id", pair.base.job.id.description)
    json.object("base_model") { $0.members(of: pair.base.model) }
    json.object("candidate_model") { $0.members(of: pair.candidate.model) }
    json.number("iou_threshold", ModelComparison.matchingIoU, places: 3)
    json.members(of: comparison)
    json.array("images") { json in
      for image in images { json.object { write(image, to: &$0) } }
    }
  }

  private func write(_ image: Image, to json: inout JSONWriter) {
    json.integer("number", image.candidate.number)
    json.string("file_id", image.candidate.file.id.description)
    json.string("filename", image.candidate.file.filename)
    if let figures = image.figures { json.object("figures") { $0.members(of: figures) } }
    for (side, stored) in [("base", image.base), ("candidate", image.candidate)] {
      guard case .failed(let failure) = stored.outcome else { continue }
      json.object("failure") { json in
        json.string("side", side)
        json.string("code", failure.code)
        json.string("message", failure.message)
      }
      break
    }
    write("base_annotated_url", image.base, of: pair.base.job.id, to: &json)
    write("candidate_annotated_url", image.candidate, of: pair.candidate.job.id, to: &json)
  }

  /// null where nothing was drawn.
  private func write(
    _ key: String, _ image: StoredImage, of job: JobID, to json: inout JSONWriter
  ) {
    if image.record.annotatedKey == nil {
      json.null(key)
    } else {
      json.string(key, "/api/v1/files/\(image.file.id)/annotated?job_id=\(job)")
    }
  }
}
