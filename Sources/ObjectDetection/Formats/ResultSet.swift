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
    var sums: [Int: (count: Int, confidence: Double)] = [:]
    for detection in images.lazy.flatMap(\.detections) {
      sums[detection.classID, default: (0, 0)].count += 1
      sums[detection.classID, default: (0, 0)].confidence += Double(detection.confidence)
    }
    return sums.sorted { $0.key < $1.key }.map { classID, sum in
      ClassCount(
        classID: classID, className: model.className(classID), count: sum.count,
        averageConfidence: sum.confidence / Double(sum.count))
    }
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

/// The formats that results can be written in.
public enum ResultFormat: String, Sendable, CaseIterable {
  case json, yolo, coco, voc, csv, geojson

  public var fileExtension: String {
    switch self {
    case .json, .coco: "json"
    case .yolo: "txt"
    case .voc: "xml"
    case .csv: "csv"
    case .geojson: "geojson"
    }
  }

  /// The whole document.
  public func document(_ results: ResultSet) -> String {
    switch self {
    case .json: detectionsJSON(results)
    case .yolo: results.images.map(yoloLabels).joined()
    case .coco: cocoDocument(results)
    case .voc: results.images.map { vocDocument($0, model: results.model) }.joined()
    case .csv: csvTable(results)
    case .geojson: geoJSONDocument(results)
    }
  }
}
