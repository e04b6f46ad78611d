import ObjectDetection
import Testing

@testable import App

/// The example of the contract, with ids of the right form.
let predictExample = """
  {"upload_id": "upl_0123456789ab", "file_ids": ["img_0123456789ab", "img_0123456789ac"],
   "config": {
     "model": "aerial15-obb",
     "confidence_threshold": 0.25, "iou_threshold": 0.45, "max_detections": 3000, "classes": ["plane", "ship"],
     "sahi": {"enabled": true, "slice_width": 640, "slice_height": 640, "overlap_ratio": 0.2, "full_image": true, "merge": "greedy_nmm", "merge_metric": "iou"},
     "symbolic_reasoning": {"enabled": true, "rules": "dota"},
     "visualization": {"enabled": true, "show_labels": true, "confidence_display": true, "line_width": null, "format": "jpeg"}},
   "priority": "normal", "callback_url": null}
  """

func predictRequest(
  _ body: String, callbacks policy: AddressPolicy = .internetOnly
) throws -> PredictRequest {
  try PredictRequest(
    parsing: Array(body.utf8), defaultModel: "tree-crowns", maxFiles: 100, callbacks: policy)
}

/// A request with this `config`.
func predictRequest(config: String) throws -> PredictRequest {
  try predictRequest(#"{"upload_id": "upl_0123456789ab", "config": \#(config)}"#)
}

func configuration(_ config: String) throws -> DetectionConfiguration {
  try predictRequest(config: config).configuration
}

/// The fields at fault and their codes, as `field CODE`.
func faults(_ body: String) -> [String] {
  do {
    _ = try predictRequest(body)
    return []
  } catch let error as APIError {
    return error.entries.map { "\($0.field ?? "-") \($0.code)" }
  } catch {
    return ["\(error)"]
  }
}

func faults(config: String) -> [String] {
  faults(#"{"upload_id": "upl_0123456789ab", "config": \#(config)}"#)
}

let aerialModel = InstalledModel(
  name: "aerial15-obb", task: .obb, classNames: ["plane", "ship", "storage tank"],
  inputSize: PixelSize(width: 640, height: 640), sha256: "00", sizeBytes: 1)
