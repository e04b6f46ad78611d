import Crypto
import Foundation
import ObjectDetection

/// What tells files apart by their bytes.
public enum FileDigest {
  /// Of the files one after the other; lower-case hexadecimal.
  /// - Throws: `DetectionError(.modelNotFound)` when one cannot be read.
  public static func sha256(of paths: [String]) throws -> String {
    var hash = SHA256()
    for path in paths {
      guard let file = FileHandle(forReadingAtPath: path) else {
        throw DetectionError(.modelNotFound, "the model file \(path) cannot be read")
      }
      defer { try? file.close() }
      // 1 MiB at a time: models may be larger than memory is free.
      while let chunk = try file.read(upToCount: 1 << 20), !chunk.isEmpty {
        hash.update(data: chunk)
      }
    }
    return hash.finalize().hexadecimal
  }
}
