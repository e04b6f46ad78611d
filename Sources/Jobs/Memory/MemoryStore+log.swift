import Foundation
import Synchronization

extension MemoryStore: JobLogStore {
  public func append(_ entries: [JobLogEntry], to job: JobID) async throws {
    state.withLock { $0.jobs[job]?.append(entries) }
  }

  public func log(
    of job: JobID, after number: Int?, limit: Int
  ) async throws -> [NumberedEntry] {
    state.withLock { state in
      (state.jobs[job]?.log ?? []).filter { $0.number > number ?? 0 }.prefix(limit).map(\.self)
    }
  }
}

extension MemoryJob {
  fileprivate mutating func append(_ entries: [JobLogEntry]) {
    for entry in entries {
      log.append(NumberedEntry(number: (log.last?.number ?? 0) + 1, entry: entry.kept))
    }
    log.removeFirst(max(0, log.count - JobLog.limit))
  }
}
