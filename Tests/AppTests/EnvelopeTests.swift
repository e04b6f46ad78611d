import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import Testing

@testable import App

@Suite("Envelopes and errors")
struct EnvelopeTests {
  private let time = Date(timeIntervalSince1970: 1_770_058_497.324)

  @Test(
    "times are RFC 3339 in UTC with milliseconds",
    arguments: [
      // `date -u -d @SECONDS +%FT%TZ`
      (1_770_058_497.324, "2026-02-02T18:54:57.324Z"), (0, "1970-01-01T00:00:00.000Z"),
      (951_782_400, "2000-02-29T00:00:00.000Z"), (4_102_444_799.999, "2099-12-31T23:59:59.999Z"),
      (-1, "1969-12-31T23:59:59.000Z"), (1_709_164_800, "2024-02-29T00:00:00.000Z"),
    ])
  func times(seconds: Double, text: String) {
    #expect(Date(timeIntervalSince1970: seconds).rfc3339 == text)
  }

  @Test("a failure says the same outside for older clients and inside for newer ones")
  func failure() throws {
    let error = APIError(
      .invalidConfig, "Invalid configuration",
      entries: [
        .field("config.iou_threshold", "OUT_OF_RANGE", "Must be between 0.0 and 1.0"),
        .field("config.color", "UNKNOWN_FIELD", "Is no setting"),
      ], cause: "secret")
    let body = error.body(requestID: "req_1", at: time)
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])
    #expect(json["status"] as? String == "error")
    #expect(json["message"] as? String == "Invalid configuration")
    #expect(json["error_code"] as? String == "INVALID_CONFIG")
    let entries = try #require(json["errors"] as? [[String: String]])
    #expect(entries.map { $0["field"] } == ["config.iou_threshold", "config.color"])
    #expect(entries.map { $0["code"] } == ["OUT_OF_RANGE", "UNKNOWN_FIELD"])
    let inner = try #require(json["error"] as? [String: String])
    #expect(inner["code"] == "INVALID_CONFIG")
    #expect(inner["message"] == "Invalid configuration")
    #expect(inner["field"] == "config.iou_threshold")
    #expect(inner["timestamp"] == "2026-02-02T18:54:57.324Z")
    #expect(inner["request_id"] == "req_1")
    #expect(!body.contains("secret"))
  }

  @Test(
    "every code has the status of the contract",
    arguments: [
      (APIErrorCode.invalidFormat, 400), (.fileTooLarge, 400), (.tooManyFiles, 400),
      (.invalidDimensions, 400), (.corruptedFile, 400), (.noFiles, 400), (.invalidRequest, 400),
      (.invalidConfig, 400), (.modelNotFound, 400), (.rulesNotFound, 400), (.unauthorized, 401),
      (.forbidden, 403), (.uploadNotFound, 404), (.fileNotFound, 404), (.jobNotFound, 404),
      (.notFound, 404), (.resultsNotReady, 404), (.methodNotAllowed, 405),
      (.jobNotCancellable, 409), (.jobNotRetryable, 409), (.idempotencyConflict, 409),
      (.uploadInUse, 409),
      (.uploadTooLarge, 413), (.unsupportedMediaType, 415), (.rateLimitExceeded, 429),
      (.storageError, 500), (.databaseError, 500), (.internalError, 500),
      (.serviceUnavailable, 503),
    ])
  func statuses(code: APIErrorCode, status: Int) {
    #expect(code.status.code == status)
  }

  @Test("what only the log may know does not reach the client")
  func secrets() {
    struct Leak: Error, CustomStringConvertible {
      var description: String { "/var/lib/harrier: SELECT secret" }
    }
    for error in [
      APIError(Leak()),
      APIError(JobsError(.databaseError, "The metadata store failed", cause: "SELECT secret")),
      APIError(DetectionError(.modelLoadError, "/var/lib/models/x.onnx is damaged")),
    ] {
      let body = error.body(requestID: "r", at: time)
      #expect(!body.contains("/var/") && !body.contains("SELECT"), "\(body)")
      #expect(error.cause != nil)
    }
  }
}
