/// All settings, in the order of docs/configuration.md, which a test compares with this table.
enum SettingsTable {
  static let all =
    api + tls + access + stores + clients + limits + jobs + models + sandbox + webhooks
    + monitoring

  static func definition(_ key: String) -> SettingDefinition? { all.first { $0.key == key } }

  private static let api: [SettingDefinition] = [
    .text(
      "host", \.host, .line,
      "Address to listen on. Only this machine, until somebody decides to let others in."),
    .integer(
      "port", \.port, in: 0...65535, "Port to listen on; 0 takes a free one and logs it."),
    .text(
      "data_dir", \.dataDirectory, .line,
      "Folder of uploads, results and the database. Relative to the working directory."),
    .integer(
      "workers", \.workers, in: 0...64,
      "Worker processes to start and look after; 0 where they run elsewhere. One uses all cores."),
    .text(
      "models_dir", \.modelsDirectory, .line,
      "Folder of the models. The default is that of the installation."),
    .optionalText(
      "rules_dir", \.rulesDirectory, .line,
      "Folder of the rule sets, `NAME.pl`. The default is that of the installation."),
    .optionalText(
      "default_rules", \.defaultRules, .resourceName,
      "Rule set of requests that name none. Not set: such requests have no rules."),
    .text(
      "default_model", \.defaultModel, .modelReference,
      "Model of requests that name none: `aerial`, `aerial@3`, `aerial@candidate`. The demo model comes with the installation."
    ),
    .optionalText(
      "swagger_dir", \.swaggerDirectory, .line,
      "Folder of Swagger UI's files, for `/docs`. The default is that of the installation."),
    .text(
      "log_level", \.logLevel,
      .one(of: ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
      "Lines below are left out."),
    .text(
      "log_format", \.logFormatName, .one(of: LogFormat.allCases.map(\.rawValue)),
      "`json` is one object a line, for collectors; `text` is for people."),
  ]

  private static let stores: [SettingDefinition] = [
    .optionalText(
      "database_url", \.databaseURL, .url(of: ["postgres", "postgresql"]), isSecret: true,
      "PostgreSQL 15 or newer, as libpq reads it: `postgres://user:password@host:5432/harrier?sslmode=verify-full`. Not set: SQLite in `data_dir`."
    ),
    .integer(
      "database_connections", \.databaseConnections, in: 1...100,
      "Connections of an API process to PostgreSQL, and one that listens; a worker has 3 and one. Its server allows 100 by default."
    ),
    .optionalText(
      "redis_url", \.redisURL, .url(of: ["redis", "rediss"]), isSecret: true,
      "Redis 6.2 or newer, or Valkey, beside PostgreSQL: `rediss://user:password@host:6379/0`. It spreads hints, counts requests for all API processes and answers polls; nothing is lost with it."
    ),
    .optionalText(
      "storage_url", \.storageURL, .url(of: ["s3"]),
      "Files in a bucket: `s3://bucket/prefix?endpoint=https://s3.example.org&region=eu-west-1`; without `endpoint` AWS. Not set: files in `data_dir`."
    ),
    .optionalText(
      "storage_access_key", \.storageAccessKey, .line, isSecret: true,
      "Access key of `storage_url`, with `storage_secret_key`. Not set: `AWS_ACCESS_KEY_ID` and its fellows, else `~/.aws/credentials`."
    ),
    .optionalText(
      "storage_secret_key", \.storageSecretKey, .line, isSecret: true,
      "Secret key of `storage_url`; belongs into the environment or a file that only the service reads."
    ),
    .flag(
      "storage_presign", \.storagePresign,
      "Whether clients are sent to the bucket for originals and pictures, by URLs that are good for 15 minutes. Not unless clients can reach it; `public_endpoint` in `storage_url` says how."
    ),
  ]

  private static let clients: [SettingDefinition] = [
    .integer(
      "rate_limit", \.rateLimit, in: 0...1_000_000,
      "Requests a minute and client address; 0 is without limit. More than a person or a patient script asks."
    ),
    .texts(
      "trusted_proxies", \.trustedProxies, .addressRange,
      "Whose `X-Forwarded-For` is believed. Nobody's: anyone can send the header."),
    .texts(
      "cors_origins", \.corsOrigins, .origin,
      "Web pages that may call the service from a browser. None: no CORS headers are sent."),
  ]

  private static let limits: [SettingDefinition] = [
    .integer(
      "max_file_bytes", \.maxFileBytes, in: 1024...10_737_418_240,
      "Largest file of an upload: 50 MB, the contract's limit."),
    .integer(
      "max_files_per_upload", \.maxFilesPerUpload, in: 1...10_000,
      "Files of one upload, and of one job: the contract's limit."),
    .integer(
      "max_upload_bytes", \.maxUploadBytes, in: 1024...1_099_511_627_776,
      "Largest body of an upload: 100 files of 50 MB and their headers."),
    .integer(
      "concurrent_uploads", \.concurrentUploads, in: 1...1024,
      "Uploads that are taken in at once, the others wait: a disk is not faster with more."),
    .integer(
      "max_json_bytes", \.maxJSONBytes, in: 1024...67_108_864,
      "Largest JSON body: a request that names 100 files and 1,000 classes has a twentieth of it."),
    .integer(
      "max_header_bytes", \.maxHeaderBytes, in: 1024...65_536,
      "All header lines of a request: what proxies and tokens need, and what web servers commonly allow."
    ),
    .integer(
      "max_queued_jobs", \.maxQueuedJobs, in: 1...10_000_000,
      "Jobs that may wait; more are answered with 503. Days of work for one machine."),
    .integer(
      "max_base64_bytes", \.maxBase64Bytes, in: 65_536...1_073_741_824,
      "Largest picture inside a JSON answer, since it is held in memory; others have their URLs."),
    .seconds(
      "idle_timeout_seconds", \.idleTimeout, in: 1...3600,
      "A connection that sends nothing for so long is closed. Longer than a slow link's pauses."),
  ]

  private static let jobs: [SettingDefinition] = [
    .seconds(
      "job_lease_seconds", \.jobLease, in: 1...3600,
      "How long a job stays with a worker that is silent; its work is repeated after that."),
    .seconds(
      "heartbeat_seconds", \.heartbeat, in: 0.1...600,
      "How often a worker renews its lease; at most half of it, so that one lost beat does no harm."
    ),
    .integer(
      "max_worker_deaths", \.maxWorkerDeaths, in: 1...100,
      "Workers that may die on a job before it fails: one death can be bad luck, three are the job's."
    ),
    .secondsList(
      "retry_delays_seconds", \.retryDelays, in: 0...86_400, atMost: 20,
      "Waits before the second, third, ... attempt of a job whose storage or inference failed."),
    .seconds(
      "inference_timeout_seconds", \.inferenceTimeout, in: 1...86_400,
      "Longest time between two finished slices, for each megapixel of the model's input, 30 s at least; then the engine hangs and its worker is replaced. Two hundred times what a small model needs."
    ),
    .optionalText(
      "precision", \.precision, .one(of: ["f32", "bf16", "int8"]),
      "Arithmetic of all models: `f32` equals the reference; `bf16` is faster and moves boxes a little; `int8` needs quantized models. Not set: what a model's document says, else `f32`."
    ),
    .text(
      "device", \.device, .line,
      "Device for OpenVINO: `CPU`, `GPU`, `AUTO` ... Every machine has the default."),
    .seconds(
      "shutdown_grace_seconds", \.shutdownGrace, in: 0...3600,
      "How long a worker that is told to stop may go on. As long as service managers commonly wait."
    ),
    .number(
      "retention_days", \.retentionDays, in: 0...36_500,
      "After so long an upload and all that was made from it is deleted; 0 keeps everything."),
  ]

  private static let webhooks: [SettingDefinition] = [
    .optionalText(
      "webhook_secret", \.webhookSecret, .webhookSecret, isSecret: true,
      "What webhooks are signed with. Not set: one is made and kept in `webhook-secret` of `data_dir`, or in the database that `database_url` names."
    ),
    .seconds(
      "webhook_timeout_seconds", \.webhookTimeout, in: 0.1...60,
      "How long a receiver may take to answer; it is tried again then. Receivers should answer first and work later."
    ),
    .flag(
      "webhook_allow_private", \.webhookAllowPrivate,
      "Whether webhooks may go to private, loopback and link-local addresses. Not unless all clients are trusted: they could reach into this network."
    ),
  ]
}

extension ServiceSettings {
  /// The log format by its name, as settings are texts; other names change nothing.
  fileprivate var logFormatName: String {
    get { logFormat.rawValue }
    set { logFormat = LogFormat(rawValue: newValue) ?? logFormat }
  }
}
