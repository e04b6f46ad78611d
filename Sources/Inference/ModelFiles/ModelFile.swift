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
  /// The JSON file beside it; one that says nothing where there is none.
  public let document: ModelDocument

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
    document = try ModelDocument(besideModelAt: path)
    document.apply(to: &metadata)
    self.metadata = metadata
  }

  /// What the files say, before the model is loaded. Open dimensions may become known only then.
  public func interpretation() throws -> ModelInterpretation {
    try interpretation(of: signature)
  }

  /// What the file's metadata and operators say about tensors of these shapes; errors name the file.
  func interpretation(of tensors: ModelSignature) throws -> ModelInterpretation {
    var signature = tensors
    signature.operators = self.signature.operators
    signature.outputOperators = self.signature.outputOperators
    let found = try namingFile {
      try ModelInterpretation(signature: signature, metadata: metadata)
    }
    try checkDocument(classNames: found.classNames)
    return found
  }

  /// The size that pictures are letterboxed to; known without loading the model.
  public func inputSize() throws -> PixelSize {
    try namingFile { try ModelInterpretation.inputSize(of: signature, metadata) }
  }

  /// Where its document is, or would be.
  var documentPath: String { ModelDocument.path(besideModelAt: path) }

  /// - Throws: `DetectionError(.modelLoadError)` where the document names classes that the model does not have.
  func checkDocument(classNames: [String]) throws {
    try document.check(classNames: classNames, path: documentPath)
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
    return try FileDigest.sha256(of: paths)
  }
}
