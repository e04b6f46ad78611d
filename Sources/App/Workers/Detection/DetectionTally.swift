import ObjectDetection

/// What a job found, over all its images and attempts.
struct DetectionTally {
  private let model: DetectionModel
  private var images = 0
  private var failedImages = 0
  private var detections = 0
  private var confidenceSum = 0.0
  private var countByClass: [Int: Int] = [:]
  private var earlierTime = Duration.zero

  init(model: DetectionModel) { self.model = model }

  /// Whether any image has a result.
  var hasImages: Bool { images > 0 }

  mutating func add(_ image: ImageDetections) {
    images += 1
    detections += image.detections.count
    for detection in image.detections {
      confidenceSum += Double(detection.confidence)
      countByClass[detection.classID, default: 0] += 1
    }
  }

  mutating func addFailure() { failedImages += 1 }

  /// Inference that an earlier attempt has done: all that is known of its time.
  mutating func addEarlierTime(_ time: Duration) { earlierTime += time }

  /// The contract's `summary`. Without detections there is no average.
  func summary(processing: Duration) -> String {
    var json = JSONWriter()
    json.object { json in
      json.integer("total_detections", detections)
      if detections > 0 {
        json.number("average_confidence", confidenceSum / Double(detections), places: 4)
      }
      json.number("processing_time_seconds", (processing + earlierTime).seconds, places: 3)
      json.object("detections_by_class") { json in
        for (classID, count) in countByClass.sorted(by: { $0.key < $1.key }) {
          json.integer(model.className(classID), count)
        }
      }
      json.integer("failed_images", failedImages)
    }
    return json.text
  }
}
