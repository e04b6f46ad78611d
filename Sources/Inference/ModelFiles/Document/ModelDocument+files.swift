import Foundation
public import ObjectDetection

extension ModelDocument {
  /// Where the document of the model at `path` is.
  public static func path(besideModelAt path: String) -> String {
    URL(fileURLWithPath: path).deletingPathExtension().appendingPathExtension("json").path
  }

  /// The document of the model at `modelPath`; one that says nothing where there is none.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` that names the file and the key at fault.
  init(besideModelAt modelPath: String) throws {
    let path = Self.path(besideModelAt: modelPath)
    guard FileManager.default.fileExists(atPath: path) else {
      self.init()
      return
    }
    let bytes: [UInt8]
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      bytes = try Array(file.read(upToCount: Self.maxBytes + 1) ?? Data())
    } catch {
      throw DetectionError(.modelLoadError, "\(path) cannot be read", cause: "\(error)")
    }
    try self.init(json: bytes, path: path)
  }

  /// What the model's own metadata say goes where the document says something.
  func apply(to metadata: inout ModelMetadata) {
    if let names { metadata.setClassNames(names) }
    if let inputSize {
      metadata.values["imgsz"] = "[\(inputSize.height), \(inputSize.width)]"
    }
    if let task { metadata.values["task"] = task }
    if let head { metadata.values[ModelInterpretation.headKey] = head }
  }

  /// Whether the model has the classes that the document names.
  ///
  /// - Parameter path: of the document.
  /// - Throws: `DetectionError(.modelLoadError)` that names the file, the key and what may have been meant.
  func check(classNames: [String], path: String) throws {
    guard let problem = classSettings.problems(for: classNames).first else { return }
    let suggestion = problem.suggestion.map { "; did you mean \"\($0)\"?" } ?? ""
    throw DetectionError(
      .modelLoadError,
      "\(path): \(problem.field.rawValue): the model has no class \"\(problem.name)\"\(suggestion)")
  }
}
