public import ObjectDetection

extension ModelProbeProcess {
  /// A hundred pictures with 3,000 oriented boxes each, the most that golden pictures make, are some 60 MB.
  private static let outputBytes = 128 << 20

  public func detect(
    path: String, in pictures: [String], timeLimit: Duration
  ) async throws -> ProbedPictures {
    let result = try await withLinkedModel(path) { model in
      var request = ProbeRequest(model: model, precision: precision, samples: pictures)
      request.standard = true
      return try await run(request, within: timeLimit, outputBytes: Self.outputBytes)
    }
    for (picture, path) in zip(result.pictures, pictures) {
      guard let problem = picture.problem else { continue }
      throw DetectionError(
        .corruptedFile, problem.hasPrefix(path) ? problem : "\(path): \(problem)")
    }
    guard let labels = result.labels, result.pictures.count == pictures.count else {
      throw DetectionError(.modelLoadError, "its process has not looked at every picture")
    }
    return ProbedPictures(
      labels: labels,
      pictures: try result.pictures.map { picture in
        try (picture.standard ?? []).map { try $0.detection() }
      })
  }
}
