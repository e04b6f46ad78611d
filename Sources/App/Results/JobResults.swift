import Foundation
import Jobs
import ObjectDetection

/// The results of a completed job as they are stored: what is known before any detection is read.
struct JobResults: Sendable {
  var job: Job
  var model: ModelIdentity
  /// In the order of the job's files.
  var images: [StoredImage]
}

/// One image of a completed job.
struct StoredImage: Sendable {
  enum Outcome: Sendable {
    /// The header of the stored detections, and where they are.
    case found(DetectionsFile, key: String)
    case failed(JobFailure)
  }

  /// Its place in the job, from 1.
  var number: Int
  var file: UploadedFile
  var record: ImageRecord
  var outcome: Outcome

  /// - Parameters:
  ///   - detectionCount: of those that a filter lets through.
  ///   - filename: another one than the client's, in an archive.
  func heading(detectionCount: Int, filename: String? = nil) -> ImageHeading {
    let outcome: ImageHeading.Outcome
    switch self.outcome {
    case .failed(let failure):
      outcome = .failed(code: failure.code, message: failure.message)
    case .found(let stored, _):
      var summary = stored.image
      summary.detectionCount = detectionCount
      outcome = .found(summary)
    }
    return ImageHeading(
      number: number, filename: filename ?? file.filename, fileID: file.id.description,
      outcome: outcome)
  }
}

extension Service {
  /// - Throws: `APIError` with `.jobNotFound`, or `.resultsNotReady` whose details say which state the job is in.
  func completedJob(_ id: JobID) async throws -> Job {
    guard let job = try await jobs.job(id) else {
      throw APIError.noSuchJob
    }
    guard job.state == .completed else {
      var details = "The job is \(job.state.rawValue)"
      if job.state == .failed, let failure = job.failure {
        details = "The job has failed: \(failure.code): \(failure.message)"
      }
      throw APIError(.resultsNotReady, "The job has no results", details: details)
    }
    return job
  }

  /// Reads the headers of a completed job's results.
  ///
  /// - Parameter fileID: the one image that is asked for; nil for all.
  /// - Throws: `APIError(.fileNotFound)` when it is not the job's; `JobsError` and `DetectionError` with
  ///   `.storageError` when a stored result cannot be read.
  func results(of job: Job, only fileID: FileID? = nil) async throws -> JobResults {
    if let fileID, !job.fileIDs.contains(fileID) {
      throw APIError(.fileNotFound, "The job has no such file")
    }
    // Both go together with the upload, which may be deleted at any time.
    guard let upload = try await uploads.upload(job.uploadID) else {
      throw APIError.noSuchJob
    }
    let records = try await jobs.records(of: job.id)
    var images: [StoredImage] = []
    for (index, id) in job.fileIDs.enumerated() where fileID == nil || fileID == id {
      guard let file = upload.files.first(where: { $0.id == id }) else {
        throw JobsError(.databaseError, "A file of the job is unknown")
      }
      let record = records.first { $0.fileID == id } ?? ImageRecord(fileID: id)
      images.append(
        StoredImage(
          number: index + 1, file: file, record: record, outcome: try await outcome(of: record)))
    }
    return JobResults(job: job, model: try await model(of: job, images), images: images)
  }

  private func outcome(of record: ImageRecord) async throws -> StoredImage.Outcome {
    if let failure = record.failure { return .failed(failure) }
    guard let key = record.resultKey else {
      return .failed(JobFailure(code: "STORAGE_ERROR", message: "The image has no result"))
    }
    let reader = try await storedBlob(key)
    // Long enough for most headers, so that one read does.
    var header = try await reader.read(at: 0, count: 4096)
    let count = try DetectionsFile.headerByteCount(leading: header)
    if count > header.count { header = try await reader.read(at: 0, count: count) }
    return .found(
      try DetectionsFile(header: header, fileByteCount: reader.sizeBytes), key: key)
  }

  /// A blob that the metadata says is there.
  func storedBlob(_ key: String) async throws -> any BlobReader {
    guard let reader = try await blobs.open(key) else {
      throw JobsError(.storageError, "A stored file is gone", cause: key)
    }
    return reader
  }

  /// That of the results; where every image failed, what the catalog knows of the model's name.
  private func model(of job: Job, _ images: [StoredImage]) async throws -> ModelIdentity {
    for image in images {
      if case .found(let stored, _) = image.outcome { return stored.model }
    }
    let chosen = try JSONDecoder().decode(ChosenModel.self, from: Data(job.configuration.utf8))
    let name = chosen.model
    do {
      let model = try await models.model(named: name)
      let settings = ClassSettings(classMap: chosen.classMap)
      return ModelIdentity(
        name: name, task: model.task, sha256: model.sha256,
        classNames: settings.labels(of: model.classNames))
    } catch is DetectionError {
      return ModelIdentity(name: name, task: nil, sha256: nil, classNames: [])
    }
  }
}

/// What of a job's configuration is read here.
private struct ChosenModel: Decodable {
  enum CodingKeys: String, CodingKey {
    case model
    case classMap = "class_map"
  }

  var model: String
  /// nil where classes keep their names.
  var classMap: [String: String]?
}
