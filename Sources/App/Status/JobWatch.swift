import Foundation
import Jobs
import Logging
import ServiceLifecycle
import Synchronization

/// Follows the changes of all jobs in the store and keeps the documents of those that are asked for, so that
/// a poll costs no query: what a worker in another process writes is seen at the hint, or within its interval.
final class JobWatch: ServiceLifecycle.Service {
  /// Documents kept: some KB each.
  private static let maxDocuments = 10_000
  /// Changes read at once; more follow in the next round.
  private static let changesARound = 500
  /// A document is read again after this: deletions by others make no change.
  private static let lifetime = Duration.seconds(5)
  /// The same where there are others.
  private static let sharedLifetime = Duration.seconds(1)

  /// Between two rounds, however often the store says that something has changed.
  private static let shortestPause = Duration.milliseconds(20)
  /// Between two tries of a store that does not answer.
  private static let pauseWhenDown = Duration.seconds(1)

  private let store: any JobStore
  private let estimates: CompletionEstimates
  private let hint: ChangeHint
  private let shared: (any SharedStatusCache)?
  private let endings: WakeSignal
  /// Told of each look for a document, and whether it was there.
  private let onLookUp: @Sendable (_ isHit: Bool) -> Void
  private let logger: Logger
  /// Each change, for those who follow all jobs.
  let feed = JobFeed()
  private let state = Mutex(JobWatchState())
  private let clock = ContinuousClock()
  /// A poll that comes while the changes are read needs those of the next reading.
  private let reading = SharedRun()

  /// `endings` is woken when a job with a callback is seen to end.
  init(
    store: any JobStore, estimates: CompletionEstimates,
    hint: ChangeHint = .polled, shared: (any SharedStatusCache)? = nil,
    endings: WakeSignal = WakeSignal(),
    onLookUp: @escaping @Sendable (_ isHit: Bool) -> Void = { _ in }, logger: Logger
  ) {
    self.store = store
    self.estimates = estimates
    self.hint = hint
    self.shared = shared
    self.endings = endings
    self.onLookUp = onLookUp
    self.logger = logger
  }

  /// The job's present document; nil when there is no such job. Where other API processes tell clients of jobs too,
  /// it is at least as new as all that they have told before.
  func document(_ id: JobID) async throws -> StatusDocument? {
    guard hint.isShared else { return try await followedDocument(id) }
    if let document = await shared?.document(of: id), document.version >= known(id) {
      return document
    }
    try await follow()
    if let document = kept(id) {
      onLookUp(true)
      await shared?.keep(document)
      return document
    }
    onLookUp(false)
    return try await read(id)
  }

  /// The version that this process has told, or would tell.
  private func known(_ id: JobID) -> Int {
    state.withLock { $0.documents[id]?.document.version ?? 0 }
  }

  private func followedDocument(_ id: JobID) async throws -> StatusDocument? {
    let kept = kept(id)
    onLookUp(kept != nil)
    if let kept { return kept }
    return try await read(id)
  }

  /// nil when there is none, or one that is to be read again.
  private func kept(_ id: JobID) -> StatusDocument? {
    let now = clock.now
    let lifetime = hint.isShared ? Self.sharedLifetime : Self.lifetime
    return state.withLock { state in
      state.documents[id].flatMap { now - $0.readAt < lifetime ? $0.document : nil }
    }
  }

  private func read(_ id: JobID) async throws -> StatusDocument? {
    state.withLock { $0.loading[id, default: 0] += 1 }
    defer { state.withLock { $0.finishLoading(id) } }
    while true {
      let start = state.withLock { $0.epoch }
      guard let job = try await store.job(id) else {
        await forget(id)
        return nil
      }
      // Read before the changes are followed, it may miss the first of them.
      if state.withLock({ $0.epoch }) == start { return await keep(job) }
    }
  }

  /// The job's document once it is newer than `version`, or what there is when the time is over.
  func document(
    _ id: JobID, after version: Int, upTo time: Duration
  ) async throws -> StatusDocument? {
    let deadline = clock.now + time
    while true {
      guard var document = try await followedDocument(id) else { return nil }
      if document.version < version {
        // Another API process has told of something newer.
        guard let newer = try await self.document(id) else { return nil }
        document = newer
      }
      let left = deadline - clock.now
      if document.version > version || document.state.isEnded || left <= .zero
        || Task.isShuttingDownGracefully
      {
        return document
      }
      await waitForChange(of: id, after: version, upTo: left)
      try Task.checkCancellation()
    }
  }

  /// What this process itself has just written.
  @discardableResult
  func observed(_ job: Job) async -> StatusDocument { await keep(job) }

  func forget(_ id: JobID) async {
    await shared?.remove(id)
    let waiters = state.withLock { $0.forget(id) }
    for waiter in waiters { waiter.resume() }
  }

  /// Reads changes until it is cancelled or told to stop.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      var isDown = false
      while !Task.isCancelled {
        do {
          try await self.follow()
          isDown = false
        } catch is CancellationError {
          break
        } catch {
          if !isDown {
            self.logger.warning("changes cannot be read", metadata: ["cause": "\(error)"])
          }
          isDown = true
        }
        do {
          try await self.pause(isDown: isDown)
        } catch {
          break
        }
      }
    }
    for waiter in state.withLock({ $0.stop() }) { waiter.resume() }
  }

  /// Until there may be something to read. Hints that follow each other closely are one.
  private func pause(isDown: Bool) async throws {
    guard !isDown else { return try await clock.sleep(for: Self.pauseWhenDown) }
    await hint.signal.wait(upTo: hint.interval - Self.shortestPause)
    try await clock.sleep(for: Self.shortestPause)
  }

  /// Returns when all changes are known that could be seen before the call.
  private func follow() async throws {
    do {
      try await reading { [self] in try await readChanges() }
    } catch {
      // What is kept may be old now: nobody is told what could be wrong.
      state.withLock { $0.documents.removeAll() }
      throw error
    }
  }

  private func readChanges() async throws {
    guard var version = state.withLock({ $0.followed }) else {
      let latest = try await store.latestVersion()
      // What was read before may have changed before: whoever waits looks again.
      for waiter in state.withLock({ $0.begin(at: latest) }) { waiter.resume() }
      feed.reset()
      return
    }
    while true {
      let changes = try await store.changes(after: version, limit: Self.changesARound)
      for job in changes.jobs {
        let isWanted = state.withLock { $0.isWanted(job.id) }
        let kept = isWanted ? await keep(job) : nil
        if feed.isWanted(job.owner) { feed.publish(kept ?? describe(job), owner: job.owner) }
        if job.state.isEnded, job.callbackURL != nil { endings.wake() }
      }
      version = changes.version
      state.withLock { $0.followed = version }
      if changes.jobs.count < Self.changesARound { return }
    }
  }

  func describe(_ job: Job) -> StatusDocument {
    StatusDocument(job, estimatedCompletion: estimates.completion(of: job))
  }

  @discardableResult
  private func keep(_ job: Job) async -> StatusDocument {
    let document = describe(job)
    // Before anybody is told of it here, others know it.
    await shared?.keep(document)
    let (kept, waiters) = state.withLock { state in
      state.keep(document, at: clock.now, limit: Self.maxDocuments)
    }
    for waiter in waiters { waiter.resume() }
    return kept
  }

  private func waitForChange(of id: JobID, after version: Int, upTo time: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.nextChange(of: id, after: version) }
      group.addTask {
        do { try await self.clock.sleep(for: time) } catch { return }
      }
      // A server that stops waits for its open answers.
      group.addTask {
        do { try await gracefulShutdown() } catch { return }
      }
      await group.next()
      group.cancelAll()
    }
  }

  private func nextChange(of id: JobID, after version: Int) async {
    let number = state.withLock { $0.nextWaiter() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          !state.wait(
            continuation, number: number, for: id, after: version, isCancelled: Task.isCancelled)
        }
        if isOver { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.abandon(number, of: id) }?.resume()
    }
  }
}

/// What is kept, and who waits: no clock, no I/O.
struct JobWatchState {
  typealias Waiter = CheckedContinuation<Void, Never>

  struct Entry {
    var document: StatusDocument
    var readAt: ContinuousClock.Instant
  }

  var documents: [JobID: Entry] = [:]
  /// Jobs that are being read: a change that comes meanwhile must not be missed.
  var loading: [JobID: Int] = [:]
  private var waiters: [JobID: [Int: Waiter]] = [:]
  private var waiterCount = 0
  private var isStopped = false
  /// The version up to which changes are known; nil before they are followed.
  var followed: Int?
  /// Raised when following the changes begins anew: what was read before may be old.
  private(set) var epoch = 0

  func isWanted(_ id: JobID) -> Bool {
    documents[id] != nil || loading[id] != nil || waiters[id] != nil
  }

  mutating func finishLoading(_ id: JobID) {
    guard let count = loading[id] else { return }
    loading[id] = count > 1 ? count - 1 : nil
  }

  /// Keeps the newer one of this document and that which is there; tells who waited for it.
  mutating func keep(
    _ document: StatusDocument, at now: ContinuousClock.Instant, limit: Int
  ) -> (StatusDocument, [Waiter]) {
    // One version has one text, whatever its estimate would be now: its entity tag says so.
    if let known = documents[document.jobID], known.document.version >= document.version {
      documents[document.jobID]?.readAt = now
      return (known.document, [])
    }
    if documents.count >= limit, documents[document.jobID] == nil { makeRoom(limit) }
    documents[document.jobID] = Entry(document: document, readAt: now)
    return (document, waiters.removeValue(forKey: document.jobID).map { Array($0.values) } ?? [])
  }

  /// Forgets the tenth of the documents that was read longest ago.
  private mutating func makeRoom(_ limit: Int) {
    let oldest = documents.sorted { $0.value.readAt < $1.value.readAt }.prefix(limit / 10 + 1)
    for (id, _) in oldest { documents[id] = nil }
  }

  mutating func forget(_ id: JobID) -> [Waiter] {
    documents[id] = nil
    return waiters.removeValue(forKey: id).map { Array($0.values) } ?? []
  }

  mutating func forgetAll() -> [Waiter] {
    epoch += 1
    documents = [:]
    defer { waiters = [:] }
    return waiters.values.flatMap { Array($0.values) }
  }

  mutating func begin(at version: Int) -> [Waiter] {
    followed = version
    return forgetAll()
  }

  mutating func nextWaiter() -> Int {
    waiterCount += 1
    return waiterCount
  }

  /// False when there is nothing to wait for.
  mutating func wait(
    _ waiter: Waiter, number: Int, for id: JobID, after version: Int, isCancelled: Bool
  ) -> Bool {
    if isCancelled || isStopped { return false }
    // Where none is kept, a change may have passed: whoever wants to wait reads it first.
    guard let known = documents[id], known.document.version <= version else { return false }
    waiters[id, default: [:]][number] = waiter
    return true
  }

  mutating func abandon(_ number: Int, of id: JobID) -> Waiter? {
    let waiter = waiters[id]?.removeValue(forKey: number)
    if waiters[id]?.isEmpty == true { waiters[id] = nil }
    return waiter
  }

  mutating func stop() -> [Waiter] {
    isStopped = true
    return forgetAll()
  }
}
