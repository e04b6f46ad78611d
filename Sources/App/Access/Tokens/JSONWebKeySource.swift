import Foundation
import HTTPTypes
import Jobs
import Logging
import NIOPosix

/// Where an identity provider's keys come from, and the keys as they were lately. A provider that cannot be reached
/// for a while locks nobody out: what was read last goes on.
actor JSONWebKeySource {
  /// How often a set that was read well is read again.
  static let refreshInterval: TimeInterval = 300
  /// How often at most a set is read because a token names a key that is not in it, or because it failed.
  static let retryInterval: TimeInterval = 10
  private static let timeout = Duration.seconds(5)
  /// A set has some kilobytes.
  private static let maxBytes = 1 << 20

  private let place: String
  private let http: (any HTTPTransport)?
  private let logger: Logger
  private var keys: [VerificationKey] = []
  /// When reading it began last; nil for never.
  private var askedAt: Date?
  private var readAt: Date?
  private var reading: Task<[VerificationKey], any Error>?

  /// - Parameter place: a URL of `https` (or of `http` on this machine), or a path.
  init(place: String, http: (any HTTPTransport)?, logger: Logger) {
    self.place = place
    self.http = http
    self.logger = logger
  }

  /// The keys that a token may have been signed with.
  /// - Throws: `APIError(.serviceUnavailable)` when no keys could be read yet.
  func candidates(for header: TokenHeader, at now: Date) async throws -> [VerificationKey] {
    if isStale(now) { await read(now) }
    var found = fitting(header)
    if found.isEmpty, isAllowedToAsk(now) {
      // The provider may have a new key.
      await read(now)
      found = fitting(header)
    }
    guard readAt != nil else {
      throw APIError(
        .serviceUnavailable, "Tokens cannot be checked at the moment",
        headers: [.retryAfter: "\(Int(Self.retryInterval))"])
    }
    return found
  }

  private func fitting(_ header: TokenHeader) -> [VerificationKey] {
    keys.filter { key in
      key.algorithm == header.algorithm && (header.keyID == nil || key.id == header.keyID)
    }
  }

  private func isStale(_ now: Date) -> Bool {
    guard let readAt else { return isAllowedToAsk(now) }
    return now.timeIntervalSince(readAt) >= Self.refreshInterval && isAllowedToAsk(now)
  }

  private func isAllowedToAsk(_ now: Date) -> Bool {
    askedAt.map { now.timeIntervalSince($0) >= Self.retryInterval } ?? true
  }

  /// All who ask while it is read wait for the same answer.
  private func read(_ now: Date) async {
    if reading == nil { askedAt = now }
    let task = reading ?? Task { try await JSONWebKeySet(parsing: await self.contents()).keys }
    reading = task
    do {
      keys = try await task.value
      readAt = now
    } catch {
      logger.warning(
        "jwt_keys cannot be read: what was read before goes on",
        metadata: ["cause": "\(error)", "keys": "\(keys.count)"])
    }
    reading = nil
  }

  private func contents() async throws -> [UInt8] {
    guard place.contains("://") else {
      let path = place
      return try await NIOThreadPool.singleton.runIfActive {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { file.closeFile() }
        return Array(try file.read(upToCount: Self.maxBytes) ?? Data())
      }
    }
    guard let http else { throw TokenRefusal("there is no way to other hosts") }
    let reply = try await http.send(
      HTTPCall(
        url: place, headers: [("accept", "application/json")], timeout: Self.timeout,
        maxResponseBytes: Self.maxBytes))
    guard reply.status == 200 else { throw TokenRefusal("the answer was \(reply.status)") }
    return reply.body
  }
}
