import Crypto
import Foundation
import Jobs
import ObjectDetection

/// A model's file that is being written. Calls block.
///
/// `@unchecked Sendable` because one writer uses it, one call after the other.
final class ModelFileWriter: @unchecked Sendable {
  let path: String
  private(set) var sizeBytes = 0
  private var descriptor: Int32

  /// - Throws: `JobsError(.storageError)` when there is no room, or somebody else has the name.
  init(at path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw JobsError.cannotWrite(errno) }
  }

  deinit { close() }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    try bytes.write(to: descriptor)
    sizeBytes += bytes.count
  }

  func close() {
    if descriptor >= 0 { Foundation.close(descriptor) }
    descriptor = -1
  }

  /// Copies the bytes of a file that may be a symbolic link: the copy is none.
  static func copy(_ file: FileBytes, to path: String) throws {
    let writer = try ModelFileWriter(at: path)
    // To its end, wherever that is by now.
    while case let piece = try file.read(at: writer.sizeBytes, count: pieceBytes), !piece.isEmpty {
      try piece.withUnsafeBytes { try writer.append($0) }
    }
    writer.close()
  }

  private static let pieceBytes = 1 << 20
}

/// What is done with the files of a model. Calls block.
enum ModelFileHash {
  private static let pieceBytes = 1 << 20

  /// Of all bytes of the files, in their order: for OpenVINO IR the XML and then the weights, as results name it. And
  /// how many there are.
  /// - Throws: `JobsError(.storageError)` when one cannot be read.
  static func sha256(of paths: [String]) throws -> (sha256: String, sizeBytes: Int) {
    var hash = SHA256()
    var size = 0
    for path in paths {
      guard let file = FileHandle(forReadingAtPath: path) else {
        throw JobsError(.storageError, "A file of the model cannot be read", cause: path)
      }
      defer { try? file.close() }
      do {
        while let piece = try file.read(upToCount: pieceBytes), !piece.isEmpty {
          hash.update(data: piece)
          size += piece.count
        }
      } catch {
        throw JobsError(.storageError, "A file of the model cannot be read", cause: "\(error)")
      }
    }
    return (hash.finalize().hexadecimal, size)
  }
}
