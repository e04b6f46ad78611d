import Foundation
public import ObjectDetection

extension ModelProbeProcess {
  /// A hundred pictures with 3,000 oriented boxes each, the most that golden pictures make, are some 60 MB.
  private static let outputBytes = 128 << 20

  public func detect(
    path: String, in pictures: [String], timeLimit: Duration
  ) async throws -> ProbedPictures {
    let folder = "\(temporaryFolder)/probed-\(UUID())"
    defer {
      // What is left all the same lies in a temporary folder.
      try? FileManager.default.removeItem(atPath: folder)
    }
    var request = ProbeRequest(
      model: try Self.linked(path, in: folder), precision: precision, samples: pictures)
    request.standard = true
    let result: ProbeResult
    do {
      result = try await run(request, within: timeLimit, outputBytes: Self.outputBytes)
    } catch let error as DetectionError {
      // The folder is ours, and says nothing to anybody.
      throw DetectionError(
        error.code, error.message.replacing("\(folder)/", with: ""), cause: error.cause)
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
