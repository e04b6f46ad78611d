/// A COCO document with scores, as pycocotools loads it: annotation ids count from 1 over all images, image ids
/// are the images' numbers, category ids the model's class ids. Of a mask, `segmentation` is its outer rings, because
/// COCO's polygons have no holes, and `area` its pixels. Source: cocodataset.org, "Data format".
struct COCODocument: ResultDocument {
  private let overview: ResultOverview
  private var json = JSONWriter()
  private var annotations = 0

  init(_ overview: ResultOverview) { self.overview = overview }

  mutating func begin() -> String {
    json.beginObject()
    json.object("info") { json in
      json.string("description", "Detections by Harrier")
      json.string("model", overview.model.name)
    }
    json.array("licenses") { _ in }
    json.array("images") { json in
      for image in overview.images {
        guard let found = image.found else { continue }
        json.object { json in
          json.integer("id", image.number)
          json.string("file_name", image.filename)
          if let fileID = image.fileID { json.string("file_id", fileID) }
          json.integer("width", found.width)
          json.integer("height", found.height)
        }
      }
    }
    json.array("categories") { json in
      let model = overview.model
      // End-to-end models may find classes that they do not name.
      let unnamed = overview.classDistribution.map(\.classID).filter {
        !model.classNames.indices.contains($0)
      }
      for classID in Array(model.classNames.indices) + unnamed {
        json.object { json in
          json.integer("id", classID)
          json.string("name", model.className(classID))
          json.string("supercategory", "object")
        }
      }
    }
    json.beginArray("annotations")
    return json.take()
  }

  mutating func add(_ detections: [Detection], to image: ImageHeading) -> String {
    for detection in detections {
      annotations += 1
      write(detection, of: image)
    }
    return json.take()
  }

  mutating func end() -> String {
    json.endAll()
    return json.take() + "\n"
  }

  private mutating func write(_ detection: Detection, of image: ImageHeading) {
    let id = annotations
    json.object { json in
      json.integer("id", id)
      json.integer("image_id", image.number)
      json.integer("category_id", detection.classID)
      let box = detection.box
      json.array("bbox") { json in
        for value in [box.xMin, box.yMin, box.width, box.height] {
          json.element(value, places: 3)
        }
      }
      let area =
        detection.mask.map { Float($0.areaPixels) } ?? detection.orientedBox?.areaPixels
        ?? box.areaPixels
      json.number("area", area, places: 3)
      json.number("score", detection.confidence, places: 6)
      json.integer("iscrowd", 0)
      json.array("segmentation") { json in
        for ring in Self.rings(of: detection) {
          json.array { json in
            for corner in ring {
              json.element(corner.x, places: 3)
              json.element(corner.y, places: 3)
            }
          }
        }
      }
    }
  }

  /// None for a detection that is a box.
  private static func rings(of detection: Detection) -> [[Point]] {
    if let mask = detection.mask { return MaskPolygons(mask).rings }
    return detection.orientedBox.map { [$0.polygon] } ?? []
  }
}
