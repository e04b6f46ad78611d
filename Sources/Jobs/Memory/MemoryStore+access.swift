public import Foundation
import Synchronization

extension MemoryStore: APIKeyStore {
  public func insert(_ key: APIKey) async throws {
    state.withLock { $0.apiKeys[key.id] = key }
  }

  public func apiKey(_ id: APIKeyID) async throws -> APIKey? {
    state.withLock { $0.apiKeys[id] }
  }

  public func apiKeys(limit: Int) async throws -> [APIKey] {
    state.withLock { Array($0.apiKeys.values.sorted { $0.id > $1.id }.prefix(limit)) }
  }

  public func revoke(_ id: APIKeyID, now: Date) async throws -> APIKey? {
    state.withLock { state in
      if state.apiKeys[id]?.revokedAt == nil { state.apiKeys[id]?.revokedAt = now }
      return state.apiKeys[id]
    }
  }

  public func noteUse(of id: APIKeyID, at time: Date) async throws {
    state.withLock { state in
      if state.apiKeys[id]?.lastUsedAt ?? .distantPast < time {
        state.apiKeys[id]?.lastUsedAt = time
      }
    }
  }
}

/// Where bytes are counted.
struct AccountDay: Hashable {
  var account: String
  var day: Int
}

extension MemoryStore: UsageStore {
  public func addBytes(
    _ bytes: Int, to account: String, day: Int, limit: Int
  ) async throws -> ByteUsage {
    state.withLock { state in
      state.usage = state.usage.filter { $0.key.day >= day - ByteUsage.keptDays }
      let place = AccountDay(account: account, day: day)
      let known = state.usage[place] ?? 0
      guard bytes <= 0 || bytes <= limit - known else {
        return ByteUsage(isAdmitted: false, bytes: known)
      }
      state.usage[place] = max(0, known + bytes)
      return ByteUsage(isAdmitted: true, bytes: max(0, known + bytes))
    }
  }

  public func bytes(of account: String, day: Int) async throws -> Int {
    state.withLock { $0.usage[AccountDay(account: account, day: day)] ?? 0 }
  }
}
