public import Foundation
import Synchronization

extension MemoryStore: DeliveryStore {
  public func claimDeliveries(
    upTo limit: Int, lease: Duration, maxAttempts: Int, now: Date
  ) async throws -> [Delivery] {
    state.withLock {
      $0.claimDeliveries(upTo: limit, lease: lease, maxAttempts: maxAttempts, now: now)
    }
  }

  public func record(_ outcome: DeliveryOutcome, of delivery: Delivery) async throws {
    try state.withLock { try $0.record(outcome, of: delivery) }
  }

  public func deliveries(of job: JobID) async throws -> [Delivery] {
    state.withLock { state in
      state.deliveries.values.map(\.delivery).filter { $0.jobID == job }.sorted { $0.id < $1.id }
    }
  }
}

/// A delivery with what only senders and the store see.
struct MemoryDelivery {
  var delivery: Delivery
  var leaseEnd: Date?

  func isDue(at now: Date) -> Bool {
    guard delivery.state == .pending, let dueAt = delivery.dueAt else { return false }
    return dueAt <= now && leaseEnd ?? .distantPast <= now
  }
}

extension MemoryState {
  /// Puts the end of a job that has a callback into the outbox.
  mutating func announceEnd(of job: Job) {
    guard let url = job.callbackURL, let event = JobEvent(job.state), let now = job.endedAt else {
      return
    }
    let delivery = Delivery(
      id: EventID(at: now), jobID: job.id, event: event, url: url, createdAt: now)
    deliveries[delivery.id] = MemoryDelivery(delivery: delivery)
  }

  mutating func claimDeliveries(
    upTo limit: Int, lease: Duration, maxAttempts: Int, now: Date
  ) -> [Delivery] {
    var claimed: [Delivery] = []
    let due = deliveries.values.filter { $0.isDue(at: now) }.sorted {
      ($0.delivery.dueAt ?? now, $0.delivery.id) < ($1.delivery.dueAt ?? now, $1.delivery.id)
    }
    for var entry in due where claimed.count < limit {
      if entry.delivery.attempts >= maxAttempts {
        entry.end(.failed, error: Delivery.cutOff)
      } else {
        entry.delivery.attempts += 1
        entry.delivery.lastAttemptAt = now
        entry.leaseEnd = now.addingTimeInterval(lease.timeInterval)
        claimed.append(entry.delivery)
      }
      deliveries[entry.delivery.id] = entry
    }
    return claimed
  }

  mutating func record(_ outcome: DeliveryOutcome, of delivery: Delivery) throws {
    guard var entry = deliveries[delivery.id], entry.delivery.state == .pending,
      entry.leaseEnd != nil, entry.delivery.attempts == delivery.attempts
    else { throw JobsError.leaseLost }
    switch outcome {
    case .delivered(let status):
      entry.delivery.responseStatus = status
      entry.end(.delivered, error: nil)
    case .retry(let time, let status, let error):
      entry.delivery.responseStatus = status
      entry.delivery.error = error
      entry.delivery.dueAt = time
      entry.leaseEnd = nil
    case .failed(let status, let error):
      entry.delivery.responseStatus = status
      entry.end(.failed, error: error)
    }
    deliveries[delivery.id] = entry
  }

  /// Deletes a job and its deliveries.
  mutating func forget(_ id: JobID) {
    jobs[id] = nil
    deliveries = deliveries.filter { $0.value.delivery.jobID != id }
  }
}

extension MemoryDelivery {
  mutating func end(_ state: DeliveryState, error: String?) {
    delivery.state = state
    delivery.error = error
    delivery.dueAt = nil
    leaseEnd = nil
  }
}
