/// The contract's `json` results: model, class distribution and every detection of every image.
func detectionsJSON(_ results: ResultSet) -> String {
  var json = JSONWriter()
  json.object { json in
    json.object("model") { json in
      json.string("name", results.model.name)
      json.string("task", results.model.task.rawValue)
      json.string("sha256", results.model.sha256)
    }
    json.integer("total_images", results.images.count)
    json.integer("total_detections", results.totalDetections)
    json.array("class_distribution") { json in
      for entry in results.classDistribution {
        json.object { json in
          json.integer("class_id", entry.classID)
          json.string("class_name", entry.className)
          json.integer("count", entry.count)
          json.number("average_confidence", entry.averageConfidence, places: 4)
        }
      }
    }
    json.array("results") { json in
      for image in results.images { writeImage(image, of: results.model, to: &json) }
    }
  }
  return json.text + "\n"
}

/// One image as an object on one line, as `--json-lines` prints it.
public func imageJSON(_ image: ImageResult, of model: DetectionModel) -> String {
  var json = JSONWriter()
  writeImage(image, of: model, to: &json)
  return json.text
}

private func writeImage(
  _ image: ImageResult, of model: DetectionModel, to json: inout JSONWriter
) {
  json.object { json in
    if let fileID = image.fileID { json.string("file_id", fileID) }
    json.string("filename", image.filename)
    switch image.outcome {
    case .failed(let error):
      json.object("error") { json in
        json.string("code", error.code.rawValue)
        json.string("message", error.message)
      }
    case .found(let found):
      json.integer("width", found.width)
      json.integer("height", found.height)
      json.integer("detection_count", found.detections.count)
      json.number("inference_seconds", found.inference.seconds, places: 3)
      json.integer("slices", found.regionCount)
      json.array("detections") { json in
        for detection in found.detections {
          write(detection, in: found, of: model, to: &json)
        }
      }
    }
  }
}

private func write(
  _ detection: Detection, in image: ImageDetections, of model: DetectionModel,
  to json: inout JSONWriter
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
  }
}

private func write(_ box: OrientedBox, to json: inout JSONWriter) {
  json.object("obb") { json in
    json.number("center_x", box.centerX, places: 3)
    json.number("center_y", box.centerY, places: 3)
    json.number("width", box.width, places: 3)
    json.number("height", box.height, places: 3)
    json.number("angle_degrees", box.angleDegrees, places: 4)
    json.array("polygon") { json in
      for corner in box.polygon {
        json.array { json in
          json.element(corner.x, places: 3)
          json.element(corner.y, places: 3)
        }
      }
    }
  }
}

extension BoundingBox {
  /// Corners divided by the image's width and height.
  func normalized(by image: ImageDetections) -> BoundingBox {
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
