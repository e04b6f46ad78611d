import Synchronization

/// Remembers what was looked up lately: at most twice `capacity` values, without a clock of use. When one half is
/// full the older one is forgotten.
final class RecentValues<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private struct Halves {
    var young: [Key: Value] = [:]
    var old: [Key: Value] = [:]
  }

  private let capacity: Int
  private let halves = Mutex(Halves())

  init(capacity: Int) { self.capacity = capacity }

  subscript(key: Key) -> Value? {
    halves.withLock { halves in
      if let value = halves.young[key] { return value }
      guard let value = halves.old[key] else { return nil }
      keep(value, key, &halves)
      return value
    }
  }

  func remember(_ value: Value, for key: Key) {
    halves.withLock { keep(value, key, &$0) }
  }

  func forget(_ key: Key) {
    halves.withLock { halves in
      halves.young[key] = nil
      halves.old[key] = nil
    }
  }

  private func keep(_ value: Value, _ key: Key, _ halves: inout Halves) {
    if halves.young.count >= capacity, halves.young[key] == nil {
      halves.old = halves.young
      halves.young = [:]
    }
    halves.young[key] = value
  }
}
