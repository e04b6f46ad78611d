import Foundation
import ObjectDetection

/// Results whose written forms are computed by hand in the format suites.
enum ResultSamples {
  static let model = DetectionModel(
    name: "aerial15", task: .detect, classNames: ["plane", "ship"],
    inputSize: PixelSize(width: 640, height: 640), layout: .yolov8, sha256: "0a1b")

  /// Centre (60.5, 40.25), 100 x 40 pixels.
  static let plain = Detection(
    classID: 1, confidence: 0.95,
    box: BoundingBox(xMin: 10.5, yMin: 20.25, xMax: 110.5, yMax: 60.25))

  /// 40 x 20 pixels turned by a quarter: 20 wide, 40 high; corners (90, 70), (110, 70), (110, 30),
  /// (90, 30).
  static let oriented = Detection(
    classID: 0, confidence: 0.5,
    orientedBox: OrientedBox(centerX: 100, centerY: 50, width: 40, height: 20, angle: .pi / 2))

  /// An image of 200 x 100 pixels.
  static func image(
    _ detections: [Detection], named filename: String = "a.jpg", fileID: String? = nil
  ) -> ImageResult {
    ImageResult(
      filename: filename, fileID: fileID,
      outcome: .found(
        ImageDetections(
          width: 200, height: 100, detections: detections, regionCount: 3,
          inference: .milliseconds(1250))))
  }

  static let failed = ImageResult(
    filename: "broken.jpg", outcome: .failed(DetectionError(.corruptedFile, "it is cut off")))

  /// A plain box, a failed image, an image without detections, an oriented box.
  static let results = ResultSet(
    model: model,
    images: [
      image([plain], named: "a.jpg", fileID: "img_1"), failed, image([], named: "b.jpg"),
      image([oriented], named: "c.jpg"),
    ])

  /// Names that trip careless writers.
  static let awkwardNames = [
    "quote\"d", "back\\slash", "comma, semicolon; tab\t", "line\nfeed", "Windows\r\nline",
    "<tag attribute='1'> & &amp;", "driver's", "\u{e9}\u{8239}\u{1F6A2}",
    "quote\"\u{301} with accent",
    "bell\u{7} delete\u{7f}", "separator\u{2028}\u{2029}", "noncharacter\u{fffe}\u{ffff}", "",
    "]]>", "100%", "=1+1",
  ]
}

/// A parsed document whose parts are found by paths such as `results.0.bbox.x_min`.
struct ParsedJSON {
  private let root: Any

  init(_ text: String) throws {
    root = try JSONSerialization.jsonObject(with: Data(text.utf8))
  }

  private func value(_ path: String) -> Any? {
    path.split(separator: ".").reduce(root as Any?) { value, step in
      if let list = value as? [Any], let index = Int(step), list.indices.contains(index) {
        return list[index]
      }
      return (value as? [String: Any])?[String(step)]
    }
  }

  func string(_ path: String) -> String? { value(path) as? String }
  func number(_ path: String) -> Double? { value(path) as? Double }
  func integer(_ path: String) -> Int? { value(path) as? Int }
  func count(_ path: String) -> Int? { (value(path) as? [Any])?.count }
  func numbers(_ path: String) -> [Double]? { value(path) as? [Double] }
  func points(_ path: String) -> [[Double]]? { value(path) as? [[Double]] }
  func keys(_ path: String) -> [String]? { (value(path) as? [String: Any])?.keys.sorted() }
}
