import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import NIOCore
import NIOHTTP1
import ObjectDetection

/// Every error becomes HTTP here, and nowhere else.
extension APIError {
  init(_ error: any Error) {
    switch error {
    case let error as APIError: self = error
    case let error as JobsError: self.init(error)
    case let error as DetectionError: self.init(error)
    case let error as GoldenRefusal: self.init(error)
    case let error as MultipartError: self.init(error)
    case let error as HTTPError: self.init(error)
    case is NIOTooManyBytesError:
      self.init(.uploadTooLarge, "The request body is too large")
    case let error as HTTPParserError:
      self.init(
        .invalidRequest, "Malformed HTTP request",
        details: "The body is not of the form that its headers say, or was cut off",
        cause: "\(error)")
    case is CancellationError:
      self.init(
        .serviceUnavailable, "The request was given up", headers: [.retryAfter: "1"])
    default: self.init(.internalError, "Internal error", cause: "\(error)")
    }
  }

  private init(_ error: JobsError) {
    var headers: HTTPFields = [:]
    let code: APIErrorCode
    switch error.code {
    case .uploadNotFound: code = .uploadNotFound
    case .idempotencyConflict: code = .idempotencyConflict
    case .uploadInUse: code = .uploadInUse
    case .blobNotFound: code = .fileNotFound
    case .modelNotFound: code = .modelNotFound
    case .modelInUse: code = .modelInUse
    case .modelConflict: code = .modelConflict
    case .databaseError: code = .databaseError
    case .storageError: code = .storageError
    case .leaseLost, .webhookFailed: code = .internalError
    case .unavailable:
      code = .serviceUnavailable
      headers[.retryAfter] = "2"
    case .ownerQueueFull:
      code = .rateLimitExceeded
      headers[.retryAfter] = "30"
    case .queueFull:
      code = .serviceUnavailable
      headers[.retryAfter] = "30"
    }
    self.init(code, error.message, headers: headers, cause: error.cause)
  }

  private init(_ error: DetectionError) {
    let code: APIErrorCode =
      switch error.code {
      case .invalidFormat: .invalidFormat
      case .fileTooLarge: .fileTooLarge
      case .invalidDimensions: .invalidDimensions
      case .corruptedFile: .corruptedFile
      case .fileNotFound: .fileNotFound
      case .modelNotFound: .modelNotFound
      case .invalidConfig: .invalidConfig
      case .storageError: .storageError
      case .rulesNotFound: .rulesNotFound
      case .modelLoadError, .inferenceError, .reasoningError: .internalError
      }
    // Messages about models and files may name a path of this server.
    let isOurs = [.modelLoadError, .inferenceError, .reasoningError, .storageError].contains(
      error.code)
    self.init(
      code, isOurs ? "Internal error" : error.message,
      cause: isOurs ? error.description : error.cause)
  }

  private init(_ error: MultipartError) {
    switch error {
    case .notFormData:
      self.init(
        .unsupportedMediaType, "The body must be multipart/form-data", details: "\(error)")
    default: self.init(.invalidRequest, "Malformed multipart body", details: "\(error)")
    }
  }

  private init(_ error: HTTPError) {
    switch error.status {
    case .notFound: self.init(.notFound, "No such route")
    case .contentTooLarge: self.init(.uploadTooLarge, "The request body is too large")
    case let status where (400..<500).contains(status.code):
      self.init(.invalidRequest, error.body ?? "Bad request")
    default: self.init(.internalError, "Internal error", cause: "\(error)")
    }
  }
}

extension APIError {
  /// The contract's failure envelope: the outer pair for older clients, `error` for newer ones.
  func body(requestID: String, at now: Date) -> String {
    var json = JSONWriter()
    json.object { json in
      json.string("status", "error")
      json.string("message", message)
      json.string("error_code", code.rawValue)
      if !entries.isEmpty {
        json.array("errors") { json in
          for entry in entries { json.object { entry.write(to: &$0) } }
        }
      }
      json.object("error") { json in
        json.string("code", code.rawValue)
        json.string("message", message)
        if let details = details ?? entries.first?.error { json.string("details", details) }
        if let field { json.string("field", field) }
        json.time("timestamp", now)
        json.string("request_id", requestID)
      }
    }
    return json.text
  }

  func response(requestID: String, at now: Date) -> Response {
    .json(body(requestID: requestID, at: now), status: code.status, headers: headers)
  }
}

extension APIErrorEntry {
  fileprivate func write(to json: inout JSONWriter) {
    if let field { json.string("field", field) }
    if let filename { json.string("filename", filename) }
    if let index { json.integer("index", index) }
    json.string("code", code)
    json.string("error", error)
  }
}
