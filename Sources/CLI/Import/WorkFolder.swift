import Foundation
import ObjectDetection

/// A temporary folder that only this user can read.
struct WorkFolder {
  let path: String

  /// - Throws: `DetectionError(.storageError)`.
  init() throws {
    // Rules of a sandbox know files behind links only by their real place.
    path =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path
      + "/harrier-import-\(UUID())"
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw DetectionError(.storageError, "\(path) cannot be made", cause: "\(error)")
    }
  }

  func remove() {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      printError("\(path) cannot be removed: \(error)")
    }
  }
}
