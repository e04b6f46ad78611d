import Foundation
import Jobs
import Testing

private func sampleKey(at time: Date = startOfTests) -> APIKey {
  APIKey(
    id: APIKeyID(at: time), name: "Küste 'x'", owner: "ann", scopes: [.submit, .read],
    secretHash: String(repeating: "0a", count: 32), createdAt: time)
}

extension StoreRule {
  static let keys = [
    StoreRule("a key is read as it was kept") { store in
      let plain = sampleKey()
      var full = sampleKey(at: startOfTests + 1)
      full.scopes = Set(AccessScope.allCases)
      full.limits = AccessLimits(
        requestsPerMinute: 60, bytesPerDay: 5_000_000_000, queuedJobs: 0, runningJobs: 2)
      full.expiresAt = startOfTests + 86_400.125
      full.revokedAt = startOfTests + 3
      full.lastUsedAt = startOfTests + 2
      var without = sampleKey(at: startOfTests + 2)
      without.scopes = []
      for key in [plain, full, without] {
        try await store.insert(key)
        #expect(try await store.apiKey(key.id) == key)
      }
      #expect(try await store.apiKey(APIKeyID(at: startOfTests)) == nil)
    },
    StoreRule("keys are listed newest first, also those that open nothing any more") { store in
      #expect(try await store.apiKeys(limit: 9).isEmpty)
      var keys: [APIKey] = []
      for index in 0..<4 {
        var key = sampleKey(at: startOfTests + Double(index))
        if index == 1 { key.expiresAt = startOfTests + 1 }
        try await store.insert(key)
        keys.append(key)
      }
      keys[2] = try #require(try await store.revoke(keys[2].id, now: startOfTests + 9))
      #expect(try await store.apiKeys(limit: 9) == keys.reversed())
      #expect(try await store.apiKeys(limit: 2) == [keys[3], keys[2]])
    },
    StoreRule("a key is revoked for good, and once") { store in
      let (key, other) = (sampleKey(), sampleKey())
      for key in [key, other] { try await store.insert(key) }
      let revoked = try #require(try await store.revoke(key.id, now: startOfTests + 5))
      #expect(revoked.revokedAt == startOfTests + 5)
      #expect(try await store.revoke(key.id, now: startOfTests + 6) == revoked)
      #expect(try await store.apiKey(key.id) == revoked)
      #expect(try await store.apiKey(other.id) == other)
      #expect(try await store.revoke(APIKeyID(at: startOfTests), now: startOfTests) == nil)
    },
    StoreRule("a key's last use never goes back") { store in
      let (key, other) = (sampleKey(), sampleKey())
      for key in [key, other] { try await store.insert(key) }
      for (seconds, expected) in [(60.0, 60.0), (30, 60), (60, 60), (90, 90)] {
        try await store.noteUse(of: key.id, at: startOfTests + seconds)
        #expect(try await store.apiKey(key.id)?.lastUsedAt == startOfTests + expected)
      }
      // A key that is gone has none.
      try await store.noteUse(of: APIKeyID(at: startOfTests), at: startOfTests)
      #expect(try await store.apiKey(other.id) == other)
    },
  ]

  static let usage = [
    StoreRule("bytes add up to a day's limit, and what would pass it adds nothing") { store in
      func add(_ bytes: Int, _ account: String = "ann", day: Int = 20_000) async throws
        -> ByteUsage
      {
        try await store.addBytes(bytes, to: account, day: day, limit: 100)
      }
      let before = try await store.bytes(of: "ann", day: 20_000)
      #expect(before == 0)
      #expect(try await add(101) == ByteUsage(isAdmitted: false, bytes: 0))
      #expect(try await add(60) == ByteUsage(isAdmitted: true, bytes: 60))
      #expect(try await add(41) == ByteUsage(isAdmitted: false, bytes: 60))
      #expect(try await add(40) == ByteUsage(isAdmitted: true, bytes: 100))
      #expect(try await add(1) == ByteUsage(isAdmitted: false, bytes: 100))
      #expect(try await add(0) == ByteUsage(isAdmitted: true, bytes: 100))
      #expect(try await add(100, "bob") == ByteUsage(isAdmitted: true, bytes: 100))
      #expect(try await add(7, day: 20_001) == ByteUsage(isAdmitted: true, bytes: 7))
      #expect(try await store.bytes(of: "ann", day: 20_000) == 100)
      #expect(try await store.bytes(of: "ann", day: 20_001) == 7)
    },
    StoreRule("bytes that were not used are given back, also past a limit that has fallen") {
      store in
      func add(_ bytes: Int, limit: Int) async throws -> ByteUsage {
        try await store.addBytes(bytes, to: "ann", day: 20_000, limit: limit)
      }
      let none = try await add(-5, limit: 0)
      #expect(none == ByteUsage(isAdmitted: true, bytes: 0))
      #expect(try await add(100, limit: 100) == ByteUsage(isAdmitted: true, bytes: 100))
      #expect(try await add(-10, limit: 50) == ByteUsage(isAdmitted: true, bytes: 90))
      #expect(try await add(1, limit: 50) == ByteUsage(isAdmitted: false, bytes: 90))
      #expect(try await add(-1000, limit: 50) == ByteUsage(isAdmitted: true, bytes: 0))
      #expect(try await add(50, limit: 50) == ByteUsage(isAdmitted: true, bytes: 50))
    },
    StoreRule("sums that are too large for a number are refused, not wrong") { store in
      func add(_ bytes: Int) async throws -> ByteUsage {
        try await store.addBytes(bytes, to: "ann", day: 20_000, limit: .max)
      }
      let first = try await add(.max - 1)
      #expect(first == ByteUsage(isAdmitted: true, bytes: .max - 1))
      #expect(try await add(2) == ByteUsage(isAdmitted: false, bytes: .max - 1))
      #expect(try await add(1) == ByteUsage(isAdmitted: true, bytes: .max))
      #expect(try await add(.min + 1) == ByteUsage(isAdmitted: true, bytes: 0))
    },
    StoreRule("a week's days are remembered, older ones forgotten") { store in
      for day in [99, 100, 101] {
        _ = try await store.addBytes(5, to: "ann", day: day, limit: 9)
      }
      _ = try await store.addBytes(1, to: "bob", day: 107, limit: 9)
      #expect(try await store.bytes(of: "ann", day: 99) == 0)
      #expect(try await store.bytes(of: "ann", day: 100) == 5)
      #expect(try await store.bytes(of: "ann", day: 101) == 5)
    },
    StoreRule("bytes that are added at once never pass the limit") { store in
      let admitted = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await store.addBytes(10, to: "ann", day: 20_000, limit: 55).isAdmitted
          }
        }
        return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
      }
      #expect(admitted == 5)
      #expect(try await store.bytes(of: "ann", day: 20_000) == 50)
    },
  ]
}
