/// An entry of a dispatch stream.
struct RedisAnnouncement: Hashable {
  var stream: String
  /// Milliseconds of the server's clock, a hyphen, a number.
  var id: String

  var timeMs: Int64 { Int64(id.prefix { $0 != "-" }) ?? 0 }

  /// Of XREADGROUP's reply: null, or each stream with its entries, in a map (RESP3) or an array of pairs (RESP2).
  static func all(in reply: RESPValue) -> [RedisAnnouncement] {
    let parts: [RESPValue]
    switch reply {
    case .map(let values): parts = values
    case .array(let pairs): parts = pairs.flatMap { $0.elements ?? [] }
    default: return []
    }
    return stride(from: 0, to: parts.count - 1, by: 2).flatMap { index in
      parts[index].text.map { all(of: $0, parts[index + 1]) } ?? []
    }
  }

  /// Of a list of entries, each an id and its fields. Entries that were trimmed have no fields; they count.
  static func all(of stream: String, _ entries: RESPValue) -> [RedisAnnouncement] {
    (entries.elements ?? []).compactMap { entry in
      entry.elements?.first?.text.map { RedisAnnouncement(stream: stream, id: $0) }
    }
  }
}
