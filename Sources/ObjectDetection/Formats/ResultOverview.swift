/// What a document says of its results beside the detections; known before the first of them is written.
public struct ResultOverview: Sendable {
  public var model: ModelIdentity
  public var images: [ImageHeading]
  public var classDistribution: [ClassCount]

  public init(model: ModelIdentity, images: [ImageHeading], classDistribution: [ClassCount]) {
    self.model = model
    self.images = images
    self.classDistribution = classDistribution
  }

  public var totalDetections: Int { images.reduce(0) { $0 + ($1.found?.detectionCount ?? 0) } }
}

/// What a document says of one image beside its detections.
public struct ImageHeading: Sendable, Equatable {
  public enum Outcome: Sendable, Equatable {
    case found(ImageSummary)
    /// A code of the HTTP contract, and words for people.
    case failed(code: String, message: String)
  }

  /// The image's place in its run, from 1.
  public var number: Int
  /// As the client named it, without folders.
  public var filename: String
  /// The service's id of the file; nil on the command line.
  public var fileID: String?
  public var outcome: Outcome
  /// Where the image lies on Earth, if it says so.
  public var georeference: Georeference?

  public init(number: Int, filename: String, fileID: String? = nil, outcome: Outcome) {
    self.number = number
    self.filename = filename
    self.fileID = fileID
    self.outcome = outcome
  }

  init(_ image: ImageResult, number: Int) {
    let outcome: Outcome =
      switch image.outcome {
      case .found(let detections): .found(ImageSummary(detections))
      case .failed(let error): .failed(code: error.code.rawValue, message: error.message)
      }
    self.init(
      number: number, filename: image.filename, fileID: image.fileID, outcome: outcome)
  }

  /// nil for an image that failed.
  public var found: ImageSummary? {
    if case .found(let summary) = outcome { summary } else { nil }
  }
}

/// One image and what it took, without the detections themselves.
public struct ImageSummary: Sendable, Equatable {
  /// Pixels of the upright image.
  public var width: Int
  public var height: Int
  public var detectionCount: Int
  /// Slices and, if it was looked at, the full image.
  public var regionCount: Int
  /// Regions whose least confident boxes are missing.
  public var cappedRegionCount: Int
  /// Detections that `maxDetections` cut off.
  public var droppedByMaxDetections: Int
  public var inferenceSeconds: Double

  public init(
    width: Int, height: Int, detectionCount: Int, regionCount: Int, cappedRegionCount: Int = 0,
    droppedByMaxDetections: Int = 0, inferenceSeconds: Double = 0
  ) {
    self.width = width
    self.height = height
    self.detectionCount = detectionCount
    self.regionCount = regionCount
    self.cappedRegionCount = cappedRegionCount
    self.droppedByMaxDetections = droppedByMaxDetections
    self.inferenceSeconds = inferenceSeconds
  }

  init(_ image: ImageDetections) {
    self.init(
      width: image.width, height: image.height, detectionCount: image.detections.count,
      regionCount: image.regionCount, cappedRegionCount: image.cappedRegionCount,
      droppedByMaxDetections: image.droppedByMaxDetections,
      inferenceSeconds: image.inference.seconds)
  }
}

/// How often one class was found.
public struct ClassCount: Sendable, Equatable {
  public var classID: Int
  public var className: String
  public var count: Int
  /// 0...1.
  public var averageConfidence: Double
}

/// Counts detections by class, a run of them at a time.
public struct ClassTally: Sendable {
  private var sums: [Int: (count: Int, confidence: Double)] = [:]

  public init() {}

  public mutating func add(_ detections: [Detection]) {
    for detection in detections {
      sums[detection.classID, default: (0, 0)].count += 1
      sums[detection.classID, default: (0, 0)].confidence += Double(detection.confidence)
    }
  }

  /// By class id.
  public func distribution(of model: ModelIdentity) -> [ClassCount] {
    sums.sorted { $0.key < $1.key }.map { classID, sum in
      ClassCount(
        classID: classID, className: model.className(classID), count: sum.count,
        averageConfidence: sum.confidence / Double(sum.count))
    }
  }
}
