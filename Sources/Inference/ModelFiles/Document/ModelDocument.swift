import Foundation
public import ObjectDetection

/// `NAME.json` beside a model: what its file does not say, and how it is used by those who say nothing else.
///
///     {"names": ["plane", "ship"], "input_size": [640, 640], "task": "obb",
///      "confidence_threshold": 0.3, "class_map": {"ship": "vessel"}, "class_thresholds": {"vessel": 0.4},
///      "precision": "bf16"}
public struct ModelDocument: Sendable, Equatable {
  /// The names of a vocabulary of 10,000 classes have a quarter of it.
  public static let maxBytes = 1 << 20

  /// Class names by id.
  public var names: [String]?
  public var inputSize: PixelSize?
  /// Ultralytics' word, as in `ModelMetadata`.
  public var task: String?
  /// The kind of the model's head, where shapes and metadata cannot tell.
  public var head: String?
  /// What it says about classes and confidences.
  public var classSettings = ClassSettings()
  /// The arithmetic that it is run in; nil says nothing.
  public var precision: InferencePrecision?
  /// Where the model came from, as the import wrote it: kept and shown, never interpreted.
  public var provenance: JSONObject?

  /// One that says nothing.
  public init() {}

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
