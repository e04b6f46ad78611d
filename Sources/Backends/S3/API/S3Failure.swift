import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOHTTP1
import NIOPosix

/// Why one attempt failed.
struct S3Failure: Error {
  /// For people.
  var message: String
  /// For the log.
  var cause: String
  /// Whether the same request may well succeed later.
  var isTransient: Bool
  /// Whether other credentials may be taken.
  var isAboutCredentials = false
  var retryAfter: Duration?
  /// S3's own word.
  var code = ""

  var error: JobsError { JobsError(.storageError, message, cause: cause) }

  /// What arrived is not what was stored.
  static let damaged = S3Failure(
    message: "A stored file arrived damaged", cause: "its SHA-256 differs", isTransient: true)
}

extension S3Failure {
  /// An answer that is no success. Its body is S3's XML, or what a proxy before it has to say.
  /// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  init(_ answer: S3Answer) {
    // What is no XML has no code: the status says enough.
    let document = try? S3XML(parsing: answer.body)
    let code = document?["Code"] ?? ""
    let words = String((document?["Message"] ?? "").prefix(200))
    let status = answer.status
    self.code = code
    isTransient =
      status >= 500 && status != 501 && status != 507 || status == 429 || status == 408
      || Self.transientCodes.contains(code)
    isAboutCredentials = Self.credentialCodes.contains(code)
    retryAfter = answer.headers.first(name: "retry-after").flatMap(Int.init).map {
      .seconds(min(max(0, $0), 3600))
    }
    message = Self.message(code: code, status: status)
    let region = answer.headers.first(name: "x-amz-bucket-region").map { ", region \($0)" } ?? ""
    let request = answer.headers.first(name: "x-amz-request-id").map { ", request \($0)" } ?? ""
    cause = "HTTP \(status) \(code): \(words)\(region)\(request)"
  }

  /// Answers that speak of the moment or of damage on the way, whatever their status.
  private static let transientCodes: Set = [
    "RequestTimeout", "SlowDown", "InternalError", "ServiceUnavailable", "OperationAborted",
    "BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody",
  ]
  private static let credentialCodes: Set = [
    "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken",
    "TokenRefreshRequired",
  ]

  private static func message(code: String, status: Int) -> String {
    switch (code, status) {
    case (let code, _) where credentialCodes.contains(code):
      "The S3 server refuses the credentials"
    case ("NoSuchBucket", _): "The S3 bucket does not exist"
    case ("RequestTimeTooSkewed", _): "This machine's clock and the S3 server's differ too much"
    case ("AuthorizationHeaderMalformed", _), (_, 301), (_, 307):
      "The S3 bucket is in another region"
    case ("XMinioStorageFull", _), ("QuotaExceeded", _), (_, 507): "The S3 store is full"
    case ("AccessDenied", _), (_, 401), (_, 403): "The S3 server refuses access"
    case ("SlowDown", _), (_, 429), (_, 503): "Storage unavailable: the S3 server is overloaded"
    case (_, 500...): "Storage unavailable: the S3 server failed"
    default: "The S3 server refuses the request"
    }
  }

  private static let unreachable = "Storage unavailable: the S3 server cannot be reached"

  /// A request without a whole answer. A file that cannot be read is no affair of the server's.
  init(_ error: any Error) {
    switch error {
    case let error as S3Failure: self = error
    case let error as JobsError:
      self.init(message: error.message, cause: error.cause ?? "", isTransient: false)
    case is NIOTooManyBytesError:
      self.init(
        message: "The S3 server's answer is too long", cause: "\(error)", isTransient: false)
    case is S3Timeout:
      self.init(
        message: "Storage unavailable: the S3 server did not answer in time",
        cause: "no whole answer",
        isTransient: true)
    case let error as HTTPClientError where error == .connectTimeout:
      self.init(
        message: Self.unreachable, cause: "no connection in time",
        isTransient: true)
    case is IOError, is NIOConnectionError:
      self.init(message: Self.unreachable, cause: "\(error)", isTransient: true)
    default:
      self.init(
        message: "Storage unavailable: the connection to the S3 server was lost", cause: "\(error)",
        isTransient: true)
    }
  }
}

/// An attempt took too long.
struct S3Timeout: Error {}
