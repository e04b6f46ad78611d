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
      return try Georeference.read(from: OpenFile(path: path))
    } catch is DetectionError {
      // Its pixels were readable: tags that are not make it an image without a place.
      return nil
    } catch {
      throw JobsError(.storageError, "A stored file cannot be read", cause: "\(error)")
    }
  }
}

/// A file that is read while it is open.
private struct OpenFile: ByteSource {
  let count: Int
  private let handle: FileHandle

  init(path: String) throws {
    handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
    count = Int(try handle.seekToEnd())
  }

  func read(at offset: Int, count: Int) throws -> [UInt8] {
    try handle.seek(toOffset: UInt64(offset))
    return Array(try handle.read(upToCount: count) ?? Data())
  }
}
