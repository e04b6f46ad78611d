import Jobs
import ObjectDetection

/// The formats that are one file an image, as the contract's `data.files`.
struct LabelFiles: ResultDocument {
  private let overview: ResultOverview
  private let jobID: JobID
  private let isYOLO: Bool
  private var labels: any ResultDocument
  private var json: JSONWriter

  /// - Parameter json: a document with the object `data` open.
  init(_ format: ResultFormat, of overview: ResultOverview, job: JobID, inside json: JSONWriter) {
    self.overview = overview
    self.json = json
    jobID = job
    isYOLO = format == .yolo
    labels = format.document(of: overview)
  }

  mutating func begin() -> String {
    let model = overview.model
    json.object("model") { $0.members(of: model) }
    json.integer("total_images", overview.images.count)
    json.integer("total_detections", overview.totalDetections)
    json.beginArray("files")
    return json.take()
  }

  mutating func begin(_ image: ImageHeading) -> String {
    json.beginObject()
    if let fileID = image.fileID { json.string("file_id", fileID) }
    json.string("filename", image.filename)
    switch image.outcome {
    case .failed(let code, let message):
      json.imageError(code: code, message: message)
    case .found:
      json.beginString(isYOLO ? "label_content" : "xml")
      json.continueString(labels.begin(image))
    }
    return json.take()
  }

  mutating func add(_ detections: [Detection], to image: ImageHeading) -> String {
    json.continueString(labels.add(detections, to: image))
    return json.take()
  }

  mutating func end(_ image: ImageHeading) -> String {
    if image.found != nil {
      json.continueString(labels.end(image))
      json.end()
      if isYOLO, let fileID = image.fileID {
        json.string("download_url", "/api/v1/jobs/\(jobID)/results/\(fileID)/labels.txt")
      }
    }
    json.end()
    return json.take()
  }

  mutating func end() -> String {
    json.endAll()
    return json.take() + "\n"
  }
}
