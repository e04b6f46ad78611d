/// Why an image or a model could not be used. The raw value is what the HTTP contract calls the code.
public struct DetectionError: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Code: String, Sendable {
    /// The bytes are not JPEG, PNG or TIFF.
    case invalidFormat = "INVALID_FORMAT"
    /// The file is larger than the limit.
    case fileTooLarge = "FILE_TOO_LARGE"
    /// The image is smaller or larger than the limits.
    case invalidDimensions = "INVALID_DIMENSIONS"
    /// The right magic bytes, but truncated or unreadable.
    case corruptedFile = "CORRUPTED_FILE"
    /// No such file, or it may not be read.
    case fileNotFound = "FILE_NOT_FOUND"
    /// No model of that name is installed.
    case modelNotFound = "MODEL_NOT_FOUND"
    /// The model's file is damaged, or of a kind that is not supported.
    case modelLoadError = "MODEL_LOAD_ERROR"
    /// A setting is out of range or contradicts the model.
    case invalidConfig = "INVALID_CONFIG"
    /// The engine failed on an image.
    case inferenceError = "INFERENCE_ERROR"
    /// No rule set of that name is installed.
    case rulesNotFound = "RULES_NOT_FOUND"
    /// A rule file is wrong or cannot be read.
    case reasoningError = "REASONING_ERROR"
    /// A result could not be written.
    case storageError = "STORAGE_ERROR"
  }

  public var code: Code
  /// For people: one line, names the file or field, no server paths beyond what the caller gave.
  public var message: String
  /// For the log: what the library said.
  public var cause: String?

  public init(_ code: Code, _ message: String, cause: String? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// The same error, whose message begins with the file's name.
  public func naming(_ file: String) -> DetectionError {
    DetectionError(code, "\(file): \(message)", cause: cause)
  }

  public var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
