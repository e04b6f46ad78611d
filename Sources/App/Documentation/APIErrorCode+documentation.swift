import ObjectDetection

extension APIErrorCode {
  /// When it is given, for the document.
  var meaning: String {
    switch self {
    case .invalidFormat: "A file is not JPEG, PNG or TIFF by its content, whatever its name says"
    case .fileTooLarge: "A file is larger than 50 MB (52,428,800 bytes)"
    case .tooManyFiles: "More than 100 files in one upload"
    case .invalidDimensions: "A picture is smaller than 64x64 or larger than 8192x8192 pixels"
    case .corruptedFile: "A file is truncated or unreadable"
    case .noFiles: "The upload has no part named `files`"
    case .invalidRequest: "Malformed JSON, malformed multipart or a bad query parameter"
    case .invalidConfig: "A value is out of range, of the wrong type or unknown"
    case .modelNotFound: "`config.model`, or the query's `model`, names no installed model"
    case .invalidModel: "The files are no model that can be run; `error.details` says why"
    case .rulesNotFound: "The rule set named is not installed, or cannot be used"
    case .unauthorized: "The token or key is missing, wrong or expired"
    case .forbidden: "The caller lacks the scope, or something else owns it"
    case .uploadNotFound: "No such upload"
    case .fileNotFound: "No such file, or it is not of this job"
    case .jobNotFound: "No such job"
    case .notFound: "Nothing is at this path"
    case .resultsNotReady: "The job has no results: `error.details` says where it is"
    case .methodNotAllowed: "The path exists, but not for this method"
    case .jobNotCancellable: "The job has already ended"
    case .jobNotRetryable: "The job has not ended, or it has completed"
    case .uploadInUse: "A job that has not ended uses the upload"
    case .modelInUse: "An alias is at the version, or a job that has not ended runs it"
    case .modelConflict:
      "The alias is not where it was expected, the name is the operator's, or no more may be registered"
    case .goldenCheckFailed:
      "The version does not pass the golden pictures, or cannot be run on them: `error.details` has the figures, `errors` the worst pictures"
    case .idempotencyConflict: "The same `Idempotency-Key` came with another body"
    case .rangeNotSatisfiable: "The range begins beyond the end of the file"
    case .uploadTooLarge: "The request body as a whole passes its limit"
    case .unsupportedMediaType: "The `Content-Type` is not what the route takes"
    case .rateLimitExceeded:
      "Too many requests of this client in a minute, or its share of bytes or jobs is used up"
    case .storageError: "The file store is full or does not answer"
    case .databaseError: "The metadata store refused"
    case .internalError: "A bug; the log has it under the request id"
    case .serviceUnavailable: "A store is down, or the server is draining"
    }
  }

  /// Headers that come with it, beside those of every answer.
  var documentedHeaders: [APIHeader] {
    switch self {
    case .methodNotAllowed: [.allow]
    case .unauthorized: [.authenticate]
    case .rateLimitExceeded: [.retryAfter, .rateLimit, .rateLimitRemaining, .rateLimitReset]
    case .serviceUnavailable: [.retryAfter]
    case .rangeNotSatisfiable: [.contentRange]
    default: []
    }
  }

  /// The envelope as a client would get it.
  var exampleEnvelope: String {
    let (message, details, entry) = example
    var json = JSONWriter()
    json.object { json in
      json.string("status", "error")
      json.string("message", message)
      json.string("error_code", rawValue)
      if let entry {
        json.array("errors") { json in
          json.object { json in
            if let field = entry.field { json.string("field", field) }
            if let filename = entry.filename { json.string("filename", filename) }
            if let index = entry.index { json.integer("index", index) }
            json.string("code", entry.code)
            json.string("error", entry.error)
          }
        }
      }
      json.object("error") { json in
        json.string("code", rawValue)
        json.string("message", message)
        if let details { json.string("details", details) }
        if let field = entry?.field { json.string("field", field) }
        json.string("timestamp", "2026-02-02T18:54:57.324Z")
        json.string("request_id", "req_01kgfsbz4wq8n5e2xa7c3hd9pt")
      }
    }
    return json.text
  }

  private var example: (message: String, details: String?, entry: APIErrorEntry?) {
    switch self {
    case .invalidFormat: file("notes.txt", "Not a JPEG, PNG or TIFF picture")
    case .fileTooLarge: file("huge.tif", "Larger than 52428800 bytes")
    case .tooManyFiles: ("Too many files", "At most 100 files in one upload", nil)
    case .invalidDimensions: file("icon.png", "32x32 pixels; must be from 64x64 to 8192x8192")
    case .corruptedFile: file("cut-off.jpg", "The file ends before the picture does")
    case .noFiles: ("No files", "The upload has no part named \"files\"", nil)
    case .invalidRequest:
      ("Malformed JSON", "line 3, column 7: Unexpected character '}'", nil)
    case .invalidConfig:
      (
        "Invalid configuration", nil,
        .field("config.confidence_threshold", "OUT_OF_RANGE", "Must be between 0.0 and 1.0")
      )
    case .modelNotFound:
      (
        "No such model", nil,
        .field("config.model", "MODEL_NOT_FOUND", "No installed model has this name")
      )
    case .rulesNotFound:
      (
        "No such rule set", nil,
        .field(
          "config.symbolic_reasoning.rules", "RULES_NOT_FOUND",
          "No installed rule set has this name")
      )
    case .invalidModel:
      (
        "The model cannot be used",
        "The model cannot be used: its task is \"classify\"; supported are detect and obb", nil
      )
    case .modelInUse: ("aerial@3 is where these aliases are: production", nil, nil)
    case .modelConflict:
      ("The alias production is not where it was expected: it is at aerial@3", nil, nil)
    case .goldenCheckFailed:
      (
        "aerial@3 does not pass the golden pictures, and production stays where it is",
        "recall 0.8125 of at least 0.9, precision 0.9629 of at least 0.9: 12 of 64 boxes missing, 2 extra",
        APIErrorEntry(
          filename: "harbour-7.jpg", code: rawValue, error: "9 of 20 boxes missing, 1 extra")
      )
    case .resultsNotReady: ("Results are not ready", "The job is processing (50 %)", nil)
    case .storageError: ("The disk is full", nil, nil)
    case .unsupportedMediaType: ("Unsupported media type", "Send application/json", nil)
    case .idempotencyConflict:
      ("The idempotency key was used with another body", "Send a new key for a new job", nil)
    default: (meaning, nil, nil)
    }
  }

  /// One bad file of an upload.
  private func file(
    _ name: String, _ error: String
  ) -> (message: String, details: String?, entry: APIErrorEntry?) {
    let entry = APIErrorEntry(
      field: nil, filename: name, index: 0, code: rawValue, error: error)
    return ("1 file was refused", nil, entry)
  }
}
