import Foundation
import ObjectDetection

/// What people marked in a picture, from the YOLO label file of its name; nil when there is none.
///
/// - Parameter truth: a folder of label files, or one file.
/// - Throws: `DetectionError(.invalidFormat)` that names the file and the line.
func labels(
  of picture: String, in truth: String, width: Int, height: Int
) throws -> [GroundTruth]? {
  let stem = (picture as NSString).deletingPathExtension
  let path = truth.hasSuffix(".txt") ? truth : "\(truth)/\(stem).txt"
  guard FileManager.default.fileExists(atPath: path) else { return nil }
  let text: String
  do {
    text = try String(contentsOfFile: path, encoding: .utf8)
  } catch {
    throw DetectionError(.invalidFormat, "\(path): cannot be read as text", cause: "\(error)")
  }
  return try GroundTruth.yolo(text, file: path, width: width, height: height)
}
