import CPQ
import Jobs

/// Which PostgreSQL server, and what its clients put up with.
public struct PostgresSettings: Sendable {
  /// `postgresql://user:password@host:port/database?sslmode=verify-full`, as libpq reads it: `sslmode`,
  /// `sslrootcert`, `sslcert` and `sslkey` say how TLS is used and what is checked.
  public var url: String
  /// `host:port/database`, for people.
  public let place: String
  /// One thread and at most one connection each.
  public var connections: Int
  /// Calls that wait for a connection; one more is refused.
  public var queueLimit: Int
  /// How long a call waits for a connection.
  public var waitLimit: Duration
  /// Of one statement, on the server; this end gives up 2 s later.
  public var statementTimeout: Duration
  /// Of one address of the host. Whole seconds; libpq waits at least 2.
  public var connectTimeout: Duration

  /// - Throws: `JobsError(.databaseError)` for a URL that libpq cannot read.
  public init(
    url: String, connections: Int = 8, queueLimit: Int = 1000, waitLimit: Duration = .seconds(5),
    statementTimeout: Duration = .seconds(10), connectTimeout: Duration = .seconds(3)
  ) throws {
    guard url.hasPrefix("postgresql://") || url.hasPrefix("postgres://") else {
      throw JobsError(.databaseError, "The address of PostgreSQL is no postgresql:// URL")
    }
    var words: UnsafeMutablePointer<CChar>?
    let options = PQconninfoParse(url, &words)
    // Its words quote the URL, password and all, so nobody sees them.
    PQfreemem(words)
    defer { PQconninfoFree(options) }
    guard let options, Self.isSound(url, options) else {
      throw JobsError(.databaseError, "The address of PostgreSQL cannot be read")
    }
    self.url = url
    place = Self.place(options)
    self.connections = max(1, connections)
    self.queueLimit = max(1, queueLimit)
    self.waitLimit = waitLimit
    self.statementTimeout = statementTimeout
    self.connectTimeout = connectTimeout
  }

  private static func place(_ options: UnsafeMutablePointer<PQconninfoOption>) -> String {
    var values: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        values[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    let user = values["user"] ?? ""
    return "\(values["host"] ?? "the local socket"):\(values["port"] ?? "5432")/"
      + (values["dbname"] ?? user)
  }

  /// What libpq would notice only when it connects, quoting what may be a piece of the password.
  private static func isSound(
    _ url: String, _ options: UnsafeMutablePointer<PQconninfoOption>
  ) -> Bool {
    // A password's own @ is written %40.
    guard url.prefix(while: { $0 != "?" }).count(where: { $0 == "@" }) <= 1 else { return false }
    var option = options
    while let keyword = option.pointee.keyword {
      if String(cString: keyword) == "port", let value = option.pointee.val {
        let ports = String(cString: value).split(separator: ",")
        guard ports.allSatisfy({ UInt16($0) != nil }) else { return false }
      }
      option += 1
    }
    return true
  }

  /// What libpq is told. Behind `dbname`, which the URL expands into, a keyword overrides the URL; before it, the
  /// URL has the last word.
  var keywords: [(name: String, value: String)] {
    [
      ("connect_timeout", "\(connectTimeout.components.seconds)"),
      // A peer that vanished is noticed without an answer of its kernel.
      ("keepalives_idle", "30"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
      ("tcp_user_timeout", "15000"),
      ("application_name", "harrier"),
      ("dbname", url),
      ("client_encoding", "UTF8"),
    ]
  }
}
