import CPQ
import Foundation
import Jobs

/// One connection and its prepared statements. libpq lets one thread at a time use a connection: this one is made,
/// used and closed by its owner's thread, which it blocks.
final class PostgresConnection {
  /// Far more than there are texts: they are constants with few variants.
  private static let preparedLimit = 200
  /// Idle for longer, it is asked whether it still answers.
  private static let quietLimit = Duration.seconds(30)

  /// Between two statements of a transaction lie microseconds. A process that is frozen, or cut off, between them holds
  /// the lock of all visible changes: the server ends its transaction before others miss their heartbeats.
  private static let pauseLimit = Duration.seconds(2)

  private let handle: OpaquePointer
  /// Names by text.
  private var prepared: [String: String] = [:]
  private var lastUse = ContinuousClock.now
  private(set) var isOpen = true
  /// How long this end waits for an answer.
  var answerLimit: Duration

  /// - Throws: `PostgresError` when nobody answers, or the server refuses.
  init(_ settings: PostgresSettings) throws {
    answerLimit = settings.statementTimeout + .seconds(2)
    let names = settings.keywords.map { strdup($0.name) } + [nil]
    let values = settings.keywords.map { strdup($0.value) } + [nil]
    defer { (names + values).forEach { free($0) } }
    let made = PQconnectdbParams(
      names.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, 1)
    guard let made else { throw PostgresError(words: "out of memory", isConnectionLost: true) }
    guard PQstatus(made) == CONNECTION_OK else {
      defer { PQfinish(made) }
      throw PostgresError(words: Self.words(made), isConnectionLost: true)
    }
    handle = made
    // Notices would go to standard error.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    try execute(
      """
      SELECT set_config('statement_timeout', '\(settings.statementTimeout.milliseconds)', false),
        set_config('idle_in_transaction_session_timeout', '\(Self.pauseLimit.milliseconds)', false)
      """)
  }

  deinit { PQfinish(handle) }

  /// Whether it is worth using. On an idle connection nothing arrives but its end, or news of changed settings: both are
  /// reasons for a new one. One that was idle for long is asked.
  func isHealthy() -> Bool {
    guard isOpen, PQtransactionStatus(handle) == PQTRANS_IDLE else { return false }
    var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
    guard poll(&socket, 1, 0) == 0 else { return false }
    guard lastUse.duration(to: .now) > Self.quietLimit else { return true }
    do {
      try execute("SELECT 1")
      return true
    } catch {
      return false
    }
  }

  /// One or more statements without parameters.
  @discardableResult
  func execute(_ sql: String) throws -> PostgresResult {
    try answer(to: PQsendQuery(handle, sql))
  }

  /// One statement, prepared at its first use. Parameters are `$1` and so on.
  @discardableResult
  func query(_ sql: String, _ parameters: [(any PostgresValue)?] = []) throws -> PostgresResult {
    let texts = parameters.map { $0?.postgresText }
    // libpq's strings end at the first NUL, and PostgreSQL keeps none.
    guard !texts.contains(where: { $0?.utf8.contains(0) == true }) else {
      throw PostgresError(sqlState: "22021", words: "a text has a NUL character")
    }
    let name = try prepare(sql)
    let copies = texts.map { $0.flatMap { strdup($0) } }
    defer { copies.forEach { free($0) } }
    return try answer(
      to: PQsendQueryPrepared(
        handle, name, Int32(copies.count), copies.map { UnsafePointer($0) }, nil, nil, 0))
  }

  private func prepare(_ sql: String) throws -> String {
    if let name = prepared[sql] { return name }
    if prepared.count >= Self.preparedLimit {
      try execute("DEALLOCATE ALL")
      prepared = [:]
    }
    let name = "s\(prepared.count)"
    try answer(to: PQsendPrepare(handle, name, sql, 0, nil))
    prepared[sql] = name
    return name
  }

  // MARK: - Answers

  /// The last result of what was sent; a failed one throws.
  @discardableResult
  private func answer(to sent: Int32) throws -> PostgresResult {
    guard sent == 1 else { throw lost(Self.words(handle)) }
    var last: PostgresResult?
    var failure: PostgresError?
    let end = ContinuousClock.now + answerLimit
    while true {
      try waitForResult(until: end)
      guard let result = PQgetResult(handle) else { break }
      let answer = PostgresResult(result)
      switch PQresultStatus(result) {
      case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: last = answer
      default: failure = failure ?? Self.failure(result)
      }
    }
    lastUse = .now
    let isLost = PQstatus(handle) != CONNECTION_OK
    if isLost { isOpen = false }
    if var failure {
      failure.isConnectionLost = isLost
      throw failure
    }
    guard let last, !isLost else { throw lost("no answer") }
    return last
  }

  /// Returns when `PQgetResult` would not block. A server that is stopped, or a network that swallows everything, costs
  /// no more than the time limit.
  private func waitForResult(until end: ContinuousClock.Instant) throws {
    while PQisBusy(handle) == 1 {
      let left = ContinuousClock.now.duration(to: end).milliseconds
      guard left > 0 else { throw lost("no answer within the time limit") }
      var socket = pollfd(fd: PQsocket(handle), events: Int16(POLLIN), revents: 0)
      let ready = poll(&socket, 1, Int32(clamping: left))
      guard ready >= 0 || errno == EINTR else { throw lost("poll: \(errno)") }
      // On failure the results that had arrived, the server's reason among them, can still be read.
      if ready > 0, PQconsumeInput(handle) == 0 { return }
    }
  }

  private func lost(_ words: String) -> PostgresError {
    isOpen = false
    return PostgresError(words: words, isConnectionLost: true)
  }

  private static func failure(_ result: OpaquePointer) -> PostgresError {
    func field(_ code: Int32) -> String? {
      PQresultErrorField(result, code).map { String(cString: $0) }
    }
    // postgres_ext.h: PG_DIAG_SQLSTATE is 'C', PG_DIAG_MESSAGE_PRIMARY 'M'. DETAIL and CONTEXT quote values.
    return PostgresError(
      sqlState: field(Int32(UInt8(ascii: "C"))), words: field(Int32(UInt8(ascii: "M"))) ?? "failed")
  }

  private static func words(_ handle: OpaquePointer) -> String {
    let lines = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    return lines.split(separator: "\n").joined(separator: "; ")
  }

  // MARK: - Notifications

  /// Readable when something has arrived.
  var socket: Int32 { PQsocket(handle) }

  /// Channels of the notifications that have arrived.
  /// - Throws: `PostgresError` when the connection is lost.
  func notifications() throws -> Set<String> {
    guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
      throw lost(Self.words(handle))
    }
    var channels: Set<String> = []
    while let notification = PQnotifies(handle) {
      channels.insert(String(cString: notification.pointee.relname))
      PQfreemem(notification)
    }
    return channels
  }
}
