import Jobs
import ObjectDetection

/// The JSON body of `PUT .../golden`: pictures and results of a job that somebody has looked at.
struct GoldenRequest: Sendable, Equatable {
  let jobID: JobID
  /// Weaker detections are not expected; 0...1.
  let minConfidence: Double
  let demand: GoldenDemand

  /// - Throws: `APIError(.invalidRequest)` for malformed JSON, `.invalidConfig` with every field at fault,
  ///   `.jobNotFound` for what is no id.
  init(parsing body: [UInt8]) throws {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let job = fields.requiredString("job_id").flatMap { text -> JobID? in
      let id = JobID(text)
      if id == nil { fields.notFound("job_id", .jobNotFound, "No such job") }
      return id
    }
    minConfidence = fields.number("min_confidence", in: 0...1, default: 0)
    let standard = GoldenDemand()
    demand = GoldenDemand(
      minRecall: fields.number("min_recall", in: 0...1, default: standard.minRecall),
      minPrecision: fields.number("min_precision", in: 0...1, default: standard.minPrecision),
      aliases: fields.aliases("aliases") ?? standard.aliases)
    try fields.finish()
    guard let job else { throw APIError.noSuchJob }
    jobID = job
  }
}

extension JSONFields {
  fileprivate mutating func aliases(_ key: String) -> Set<String>? {
    guard let names = optionalStrings(key, count: 0...GoldenDraft.maxAliases) else { return nil }
    for (index, name) in names.enumerated() where !ModelAlias.isValid(name) {
      note(
        key, at: index, "INVALID_VALUE",
        "Must be a letter and at most 31 letters, digits and hyphens")
    }
    return Set(names)
  }
}

extension Service {
  /// Makes pictures and results of a job that has completed the golden ones of a model.
  /// - Throws: `APIError` with `.jobNotFound`, `.resultsNotReady` or, where a picture failed, `.invalidConfig`.
  func putGoldenSet(
    _ request: GoldenRequest, of name: String, by creator: String?
  ) async throws -> GoldenSet {
    let results = try await results(of: try await completedJob(request.jobID))
    guard results.images.count <= GoldenDraft.maxPictures else {
      throw Self.unfit("The job has more than \(GoldenDraft.maxPictures) pictures")
    }
    let files = results.images.map(\.file)
    // Before a copy is made.
    guard files.reduce(0, { $0 + $1.sizeBytes }) <= settings.maxGoldenBytes else {
      throw Self.unfit("The pictures have more than \(settings.maxGoldenBytes) bytes together")
    }
    return try await registry.withGoldenFiles(files.count) { paths in
      var pictures: [GoldenDraft.Picture] = []
      for ((image, path), filename) in zip(zip(results.images, paths), exportNames(files)) {
        let file = image.file
        var picture = GoldenDraft.Picture(
          filename: filename, path: path, sizeBytes: file.sizeBytes, sha256: file.sha256,
          size: PixelSize(width: file.width, height: file.height))
        picture.expected = try await expected(in: image, request.minConfidence, results.model)
        try await blobs.copy(file.blobKey, to: path)
        pictures.append(picture)
      }
      let draft: GoldenDraft
      do {
        draft = try GoldenDraft(
          pictures: pictures, labels: Set(results.model.classNames), demand: request.demand,
          maxBytes: settings.maxGoldenBytes)
      } catch let error as DetectionError where error.code == .invalidFormat {
        throw Self.unfit(error.message)
      }
      return try await registry.putGoldenSet(draft, of: name, by: creator)
    }
  }

  private func expected(
    in image: StoredImage, _ minConfidence: Double, _ model: ModelIdentity
  ) async throws -> [ExpectedBox] {
    guard case .found(let stored, let key) = image.outcome else {
      throw Self.unfit("The picture \(image.file.filename) has failed")
    }
    let range = stored.byteRange(of: 0..<stored.image.detectionCount)
    let bytes = try await storedBlob(key).read(at: range.lowerBound, count: range.count)
    return try stored.detections(in: bytes).filter { Double($0.confidence) >= minConfidence }
      .map { ExpectedBox($0, label: model.className($0.classID)) }
  }

  private static func unfit(_ words: String) -> APIError {
    APIError(
      .invalidConfig, "This job cannot be golden",
      entries: [.field("job_id", "INVALID_VALUE", words)])
  }
}
