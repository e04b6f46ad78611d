import Foundation
import Jobs
import ObjectDetection

/// What became of one attempt at a delivery.
enum WebhookVerdict: Sendable, Equatable {
  case accepted(status: Int)
  /// 410: nobody wants it there any more.
  case gone(status: Int)
  /// The status is nil when nothing was answered. The words are for people and hold no secrets, the cause is for the
  /// log.
  case refused(status: Int?, words: String, cause: String? = nil)
}

/// Makes one attempt at a delivery: signs it, sends it, follows redirects.
struct WebhookCourier: Sendable {
  static let maxRedirects = 3

  let transport: any WebhookTransport
  let secret: WebhookSecret
  let policy: AddressPolicy
  /// Of one request.
  let timeout: Duration

  /// No attempt lasts longer, its redirects included, but for what a busy machine adds.
  var longestAttempt: Duration { timeout * (Self.maxRedirects + 1) }

  /// - Throws: `CancellationError` only: then nobody knows whether it has arrived.
  func attempt(
    _ delivery: Delivery, about job: Job, at now: Date,
    traceHeaders: [(name: String, value: String)] = []
  ) async throws -> WebhookVerdict {
    var status: Int?
    do {
      var target = try WebhookTarget(delivery.url, policy: policy)
      let body = Self.body(of: delivery, about: job)
      let headers =
        Self.headers + secret.headers(id: delivery.id.description, at: now, body: body)
        + traceHeaders
      for _ in 0...Self.maxRedirects {
        let response = try await transport.post(
          WebhookRequest(
            url: target.text, headers: headers, body: body, timeout: timeout,
            allows: { [policy] in policy.allows($0) }))
        guard [307, 308].contains(response.status), let location = response.location else {
          return Self.verdict(on: response)
        }
        status = response.status
        target = try target.redirected(to: location, policy: policy)
      }
      return .refused(status: status, words: "More than \(Self.maxRedirects) redirects")
    } catch let error as WebhookTarget.Refusal {
      let subject = status == nil ? "The URL" : "The redirect's URL"
      return .refused(status: status, words: "\(subject) is refused: \(error.words)")
    } catch let error as JobsError {
      return .refused(status: status, words: error.message, cause: error.cause)
    }
  }

  private static func verdict(on response: WebhookResponse) -> WebhookVerdict {
    let status = response.status
    return switch status {
    case 200..<300: .accepted(status: status)
    case 410: .gone(status: status)
    // Clients turn these into GET (RFC 9110, 15.4), which delivers nothing.
    case 301, 302, 303:
      .refused(
        status: status, words: "Redirects with status \(status) are not followed, only 307 and 308")
    default: .refused(status: status, words: "The receiver answered with status \(status)")
    }
  }

  private static let headers: [(name: String, value: String)] = [
    ("content-type", "application/json"), ("user-agent", "Harrier/\(harrierVersion)"),
  ]

  /// The same at every attempt: an ended job never changes.
  static func body(of delivery: Delivery, about job: Job) -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.string("event", delivery.event.rawValue)
      json.string("event_id", delivery.id.description)
      json.time("created_at", delivery.createdAt)
      json.raw("data", StatusDocument(job, estimatedCompletion: nil).data)
    }
    return Array(json.text.utf8)
  }
}
