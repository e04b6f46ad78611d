import HTTPTypes

/// What a failed request is answered with, as the contract's table has it. The raw value is the code.
enum APIErrorCode: String, Sendable, CaseIterable {
  case invalidFormat = "INVALID_FORMAT"
  case fileTooLarge = "FILE_TOO_LARGE"
  case tooManyFiles = "TOO_MANY_FILES"
  case invalidDimensions = "INVALID_DIMENSIONS"
  case corruptedFile = "CORRUPTED_FILE"
  case noFiles = "NO_FILES"
  case invalidRequest = "INVALID_REQUEST"
  case invalidConfig = "INVALID_CONFIG"
  case modelNotFound = "MODEL_NOT_FOUND"
  case invalidModel = "INVALID_MODEL"
  case rulesNotFound = "RULES_NOT_FOUND"
  case unauthorized = "UNAUTHORIZED"
  case forbidden = "FORBIDDEN"
  case uploadNotFound = "UPLOAD_NOT_FOUND"
  case fileNotFound = "FILE_NOT_FOUND"
  case jobNotFound = "JOB_NOT_FOUND"
  case notFound = "NOT_FOUND"
  case resultsNotReady = "RESULTS_NOT_READY"
  case methodNotAllowed = "METHOD_NOT_ALLOWED"
  case jobNotCancellable = "JOB_NOT_CANCELLABLE"
  case jobNotRetryable = "JOB_NOT_RETRYABLE"
  case uploadInUse = "UPLOAD_IN_USE"
  case modelInUse = "MODEL_IN_USE"
  case modelConflict = "MODEL_CONFLICT"
  case goldenCheckFailed = "GOLDEN_CHECK_FAILED"
  case idempotencyConflict = "IDEMPOTENCY_CONFLICT"
  case uploadTooLarge = "UPLOAD_TOO_LARGE"
  case rangeNotSatisfiable = "RANGE_NOT_SATISFIABLE"
  case unsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE"
  case rateLimitExceeded = "RATE_LIMIT_EXCEEDED"
  case storageError = "STORAGE_ERROR"
  case databaseError = "DATABASE_ERROR"
  case internalError = "INTERNAL_ERROR"
  case serviceUnavailable = "SERVICE_UNAVAILABLE"

  var status: HTTPResponse.Status {
    switch self {
    case .invalidFormat, .fileTooLarge, .tooManyFiles, .invalidDimensions, .corruptedFile,
      .noFiles, .invalidRequest, .invalidConfig, .modelNotFound, .invalidModel, .rulesNotFound:
      .badRequest
    case .unauthorized: .unauthorized
    case .forbidden: .forbidden
    case .uploadNotFound, .fileNotFound, .jobNotFound, .notFound, .resultsNotReady: .notFound
    case .methodNotAllowed: .methodNotAllowed
    case .jobNotCancellable, .jobNotRetryable, .uploadInUse, .modelInUse, .modelConflict,
      .goldenCheckFailed, .idempotencyConflict:
      .conflict
    case .uploadTooLarge: .contentTooLarge
    case .rangeNotSatisfiable: .rangeNotSatisfiable
    case .unsupportedMediaType: .unsupportedMediaType
    case .rateLimitExceeded: .tooManyRequests
    case .storageError, .databaseError, .internalError: .internalServerError
    case .serviceUnavailable: .serviceUnavailable
    }
  }
}

/// One field or file at fault.
struct APIErrorEntry: Sendable, Equatable {
  /// A JSON field (`config.iou_threshold`) or a query parameter.
  var field: String?
  var filename: String?
  /// The file's place in the upload, from 0.
  var index: Int?
  /// `OUT_OF_RANGE`, `WRONG_TYPE`, `UNKNOWN_FIELD` ..., for a file one of `APIErrorCode`.
  var code: String
  var error: String

  static func field(_ field: String, _ code: String, _ error: String) -> APIErrorEntry {
    APIErrorEntry(field: field, code: code, error: error)
  }
}

/// A failure on its way to the envelope.
struct APIError: Error, Sendable, Equatable {
  var code: APIErrorCode
  /// For people: no paths, no SQL, no secrets.
  var message: String
  var details: String?
  /// The one field at fault; that of the first entry if there are some.
  var field: String?
  var entries: [APIErrorEntry]
  /// Further headers: `Allow`, `Retry-After` ...
  var headers: HTTPFields
  /// For the log only.
  var cause: String?

  init(
    _ code: APIErrorCode, _ message: String, details: String? = nil, field: String? = nil,
    entries: [APIErrorEntry] = [], headers: HTTPFields = [:], cause: String? = nil
  ) {
    self.code = code
    self.message = message
    self.details = details
    self.field = field ?? entries.first?.field
    self.entries = entries
    self.headers = headers
    self.cause = cause
  }
}
