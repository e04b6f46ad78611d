import Crypto
import Foundation
public import ObjectDetection

/// A model file and what it, its metadata and the JSON file beside it say.
public struct ModelFile: Sendable {
  /// ONNX, or OpenVINO IR's `.xml`.
  public let path: String
  public let name: String
  public let metadata: ModelMetadata
  public let signature: ModelSignature
  /// Whether int8 kernels can run parts of it.
  public let isQuantized: Bool

  /// `name == nil` takes the file's.
  ///
  /// - Throws: `DetectionError` with `.modelNotFound` or `.modelLoadError`; the message names the file.
  public init(path: String, name: String? = nil) throws {
    self.path = path
    let url = URL(fileURLWithPath: path)
    self.name = name ?? url.deletingPathExtension().lastPathComponent
    var metadata: ModelMetadata
    switch url.pathExtension.lowercased() {
    case "onnx":
      let file = try ONNXFile(path: path)
      (signature, metadata, isQuantized) = (file.signature, file.metadata, file.isQuantized)
    case "xml":
      let file = try OpenVINOIRFile(path: path)
      (signature, metadata, isQuantized) = (file.signature, file.metadata, file.isQuantized)
    default:
      throw DetectionError(
        .modelLoadError, "\(path) is no model file: expected NAME.onnx, or NAME.xml with NAME.bin")
    }
    let sidecar = url.deletingPathExtension().appendingPathExtension("json")
    if let data = FileManager.default.contents(atPath: sidecar.path) {
      try ModelSidecar(json: data, path: sidecar.path).apply(to: &metadata)
    }
    self.metadata = metadata
  }

  /// What the files say, before the model is loaded. Open dimensions may become known only then.
  public func interpretation() throws -> ModelInterpretation {
    try interpretation(of: signature)
  }

  /// What the file's metadata say about tensors of these shapes; errors name the file.
  func interpretation(of signature: ModelSignature) throws -> ModelInterpretation {
    try namingFile { try ModelInterpretation(signature: signature, metadata: metadata) }
  }

  /// The size that pictures are letterboxed to; known without loading the model.
  public func inputSize() throws -> PixelSize {
    try namingFile { try ModelInterpretation.inputSize(of: signature, metadata) }
  }

  private func namingFile<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch var error as DetectionError {
      error.message = "\(path): \(error.message)"
      throw error
    }
  }

  /// Of the ONNX file, or of the XML followed by the weights; lower-case hexadecimal.
  public func sha256() throws -> String {
    let paths =
      path.lowercased().hasSuffix(".onnx") ? [path] : [path, String(path.dropLast(4)) + ".bin"]
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

/// `NAME.json` beside a model: what its file does not say.
///
///     {"names": ["plane", "ship"], "input_size": [640, 640], "task": "obb"}
private struct ModelSidecar: Decodable {
  var names: [String]?
  /// Height and width in pixels.
  var inputSize: [Int]?
  var task: String?

  init(json: Data, path: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(Self.self, from: json)
    } catch {
      throw DetectionError(
        .modelLoadError,
        "\(path) must be a JSON object with the optional keys names, input_size and task",
        cause: "\(error)")
    }
  }

  func apply(to metadata: inout ModelMetadata) {
    if let names { metadata.setClassNames(names) }
    if let inputSize { metadata.values["imgsz"] = "\(inputSize)" }
    if let task { metadata.values["task"] = task }
  }
}
