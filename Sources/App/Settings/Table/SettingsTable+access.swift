extension SettingsTable {
  static let access: [SettingDefinition] = [
    .text(
      "auth", \.authenticationName, .one(of: AuthenticationMode.allCases.map(\.rawValue)),
      "Whether callers need a key or a token (docs/security.md). `off` is for one machine: `host` must be one of its own addresses then, unless `off-on-every-address` says in words that everybody may do everything."
    ),
    .optionalText(
      "metrics_token", \.metricsToken, .secret, isSecret: true,
      "A token with which Prometheus reads `/metrics`, and nothing else. Not set: it needs a key with the scope `metrics`."
    ),
    .optionalText(
      "jwt_keys", \.jwtKeys, .line,
      "Key set (JWKS) of an identity provider whose tokens are taken: `https://id.example.org/jwks.json`, or a path. Read again every 5 minutes, and when a token names a key that is not in it."
    ),
    .optionalText(
      "jwt_secret", \.jwtSecret, .secret, isSecret: true,
      "Secret of tokens that are signed by HS256. Who has it can make any token: prefer `jwt_keys`."
    ),
    .optionalText(
      "jwt_issuer", \.jwtIssuer, .line,
      "The `iss` that tokens must have. Needed with `jwt_keys` or `jwt_secret`."),
    .optionalText(
      "jwt_audience", \.jwtAudience, .line,
      "What their `aud` must name: without it a token for another service would open this one."),
    .seconds(
      "jwt_clock_skew_seconds", \.jwtClockSkew, in: 0...600,
      "By how much the provider's clock may differ. As much as clocks that nobody looks after."),
    .text(
      "jwt_scope_claim", \.jwtScopeClaim, .claimName,
      "The claim with the scopes `read`, `submit`, `metrics`, `admin`: words in a text, or a list."),
    .seconds(
      "token_seconds", \.tokenLifetime, in: 1...86_400,
      "How long a token is good that a key was exchanged for, at most. Short: it travels where the key should not."
    ),
    .seconds(
      "session_seconds", \.sessionLifetime, in: 60...2_592_000,
      "How long a browser's session lasts: a day of work."),
    .integer(
      "failed_logins", \.failedLogins, in: 0...1_000_000,
      "Wrong keys and tokens a minute and client address before it has to wait; 0 is without limit. Nobody mistypes a key so often."
    ),
    .integer(
      "quota_bytes_per_day", \.quotaBytesPerDay, in: 0...1_125_899_906_842_624,
      "Bytes that a caller may upload in a day of UTC; 0 is without limit. `harrier keys create` can say it for a key."
    ),
    .integer(
      "quota_queued_jobs", \.quotaQueuedJobs, in: 0...10_000_000,
      "Jobs that may wait of one owner; 0 is without limit."),
    .integer(
      "quota_running_jobs", \.quotaRunningJobs, in: 0...10_000_000,
      "Jobs of one owner that are worked on at once, the others wait; 0 is without limit."),
    .optionalText(
      "audit_log", \.auditLog, .line,
      "File of who changed what, a JSON object a line. Not set: `audit.log` in `data_dir`."),
    .flag(
      "audit_reads", \.auditReads,
      "Whether reads are written there too. Not: polls would be nearly all of it."),
  ]
}

extension ServiceSettings {
  /// The mode by its name, as settings are texts; other names change nothing.
  fileprivate var authenticationName: String {
    get { authentication.rawValue }
    set { authentication = AuthenticationMode(rawValue: newValue) ?? authentication }
  }
}
