import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Logging
import NIOPosix
import Synchronization

/// Writes down what callers change, and what is refused to them.
final class AuditLog: Sendable {
  /// Lines about refusals a minute: somebody who tries keys must not fill the disk.
  private static let refusalsPerMinute = 600

  private let file: AuditFile
  private let logsReads: Bool
  private let refusals = RateLimiter(requestsPerMinute: refusalsPerMinute)
  /// Refusals for which there was no room.
  private let leftOut = Atomic(0)
  private let throttle = LogThrottle()
  private let logger: Logger

  /// - Throws: `JobsError(.storageError)` when the file cannot be written to.
  init(_ settings: ServiceSettings, logger: Logger) throws {
    file = try AuditFile(path: settings.auditLogPath)
    logsReads = settings.auditReads
    self.logger = logger
  }

  /// Writes an entry about a request that has been answered, if it is worth one.
  func record(
    _ request: Request, _ context: HarrierContext, _ access: RouteAccess, action: String,
    status: Int, errorCode: APIErrorCode?, at now: Date
  ) async {
    let outcome = Self.outcome(status, errorCode)
    guard isWorthIt(request.method, access, outcome) else { return }
    let caller = context.audited.caller ?? context.caller
    var entry = AuditEntry(
      time: now, action: action, outcome: outcome, status: status, errorCode: errorCode?.rawValue,
      owner: caller.owner, keyID: caller.keyID?.description,
      credential: caller.credentialName, client: context.client,
      ids: Self.ids(in: context).merging(context.audited.all) { $1 },
      requestID: context.requestID)
    if outcome == .refused {
      guard (try? await refusals.admit("", at: now)) != nil else {
        leftOut.wrappingAdd(1, ordering: .relaxed)
        return
      }
      entry.leftOut = leftOut.exchange(0, ordering: .relaxed)
    }
    await write(entry)
  }

  /// Its failure is an error in the log and a line here and there, not the request's.
  private func write(_ entry: AuditEntry) async {
    do {
      try await NIOThreadPool.singleton.runIfActive { [file] in try file.append(entry.line) }
    } catch {
      if let unsaid = throttle.admit("write", at: .now) {
        logger.error(
          "the audit log is not written",
          metadata: ["cause": "\(error)", "unsaid": "\(unsaid)", "action": "\(entry.action)"])
      }
    }
  }

  private func isWorthIt(
    _ method: HTTPRequest.Method, _ access: RouteAccess, _ outcome: AuditEntry.Outcome
  ) -> Bool {
    if outcome == .refused { return true }
    let isRead = method == .get || method == .head || method == .options
    return isRead ? logsReads && access != .anyone : true
  }

  private static func outcome(_ status: Int, _ code: APIErrorCode?) -> AuditEntry.Outcome {
    switch code {
    case .unauthorized, .forbidden, .jobNotFound, .uploadNotFound, .fileNotFound: return .refused
    case .rateLimitExceeded: return .refused
    default: return status < 400 ? .done : .failed
    }
  }

  /// What the path names; only what is an id, so that nobody writes a novel here.
  private static func ids(in context: HarrierContext) -> [String: String] {
    var ids: [String: String] = [:]
    ids["job_id"] = context.parameters.get("job_id").flatMap { JobID($0) }?.description
    ids["upload_id"] = context.parameters.get("upload_id").flatMap { UploadID($0) }?.description
    ids["file_id"] = context.parameters.get("file_id").flatMap { FileID($0) }?.description
    return ids
  }
}
