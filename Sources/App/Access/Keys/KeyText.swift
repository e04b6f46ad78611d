public import Foundation
public import Jobs
import ObjectDetection

/// Keys as people and scripts read them.
public enum KeyText {
  /// `survey team, scopes read, submit, until revoked`
  public static func summary(_ key: APIKey) -> String {
    let scopes = key.scopes.sorted().map(\.rawValue).joined(separator: ", ")
    let end = key.expiresAt.map { "until \($0.rfc3339)" } ?? "until it is revoked"
    return "\(key.name), owner \(key.owner), scopes \(scopes), \(end)"
  }

  /// A line a key, aligned.
  public static func table(_ keys: [APIKey], at now: Date) -> String {
    let rows =
      [["KEY", "NAME", "OWNER", "SCOPES", "STATE", "CREATED", "LAST USED"]]
      + keys.map { key in
        [
          key.id.description, key.name, key.owner,
          key.scopes.sorted().map(\.rawValue).joined(separator: ","), state(key, at: now),
          day(key.createdAt), key.lastUsedAt.map(day) ?? "never",
        ]
      }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
      return cells.joined(separator: "  ").trimmingCharacters(in: .whitespaces) + "\n"
    }.joined()
  }

  /// One line.
  public static func json(_ key: APIKey, at now: Date) -> String {
    var json = JSONWriter()
    json.object { json in
      json.string("key_id", key.id.description)
      json.string("name", key.name)
      json.string("owner", key.owner)
      json.array("scopes") { json in
        for scope in key.scopes.sorted() { json.element(scope.rawValue) }
      }
      json.string("state", state(key, at: now))
      json.string("created_at", key.createdAt.rfc3339)
      for (name, time) in [
        ("expires_at", key.expiresAt), ("revoked_at", key.revokedAt),
        ("last_used_at", key.lastUsedAt),
      ] {
        if let time { json.string(name, time.rfc3339) }
      }
      let limits = key.limits
      for (name, limit) in [
        ("requests_per_minute", limits.requestsPerMinute), ("bytes_per_day", limits.bytesPerDay),
        ("queued_jobs", limits.queuedJobs), ("running_jobs", limits.runningJobs),
      ] {
        if let limit { json.integer(name, limit) }
      }
    }
    return json.text
  }

  private static func state(_ key: APIKey, at now: Date) -> String {
    if key.revokedAt != nil { return "revoked" }
    return key.isValid(at: now) ? "active" : "expired"
  }

  private static func day(_ time: Date) -> String { String(time.rfc3339.prefix(10)) }
}
