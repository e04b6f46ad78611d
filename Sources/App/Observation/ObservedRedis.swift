public import Jobs

/// What Redis does for the API processes, measured.
public struct ObservedRateLimit: SharedRateLimit {
  private let limit: any SharedRateLimit
  private let observe: StoreObserver

  public init(_ limit: any SharedRateLimit, observer: StoreObserver) {
    self.limit = limit
    observe = observer
  }

  public func take(
    _ name: String, requestsPerMinute: Int
  ) async throws -> (isAdmitted: Bool, tokens: Double) {
    try await observe("rate_limit") {
      try await limit.take(name, requestsPerMinute: requestsPerMinute)
    }
  }
}

/// Status documents in Redis, measured, and whether they were there.
public struct ObservedStatusCache: SharedStatusCache {
  private let cache: any SharedStatusCache
  private let observe: StoreObserver
  private let metrics: ServiceMetrics

  public init(
    _ cache: any SharedStatusCache, observer: StoreObserver, metrics: ServiceMetrics
  ) {
    self.cache = cache
    observe = observer
    self.metrics = metrics
  }

  public func text(of job: JobID) async -> (version: Int, text: String)? {
    let found = await observe.always("status") { await cache.text(of: job) }
    metrics.cache(.sharedStatus, isHit: found != nil)
    return found
  }

  public func keep(_ text: String, version: Int, of job: JobID) async {
    await observe.always("keep_status") { await cache.keep(text, version: version, of: job) }
  }

  public func remove(_ job: JobID) async {
    await observe.always("remove_status") { await cache.remove(job) }
  }
}
