import Foundation
import Logging
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// What new connections are encrypted with; follows the files. A pair that cannot be used changes nothing.
final class CertificateWatch: ServiceLifecycle.Service {
  /// A look is three calls of stat(2); a renewal is weeks before the end.
  static let interval = Duration.seconds(2)
  /// Authorities' clients renew thirty days before the end: something is broken now.
  private static let expiryNotice = TimeInterval(14 * 86_400)
  private static let noticeSpacing = TimeInterval(86_400)

  private struct State {
    var context: NIOSSLContext
    var expiry: Date
    var follower: FileFollower<[CertificateFiles.Version?]>
    var noticeDue: Date
  }

  private let files: CertificateFiles
  private let logger: Logger
  private let now: @Sendable () -> Date
  private let state: Mutex<State>

  /// Reads the files, which blocks.
  /// - Throws: for files that cannot be used; it names the setting.
  init(
    _ files: CertificateFiles, logger: Logger, now: @escaping @Sendable () -> Date
  ) throws(SettingsError) {
    self.files = files
    self.logger = logger
    self.now = now
    // Before the reading: what changes meanwhile is read again.
    let versions = files.versions()
    let contents = try files.read(now: now())
    state = Mutex(
      State(
        context: try TLSPolicy.context(for: contents), expiry: contents.expiry,
        follower: FileFollower(versions), noticeDue: .distantPast))
    if files.isKeyPublic {
      logger.warning(
        "tls_key can be read by everybody on this machine", metadata: ["file": "\(files.key)"])
    }
  }

  /// For the next connection.
  var context: NIOSSLContext { state.withLock { $0.context } }

  func run() async {
    let clock = ContinuousClock()
    await cancelWhenGracefulShutdown { [self] in
      while !Task.isCancelled {
        do {
          try await NIOThreadPool.singleton.runIfActive { self.look() }
          try await clock.sleep(for: Self.interval)
        } catch {
          return
        }
      }
    }
  }

  /// One look at the files, which blocks.
  func look() {
    let versions = files.versions()
    if state.withLock({ $0.follower.shouldLoad(versions) }) { load(versions) }
    warnOfExpiry()
  }

  private func load(_ versions: [CertificateFiles.Version?]) {
    do {
      let contents = try files.read(now: now())
      let context = try TLSPolicy.context(for: contents)
      state.withLock { state in
        state.context = context
        state.expiry = contents.expiry
        state.noticeDue = .distantPast
        state.follower.loaded(versions)
      }
      logger.info(
        "new TLS certificate: new connections have it, open ones go on",
        metadata: [
          "file": "\(files.certificate)", "expires": "\(contents.expiry.formatted(.iso8601))",
        ])
    } catch {
      guard state.withLock({ $0.follower.failed(versions, because: error.description) }) else {
        return
      }
      logger.warning(
        "the new TLS certificate cannot be used: the one before goes on",
        metadata: ["cause": "\(error)"])
    }
  }

  private func warnOfExpiry() {
    let now = now()
    let expiry = state.withLock { state -> Date? in
      guard state.expiry.timeIntervalSince(now) < Self.expiryNotice, now >= state.noticeDue else {
        return nil
      }
      state.noticeDue = now + Self.noticeSpacing
      return state.expiry
    }
    guard let expiry else { return }
    logger.warning(
      expiry > now ? "the TLS certificate expires soon" : "the TLS certificate has expired",
      metadata: ["file": "\(files.certificate)", "expires": "\(expiry.formatted(.iso8601))"])
  }
}

/// When files are read again, and when it is said that they could not: once for each change.
struct FileFollower<Versions: Equatable & Sendable>: Sendable {
  private var inUse: Versions
  private var last: Versions
  private var complaint: (versions: Versions, reason: String)?

  /// `versions`: those that are in use.
  init(_ versions: Versions) {
    inUse = versions
    last = versions
  }

  /// Whether to try these: not until a second look finds them the same, since certificate and key are written one
  /// after the other. What failed is tried again at each look, for rights and clocks change too.
  mutating func shouldLoad(_ versions: Versions) -> Bool {
    defer { last = versions }
    return versions == last && versions != inUse
  }

  mutating func loaded(_ versions: Versions) {
    inUse = versions
    complaint = nil
  }

  /// Whether to tell of it: not twice of the same.
  mutating func failed(_ versions: Versions, because reason: String) -> Bool {
    if let complaint, complaint.versions == versions, complaint.reason == reason { return false }
    complaint = (versions, reason)
    return true
  }
}
