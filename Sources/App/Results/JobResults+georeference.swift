import Foundation
import Jobs
import NIOPosix
import ObjectDetection

extension JobResults {
  /// Where the images lie on Earth; nil for each that does not say so.
  ///
  /// - Throws: `JobsError` when an original cannot be read.
  func georeferences(_ service: Service) async throws -> [Georeference?] {
    var georeferences: [Georeference?] = []
    for image in images {
      guard case .found = image.outcome, image.file.format == ImageFormat.tiff.rawValue else {
        georeferences.append(nil)
        continue
      }
      georeferences.append(
        try await service.blobs.withLocalFile(image.file.blobKey) { path in
          try await NIOThreadPool.singleton.runIfActive { try Self.georeference(ofFileAt: path) }
        })
    }
    return georeferences
  }

  private static func georeference(ofFileAt path: String) throws -> Georeference? {
    do {
      return try Georeference.read(from: FileBytes(path: path))
    } catch let error as DetectionError where error.code == .fileNotFound {
      throw JobsError(.storageError, "A stored file cannot be read", cause: "\(error)")
    } catch is DetectionError {
      // Its pixels were readable: tags that are not make it an image without a place.
      return nil
    }
  }
}
