public import Foundation
public import Jobs

extension ObservedStore {
  // MARK: - Uploads

  public func insert(_ upload: Upload) async throws {
    try await observe("insert_upload") { try await store.insert(upload) }
  }

  public func upload(_ id: UploadID) async throws -> Upload? {
    try await observe("upload") { try await store.upload(id) }
  }

  public func file(_ id: FileID) async throws -> UploadedFile? {
    try await observe("file") { try await store.file(id) }
  }

  public func expired(at now: Date, limit: Int) async throws -> [Upload] {
    try await observe("expired_uploads") { try await store.expired(at: now, limit: limit) }
  }

  public func delete(_ id: UploadID) async throws -> DeletedUpload? {
    try await observe("delete_upload") { try await store.delete(id) }
  }

  // MARK: - Webhooks

  public func claimDeliveries(
    upTo limit: Int, lease: Duration, maxAttempts: Int, now: Date
  ) async throws -> [Delivery] {
    try await observe("claim_deliveries") {
      try await store.claimDeliveries(
        upTo: limit, lease: lease, maxAttempts: maxAttempts, now: now)
    }
  }

  public func record(_ outcome: DeliveryOutcome, of delivery: Delivery) async throws {
    try await observe("record_delivery") { try await store.record(outcome, of: delivery) }
  }

  public func deliveries(of job: JobID) async throws -> [Delivery] {
    try await observe("deliveries") { try await store.deliveries(of: job) }
  }

  // MARK: - Logs of jobs

  public func append(_ entries: [JobLogEntry], to job: JobID) async throws {
    try await observe("append_log") { try await store.append(entries, to: job) }
  }

  public func log(
    of job: JobID, after number: Int?, limit: Int
  ) async throws -> [NumberedEntry] {
    try await observe("log") { try await store.log(of: job, after: number, limit: limit) }
  }
}
