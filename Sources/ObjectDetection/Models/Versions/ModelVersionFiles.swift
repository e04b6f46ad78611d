/// The files of registered versions, on this machine's disk.
public protocol ModelVersionFiles: Sendable {
  /// Calls `body` with the path of a version's ONNX or XML file; its weights and its document `NAME.json`, where it has
  /// them, are beside it. The files are whole, are what was registered, and stay while `body` runs.
  ///
  /// - Parameter name: `aerial@3`
  /// - Throws: `DetectionError` with `.modelNotFound` for a version that is not registered, or `.modelLoadError` for files
  ///   that are not what was registered; what the stores and `body` throw.
  func withFiles<Result: Sendable>(
    ofVersion name: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result
}
