/// A COCO document with scores, as pycocotools loads it: image and annotation ids count from 1, category
/// ids are the model's class ids. Source: cocodataset.org, "Data format".
func cocoDocument(_ results: ResultSet) -> String {
  var json = JSONWriter()
  json.object { json in
    json.object("info") { json in
      json.string("description", "Detections by Harrier")
      json.string("model", results.model.name)
    }
    json.array("licenses") { _ in }
    json.array("images") { json in
      for (index, image) in results.images.enumerated() {
        guard let found = image.found else { continue }
        json.object { json in
          json.integer("id", index + 1)
          json.string("file_name", image.filename)
          json.integer("width", found.width)
          json.integer("height", found.height)
        }
      }
    }
    json.array("categories") { json in
      // End-to-end models may find classes that they do not name.
      let unnamed = results.classDistribution.map(\.classID).filter {
        !results.model.classNames.indices.contains($0)
      }
      for classID in Array(results.model.classNames.indices) + unnamed {
        json.object { json in
          json.integer("id", classID)
          json.string("name", results.model.className(classID))
          json.string("supercategory", "object")
        }
      }
    }
    writeAnnotations(results, to: &json)
  }
  return json.text + "\n"
}

private func writeAnnotations(_ results: ResultSet, to json: inout JSONWriter) {
  json.array("annotations") { json in
    var id = 0
    for (index, image) in results.images.enumerated() {
      for detection in image.detections {
        id += 1
        json.object { json in
          json.integer("id", id)
          json.integer("image_id", index + 1)
          json.integer("category_id", detection.classID)
          let box = detection.box
          json.array("bbox") { json in
            for value in [box.xMin, box.yMin, box.width, box.height] {
              json.element(value, places: 3)
            }
          }
          json.number(
            "area", detection.orientedBox?.areaPixels ?? box.areaPixels, places: 3)
          json.number("score", detection.confidence, places: 6)
          json.integer("iscrowd", 0)
          json.array("segmentation") { json in
            guard let oriented = detection.orientedBox else { return }
            json.array { json in
              for corner in oriented.polygon {
                json.element(corner.x, places: 3)
                json.element(corner.y, places: 3)
              }
            }
          }
        }
      }
    }
  }
}
