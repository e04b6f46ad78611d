/// The numbers of the screen. nil is unknown: the service does not say it, or nothing has happened to measure.
struct ServiceFigures: Sendable, Equatable {
  /// A counter that should stand still.
  struct Mishaps: Sendable, Equatable {
    /// Since the start of the service.
    var total: Double
    /// Within the last minute.
    var recent: Double
  }

  /// A stage of the pipeline, and its share of the time of all.
  struct StageShare: Sendable, Equatable {
    var stage: String
    var share: Double
  }

  var version: String?
  var uptimeSeconds: Double?
  /// Stores that the service itself sees down.
  var storesDown: [String] = []

  var queueLength: Double?
  var oldestJobSeconds: Double?
  var processing: Double?
  var activeWorkers: Double?
  var wantedWorkers: Double?
  /// Of the living worker that has stood still longest.
  var standstillSeconds: Double?
  var completedPerMinute: Double?
  var failedPerMinute: Double?

  var imagesPerSecond: Double?
  var slicesPerSecond: Double?
  var detectionsPerSecond: Double?
  var meanImageSeconds: Double?
  var imageSeconds95: Quantile?
  /// 0...1.
  var inferRequestUse: Double?
  /// In the order of the pipeline.
  var stages: [StageShare] = []

  var requestsPerSecond: Double?
  var serverErrorsPerSecond: Double?
  var latencySeconds50: Quantile?
  var latencySeconds95: Quantile?
  var bytesInPerSecond: Double?
  var bytesOutPerSecond: Double?
  var openConnections: Double?

  var retries: Mishaps?
  var storeErrors: Mishaps?
  /// 100 is one core.
  var cpuPercent: Double?
  var memoryBytes: Double?
}
