/// What was found in one image, or why nothing could be.
public struct ImageResult: Sendable {
  public enum Outcome: Sendable {
    case found(ImageDetections)
    case failed(DetectionError)
  }

  /// As the client named it, without folders.
  public var filename: String
  /// The service's id of the file; nil on the command line.
  public var fileID: String?
  public var outcome: Outcome

  public init(filename: String, fileID: String? = nil, outcome: Outcome) {
    self.filename = filename
    self.fileID = fileID
    self.outcome = outcome
  }

  /// Empty for an image that failed.
  public var detections: [Detection] { found?.detections ?? [] }

  /// What rules did to each of the detections; empty where they did nothing.
  var changes: [DetectionChange?] {
    guard let changes = found?.reasoning?.changes, !changes.isEmpty else { return [] }
    return detections.indices.map { changes[$0] }
  }

  public var found: ImageDetections? {
    if case .found(let detections) = outcome { detections } else { nil }
  }
}

/// The results of one run, ready to be written in any format.
public struct ResultSet: Sendable {
  public var model: DetectionModel
  public var images: [ImageResult]

  public init(model: DetectionModel, images: [ImageResult]) {
    self.model = model
    self.images = images
  }

  public var totalDetections: Int { images.reduce(0) { $0 + $1.detections.count } }

  /// Count and mean confidence of each class that was found, by class id.
  public var classDistribution: [ClassCount] {
    var tally = ClassTally()
    for image in images { tally.add(image.detections) }
    return tally.distribution(of: model.identity)
  }

  var overview: ResultOverview {
    ResultOverview(
      model: model.identity,
      images: images.enumerated().map { ImageHeading($1, number: $0 + 1) },
      classDistribution: classDistribution)
  }
}
