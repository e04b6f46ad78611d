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

  /// The document in pieces. Of YOLO and VOC, which are one file an image, those files one after the other.
  public func document(of overview: ResultOverview) -> any ResultDocument {
    switch self {
    case .json: DetectionsJSON(overview)
    case .yolo: YOLOLabels()
    case .coco: COCODocument(overview)
    case .voc: VOCDocument(model: overview.model)
    case .csv: CSVTable(overview)
    case .geojson: GeoJSONDocument(overview)
    }
  }

  /// The whole document.
  public func document(_ results: ResultSet) -> String {
    let overview = results.overview
    var document = document(of: overview)
    var text = document.begin()
    for (image, heading) in zip(results.images, overview.images) {
      text += document.begin(heading)
      text += document.add(image.detections, changes: image.changes, to: heading)
      text += document.end(heading)
    }
    return text + document.end()
  }
}

/// One format, written piece by piece, so that no more than a piece need be in memory.
///
/// `begin()`; for each image in turn `begin(_:)`, its detections in any number of runs by `add(_:to:)`,
/// `end(_:)`; at last `end()`. The pieces in their order are the document.
public protocol ResultDocument: Sendable {
  mutating func begin() -> String
  mutating func begin(_ image: ImageHeading) -> String
  mutating func add(_ detections: [Detection], to image: ImageHeading) -> String
  /// - Parameter changes: what rules did to each of the detections; empty where they did nothing.
  mutating func add(
    _ detections: [Detection], changes: [DetectionChange?], to image: ImageHeading
  ) -> String
  mutating func end(_ image: ImageHeading) -> String
  mutating func end() -> String
}

extension ResultDocument {
  public mutating func begin() -> String { "" }
  public mutating func begin(_ image: ImageHeading) -> String { "" }
  /// Of a format that does not tell of rules.
  public mutating func add(
    _ detections: [Detection], changes: [DetectionChange?], to image: ImageHeading
  ) -> String {
    add(detections, to: image)
  }
  public mutating func end(_ image: ImageHeading) -> String { "" }
  public mutating func end() -> String { "" }
}
