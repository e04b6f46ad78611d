import Foundation
import ObjectDetection

/// The pictures that an import is judged on.
struct ImportSamples: Sendable {
  /// More prove no more, and each is looked at some times.
  private static let comparedPictures = 64
  /// Ranges of numbers do not change with more.
  private static let calibrationPictures = 300

  /// Paths, in the order of the arguments.
  let compared: [String]
  let calibration: [String]
  /// Whether they are Harrier's own, which need not look like the model's.
  let areBuiltIn: Bool

  /// - Parameter arguments: pictures and folders of them; none takes the pictures of the installation.
  /// - Throws: `DetectionError` naming what is not there.
  init(_ arguments: [String]) throws {
    areBuiltIn = arguments.isEmpty
    let sources = arguments.isEmpty ? [Installation.samplesDirectory].compactMap(\.self) : arguments
    guard !sources.isEmpty else {
      throw DetectionError(
        .invalidConfig, "there are no sample pictures here: name some with --samples")
    }
    let images = inputImages(sources)
    if let problem = images.compactMap(\.problem).first { throw problem }
    let paths = try images.map { image in
      guard FileManager.default.isReadableFile(atPath: image.path) else {
        throw DetectionError(.fileNotFound, "\(image.path): no such picture")
      }
      return URL(fileURLWithPath: image.path).standardizedFileURL.path
    }
    compared = Self.spread(paths, Self.comparedPictures)
    calibration = Self.spread(paths, Self.calibrationPictures)
  }

  /// So many of them, evenly from the first to the last.
  private static func spread(_ paths: [String], _ count: Int) -> [String] {
    guard paths.count > count else { return paths }
    return (0..<count).map { paths[$0 * paths.count / count] }
  }
}
