/// The contract's `json` results: model, class distribution and every detection of every image.
public struct DetectionsJSON: ResultDocument {
  private let overview: ResultOverview
  private var json: JSONWriter

  /// - Parameter json: a document with an object open, to which the members are added, and which is closed
  ///   at the end; nil for a document of their own.
  public init(_ overview: ResultOverview, inside json: JSONWriter? = nil) {
    self.overview = overview
    self.json = json ?? JSONWriter()
    if json == nil { self.json.beginObject() }
  }

  public mutating func begin() -> String {
    json.object("model") { $0.members(of: overview.model) }
    json.integer("total_images", overview.images.count)
    json.integer("total_detections", overview.totalDetections)
    json.array("class_distribution") { json in
      for entry in overview.classDistribution {
        json.object { json in
          json.integer("class_id", entry.classID)
          json.string("class_name", entry.className)
          json.integer("count", entry.count)
          json.number("average_confidence", entry.averageConfidence, places: 4)
        }
      }
    }
    json.beginArray("results")
    return json.take()
  }

  public mutating func begin(_ image: ImageHeading) -> String {
    json.beginImage(image)
    return json.take()
  }

  public mutating func add(_ detections: [Detection], to image: ImageHeading) -> String {
    add(detections, changes: [], to: image)
  }

  public mutating func add(
    _ detections: [Detection], changes: [DetectionChange?], to image: ImageHeading
  ) -> String {
    json.add(detections, changes, to: image, of: overview.model)
    return json.take()
  }

  public mutating func end(_ image: ImageHeading) -> String {
    json.endImage(image)
    return json.take()
  }

  public mutating func end() -> String {
    json.endAll()
    return json.take() + "\n"
  }
}

/// One image as an object on one line, as `--json-lines` prints it.
public func imageJSON(_ image: ImageResult, of model: DetectionModel) -> String {
  let heading = ImageHeading(image, number: 1)
  var json = JSONWriter()
  json.beginImage(heading)
  json.add(image.detections, image.changes, to: heading, of: model.identity)
  json.endImage(heading)
  return json.text
}

extension JSONWriter {
  /// Name, version, task and hash, as far as they are known.
  public mutating func members(of model: ModelIdentity) {
    let name = VersionedName(model.name)
    string("name", name.name)
    if let version = name.version { integer("version", version) }
    if let task = model.task { string("task", task.rawValue) }
    if let sha256 = model.sha256 { string("sha256", sha256) }
  }

  /// The `error` of an image that failed.
  public mutating func imageError(code: String, message: String) {
    object("error") { json in
      json.string("code", code)
      json.string("message", message)
    }
  }

  fileprivate mutating func beginImage(_ image: ImageHeading) {
    beginObject()
    if let fileID = image.fileID { string("file_id", fileID) }
    string("filename", image.filename)
    switch image.outcome {
    case .failed(let code, let message):
      imageError(code: code, message: message)
    case .found(let found):
      integer("width", found.width)
      integer("height", found.height)
      integer("detection_count", found.detectionCount)
      number("inference_seconds", found.inferenceSeconds, places: 3)
      integer("slices", found.regionCount)
      beginArray("detections")
    }
  }

  fileprivate mutating func add(
    _ detections: [Detection], _ changes: [DetectionChange?], to image: ImageHeading,
    of model: ModelIdentity
  ) {
    guard let found = image.found else { return }
    for (index, detection) in detections.enumerated() {
      let change = changes.isEmpty ? nil : changes[index]
      write(detection, change, in: found, of: model, to: &self)
    }
  }

  fileprivate mutating func reasoning(_ change: DetectionChange) {
    object("reasoning") { json in
      json.number("confidence_before", change.confidenceBefore, places: 6)
      json.array("rules") { json in for rule in change.rules { json.element(rule.name) } }
    }
  }

  /// Points of an open array, `[x, y]` each.
  fileprivate mutating func points(_ points: [Point]) {
    for point in points {
      array { json in
        json.element(point.x, places: 3)
        json.element(point.y, places: 3)
      }
    }
  }

  fileprivate mutating func endImage(_ image: ImageHeading) {
    if image.found != nil { end() }
    end()
  }
}

private func write(
  _ detection: Detection, _ change: DetectionChange?, in image: ImageSummary,
  of model: ModelIdentity, to json: inout JSONWriter
) {
  json.object { json in
    json.integer("class_id", detection.classID)
    json.string("class_name", model.className(detection.classID))
    json.number("confidence", detection.confidence, places: 6)
    json.object("bbox") { json in
      json.string("format", "xyxy")
      json.number("x_min", detection.box.xMin, places: 3)
      json.number("y_min", detection.box.yMin, places: 3)
      json.number("x_max", detection.box.xMax, places: 3)
      json.number("y_max", detection.box.yMax, places: 3)
    }
    let box = detection.box.normalized(by: image)
    json.object("bbox_normalized") { json in
      json.string("format", "yolo")
      json.number("center_x", box.centerX, places: 6)
      json.number("center_y", box.centerY, places: 6)
      json.number("width", box.width, places: 6)
      json.number("height", box.height, places: 6)
    }
    if let oriented = detection.orientedBox { write(oriented, to: &json) }
    if let mask = detection.mask { write(mask, to: &json) }
    if let change { json.reasoning(change) }
  }
}

private func write(_ box: OrientedBox, to json: inout JSONWriter) {
  json.object("obb") { json in
    json.number("center_x", box.centerX, places: 3)
    json.number("center_y", box.centerY, places: 3)
    json.number("width", box.width, places: 3)
    json.number("height", box.height, places: 3)
    json.number("angle_degrees", box.angleDegrees, places: 4)
    json.array("polygon") { $0.points(box.polygon) }
  }
}

/// `holes` only where there are some; `area` counts the mask's pixels, which holes are none of.
private func write(_ mask: InstanceMask, to json: inout JSONWriter) {
  let polygons = MaskPolygons(mask)
  json.object("segmentation") { json in
    json.array("polygons") { json in
      for ring in polygons.rings { json.array { $0.points(ring) } }
    }
    if !polygons.holes.isEmpty {
      json.array("holes") { json in
        for ring in polygons.holes { json.array { $0.points(ring) } }
      }
    }
    json.integer("area", mask.areaPixels)
  }
}

extension BoundingBox {
  /// Corners divided by the image's width and height.
  func normalized(by image: ImageSummary) -> BoundingBox {
    let (width, height) = (Float(image.width), Float(image.height))
    return BoundingBox(
      xMin: xMin / width, yMin: yMin / height, xMax: xMax / width, yMax: yMax / height)
  }
}

extension Duration {
  /// Seconds as a number, for documents and summaries.
  public var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
