public import Foundation
public import Jobs

extension ObservedStore {
  // MARK: - Keys

  public func insert(_ key: APIKey) async throws {
    try await observe("insert_key") { try await store.insert(key) }
  }

  public func apiKey(_ id: APIKeyID) async throws -> APIKey? {
    try await observe("key") { try await store.apiKey(id) }
  }

  public func apiKeys(limit: Int) async throws -> [APIKey] {
    try await observe("keys") { try await store.apiKeys(limit: limit) }
  }

  public func revoke(_ id: APIKeyID, now: Date) async throws -> APIKey? {
    try await observe("revoke_key") { try await store.revoke(id, now: now) }
  }

  public func noteUse(of id: APIKeyID, at time: Date) async throws {
    try await observe("note_key") { try await store.noteUse(of: id, at: time) }
  }

  // MARK: - Usage

  public func addBytes(
    _ bytes: Int, to account: String, day: Int, limit: Int
  ) async throws -> ByteUsage {
    try await observe("add_bytes") {
      try await store.addBytes(bytes, to: account, day: day, limit: limit)
    }
  }

  public func bytes(of account: String, day: Int) async throws -> Int {
    try await observe("bytes") { try await store.bytes(of: account, day: day) }
  }
}
