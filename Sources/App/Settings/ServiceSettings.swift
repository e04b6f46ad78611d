/// Everything that an operator can set. Defaults and ranges: docs/configuration.md, which a test compares.
public struct ServiceSettings: Sendable, Equatable {
  // The API process.
  public var host = "127.0.0.1"
  /// 0 takes a free one.
  public var port = 8000
  public var dataDirectory = "harrier-data"
  /// Child processes that run jobs.
  public var workers = 1
  public var modelsDirectory = "Models"
  public var rulesDirectory: String?
  /// Rule set of requests that name none; nil applies none then.
  public var defaultRules: String?
  public var defaultModel = "tree-crowns"
  /// Where the files of Swagger UI are; nil leaves `/docs` without it.
  public var swaggerDirectory: String?
  public var logLevel = "info"
  public var logFormat = LogFormat.json

  // TLS.
  /// A chain in PEM; nil serves plain HTTP.
  public var tlsCertificate: String?
  /// Its private key, in PEM.
  public var tlsKey: String?
  /// Authorities whose client certificates are required; nil requires none.
  public var tlsClientCA: String?
  /// Where plain HTTP is sent to HTTPS; nil for nowhere, 0 takes a free one.
  public var httpRedirectPort: Int?
  /// The port that is named then; nil for `port`.
  public var httpRedirectTargetPort: Int?
  /// Of `Strict-Transport-Security`; 0 sends none.
  public var hstsSeconds = 0

  // Access.
  public var authentication = AuthenticationMode.off
  /// With it `/metrics` may be read, and nothing else; nil for none.
  public var metricsToken: String?
  /// Key set of an identity provider: a URL or a path; nil for none.
  public var jwtKeys: String?
  /// What tokens are signed with by HS256; nil for none.
  public var jwtSecret: String?
  /// nil takes any issuer's.
  public var jwtIssuer: String?
  /// nil takes tokens for anybody.
  public var jwtAudience: String?
  /// By how much the provider's clock may differ.
  public var jwtClockSkew = Duration.seconds(60)
  /// The claim that holds scopes.
  public var jwtScopeClaim = "scope"
  /// Of tokens that keys are exchanged for, at most.
  public var tokenLifetime = Duration.seconds(900)
  /// Of a browser's session.
  public var sessionLifetime = Duration.seconds(43_200)
  /// Wrong keys and tokens a minute and client address; 0 is without limit.
  public var failedLogins = 10
  /// Of a caller who has no limit of its own; 0 is without limit.
  public var quotaBytesPerDay = 0
  public var quotaQueuedJobs = 0
  public var quotaRunningJobs = 0
  /// nil for `audit.log` in the data folder.
  public var auditLog: String?
  /// Whether reads are written there too.
  public var auditReads = false

  // The stores.
  /// `postgres://user:password@host:port/database?sslmode=...`; nil for SQLite in the data folder.
  public var databaseURL: String?
  /// Of the API process, at most.
  public var databaseConnections = 8
  /// `redis://user:password@host:port/0`, `rediss://` by TLS; nil for none.
  public var redisURL: String?
  /// `s3://bucket/prefix?endpoint=...`; nil for the data folder.
  public var storageURL: String?
  /// nil takes the keys from the environment or the file of AWS' tools.
  public var storageAccessKey: String?
  public var storageSecretKey: String?
  /// Whether clients are sent to the file store for originals and pictures.
  public var storagePresign = false

  // What one client may do.
  /// Requests a minute and client address; 0 is without limit.
  public var rateLimit = 100
  /// Addresses or CIDR ranges whose `X-Forwarded-For` is believed.
  public var trustedProxies: [String] = []
  /// Origins that browsers may call from; empty sends no CORS headers.
  public var corsOrigins: [String] = []
  public var maxFileBytes = 52_428_800
  public var maxFilesPerUpload = 100
  /// Of one request body.
  public var maxUploadBytes = 5_253_365_760
  /// Uploads whose bytes are taken in at the same time; the others wait.
  public var concurrentUploads = 8
  /// Of a JSON body.
  public var maxJSONBytes = 1_048_576
  /// Of all header lines of a request.
  public var maxHeaderBytes = 32_768
  public var maxQueuedJobs = 10_000
  /// Largest picture in a base64 answer.
  public var maxBase64Bytes = 33_554_432
  /// A connection that sends nothing for so long is closed.
  public var idleTimeout = Duration.seconds(60)

  // Jobs.
  public var jobLease = Duration.seconds(10)
  public var heartbeat = Duration.seconds(2)
  /// Workers that may die on a job before it fails.
  public var maxWorkerDeaths = 3
  /// Waits before the second, third ... attempt; no more attempts than these and the first.
  public var retryDelays: [Duration] = [.seconds(60), .seconds(300), .seconds(900)]
  /// Longest time between two finished slices, for each megapixel of the model's input.
  public var inferenceTimeout = Duration.seconds(120)
  /// nil runs each model as its document says.
  public var precision: String?
  public var device = "CPU"
  /// How long a worker may go on with its images after it was told to stop.
  public var shutdownGrace = Duration.seconds(30)

  // Registered models.
  /// Of one request body.
  public var maxModelBytes = 1_073_741_824
  public var maxModels = 1000
  /// Of one model.
  public var maxModelVersions = 1000
  /// Longest time that a model may take to be tried.
  public var modelCheck = Duration.seconds(300)
  /// Of the golden pictures of one model.
  public var maxGoldenBytes = 268_435_456
  /// Longest time that a version may take to look at all golden pictures.
  public var goldenCheck = Duration.seconds(600)
  /// Files on a machine's disk.
  public var modelCacheBytes = 8_589_934_592
  /// Of loaded models of one worker, as estimated.
  public var modelMemoryBytes = 2_147_483_648

  // What workers may do.
  public var workerSandbox = SandboxDemand.auto
  /// nil for a share of the machine's memory, 0 for no limit.
  public var workerMaxMemoryBytes: Int?

  // Webhooks.
  /// `whsec_...`; nil for one that is made and kept in the data folder.
  public var webhookSecret: String?
  /// Of one request to a receiver.
  public var webhookTimeout = Duration.seconds(10)
  /// Whether receivers may be in private networks, or on this machine.
  public var webhookAllowPrivate = false

  // What the service says of itself.
  /// Worker processes that the installation should have; nil for those that this process starts.
  public var workersWanted: Int?
  /// Where a worker that nobody supervises shows its metrics, on `host`; nil for nowhere.
  public var metricsPort: Int?
  /// The Prometheus that scrapes the service; nil for none.
  public var prometheusURL: String?
  /// `name=value` each, of the service where it scrapes several.
  public var prometheusLabels: [String] = []
  /// Where spans are sent; nil for no tracing.
  public var otlpEndpoint: String?
  /// `name=value` each, of every request to the collector.
  public var otlpHeaders: [String] = []
  /// Of the traces that begin here, the share that is kept.
  public var traceSampleRatio = 1.0
  /// Requests that take longer are logged with their parts.
  public var slowRequest = Duration.seconds(1)
  /// The same for images.
  public var slowImage = Duration.seconds(60)

  // What is kept.
  /// Days after which an upload and all that was made from it is deleted; 0 keeps everything.
  public var retentionDays = 7.0

  public init() {}
}

extension ServiceSettings {
  /// `otlpHeaders` by name; of several of one name the last.
  public var otlpHeadersByName: [String: String] {
    Dictionary(otlpHeaders.compactMap(TextForm.namedValue)) { $1 }
  }
}

extension ServiceSettings {
  var auditLogPath: String { auditLog ?? "\(dataDirectory)/audit.log" }
}

/// Whether callers must say who they are.
public enum AuthenticationMode: String, Sendable, CaseIterable {
  /// Not: the service listens on this machine's own addresses only.
  case off
  case on
  /// Not, and everybody who reaches the service may do everything.
  case offOnEveryAddress = "off-on-every-address"
}

/// How the log is written.
public enum LogFormat: String, Sendable, CaseIterable {
  /// A JSON object a line.
  case json
  /// For people.
  case text
}

/// What becomes of a worker's rights that its work does not need.
public enum SandboxDemand: String, Sendable, CaseIterable {
  /// Those that the kernel can take are taken.
  case auto
  /// The same, and without all of it the worker does not start.
  case required
  /// They stay.
  case off
}
