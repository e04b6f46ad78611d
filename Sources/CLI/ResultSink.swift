import Foundation
import ObjectDetection
import Synchronization

/// Where results go: standard output, lines, or one file an image in a folder.
final class ResultSink: Sendable {
  private let model: DetectionModel
  private let format: ResultFormat
  private let folder: String?
  private let annotates: Bool
  private let jsonLines: Bool
  private let stems: [String]
  /// Results that wait for the whole document on standard output.
  private let collected = Mutex<[ImageResult]>([])

  /// - Throws: `DetectionError(.storageError)` when the folder cannot be made.
  init(
    model: DetectionModel, format: ResultFormat, folder: String?, annotates: Bool, jsonLines: Bool,
    stems: [String]
  ) throws {
    self.model = model
    self.format = format
    self.folder = folder
    self.annotates = annotates
    self.jsonLines = jsonLines
    self.stems = stems
    if let folder { try Self.makeFolder(folder) }
  }

  /// The annotated picture's path; nil when none is wanted.
  func annotatedPath(index: Int) throws -> String? {
    annotates ? try path(index: index, ending: "annotated.jpg") : nil
  }

  func write(_ result: ImageResult, index: Int) throws {
    if jsonLines {
      try writeToStandardOutput(imageJSON(result, of: model) + "\n")
    } else if folder == nil {
      collected.withLock { $0.append(result) }
    } else if result.found != nil {
      let document = format.document(ResultSet(model: model, images: [result]))
      let path = try path(index: index, ending: format.fileExtension)
      do {
        try Data(document.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
      } catch {
        throw DetectionError(.storageError, "\(path): cannot be written", cause: "\(error)")
      }
    }
  }

  /// Writes the document that holds all images, if one is due.
  func finish() throws {
    guard folder == nil, !jsonLines else { return }
    let results = collected.withLock { $0 }
    try writeToStandardOutput(format.document(ResultSet(model: model, images: results)))
  }

  private func path(index: Int, ending: String) throws -> String {
    let path = "\(folder.map { $0 + "/" } ?? "")\(stems[index]).\(ending)"
    let parent = (path as NSString).deletingLastPathComponent
    if !parent.isEmpty { try Self.makeFolder(parent) }
    return path
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw DetectionError(
        .storageError, "\(path): the folder cannot be made", cause: error.localizedDescription)
    }
  }

  private func writeToStandardOutput(_ text: String) throws {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    } catch {
      throw DetectionError(.storageError, "standard output cannot be written")
    }
  }
}
