/// Looks at what a model's file says about itself, without loading it: what is no model is refused before anything is
/// compiled.
public protocol ModelHeaderCheck: Sendable {
  /// - Parameter path: of an ONNX or XML file, with its weights and its document `NAME.json` beside it.
  /// - Throws: `DetectionError(.modelLoadError)` for a file that is damaged or of a kind that is not supported; its
  ///   message names the file by its path.
  func check(path: String) async throws
}
