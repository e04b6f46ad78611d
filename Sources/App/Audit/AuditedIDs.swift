import Synchronization

/// What a request turned out to be about, beside what its path names: the ids that it made.
final class AuditedIDs: Sendable {
  private let ids = Mutex<[String: String]>([:])
  private let known = Mutex<Caller?>(nil)

  /// Who it turned out to be, where the route itself asks.
  var caller: Caller? {
    get { known.withLock { $0 } }
    set { known.withLock { $0 = newValue } }
  }

  subscript(name: String) -> String? {
    get { ids.withLock { $0[name] } }
    set { ids.withLock { $0[name] = newValue } }
  }

  var all: [String: String] { ids.withLock { $0 } }
}
