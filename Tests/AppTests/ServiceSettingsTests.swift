import TestSupport
import Testing

@testable import App

@Suite("ServiceSettings")
struct ServiceSettingsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("without anything the defaults hold, those of the installation first")
  func defaults() async throws {
    #expect(try await load() == ServiceSettings())
    var installation = ServiceSettings()
    installation.modelsDirectory = "/opt/harrier/Models"
    installation.rulesDirectory = "/opt/harrier/Rules"
    let settings = try await ServiceSettings.load(
      commandLine: [:], environment: ["PATH": "/bin"], file: nil, defaults: installation)
    #expect(settings == installation)
  }

  @Test("options win over the environment, it over the file, the file over defaults")
  func precedence() async throws {
    let yaml = "port: 1\nworkers: 1\nrate_limit: 1\nretention_days: 0.5\n"
    let environment = ["HARRIER_PORT": "2", "HARRIER_WORKERS": "2", "HARRIER_RATE_LIMIT": ""]
    let settings = try await load(["port": "3"], environment, yaml: yaml)
    #expect(settings.port == 3)
    #expect(settings.workers == 2)
    #expect(settings.rateLimit == 1, "an empty variable counts as not set")
    #expect(settings.retentionDays == 0.5)
    #expect(settings.host == "127.0.0.1")
  }

  @Test("the names that others rely on")
  func names() async throws {
    let settings = try await load(
      [:],
      [
        "HARRIER_HOST": "::1", "HARRIER_PORT": "0", "HARRIER_DATA_DIR": "/d",
        "HARRIER_WORKERS": "4",
        "HARRIER_MODELS_DIR": "/m", "HARRIER_RULES_DIR": "/r",
        "HARRIER_DEFAULT_MODEL": "aerial15-obb",
        "HARRIER_RATE_LIMIT": "0", "HARRIER_RETENTION_DAYS": "1.5", "HARRIER_LOG_LEVEL": "debug",
        "HARRIER_OPENVINO_DIR": "/o", "HARRIER_CACHE_DIR": "/c", "HARRIER_SWAGGER_DIR": "/s",
        "HARRIER_TEST_ANYTHING": "1",
      ])
    var expected = ServiceSettings()
    expected.host = "::1"
    expected.port = 0
    expected.dataDirectory = "/d"
    expected.workers = 4
    expected.modelsDirectory = "/m"
    expected.rulesDirectory = "/r"
    expected.defaultModel = "aerial15-obb"
    expected.swaggerDirectory = "/s"
    expected.rateLimit = 0
    expected.retentionDays = 1.5
    expected.logLevel = "debug"
    #expect(settings == expected)
  }

  @Test("lists: commas in options and variables, YAML's own in the file")
  func lists() async throws {
    let yaml = """
      cors_origins: ["https://a.example", "*"]
      retry_delays_seconds:
        - 1
        - 2.5
      trusted_proxies: [10.0.0.0/8]
      """
    let settings = try await load(
      [:], ["HARRIER_TRUSTED_PROXIES": "127.0.0.1, fd00::/8"], yaml: yaml)
    #expect(settings.corsOrigins == ["https://a.example", "*"])
    #expect(settings.retryDelays == [.seconds(1), .milliseconds(2500)])
    #expect(settings.trustedProxies == ["127.0.0.1", "fd00::/8"])
    #expect(try await load(yaml: "retry_delays_seconds: []").retryDelays == [])
  }

  @Test(
    "a file that sets nothing is fine",
    arguments: ["", "# nothing\n\n  # here\n", "{}", "rules_dir: null\nhost: ~\ndata_dir:\n"])
  func empty(yaml: String) async throws {
    #expect(try await load(yaml: yaml) == ServiceSettings())
  }

  @Test("HARRIER_CONFIG names the file, --config is the nearer one")
  func file() async throws {
    let first = try folder.write("port: 1", to: "first.yaml")
    let second = try folder.write("port: 2", to: "second.yaml")
    for (file, port) in [(nil, 1), (second, 2)] as [(String?, Int)] {
      let settings = try await ServiceSettings.load(
        commandLine: [:], environment: ["HARRIER_CONFIG": first], file: file)
      #expect(settings.port == port)
    }
  }

  static let wrongVariables: [(String, String, String)] = [
    ("HARRIER_PORT", "abc", #"HARRIER_PORT: must be a whole number from 0 to 65535, not "abc""#),
    (
      "HARRIER_PORT", "65536", #"HARRIER_PORT: must be a whole number from 0 to 65535, not "65536""#
    ),
    ("HARRIER_PORT", "80.5", #"HARRIER_PORT: must be a whole number from 0 to 65535, not "80.5""#),
    (
      "HARRIER_RETENTION_DAYS", "nan",
      #"HARRIER_RETENTION_DAYS: must be a number from 0 to 36500, not "nan""#
    ),
    (
      "HARRIER_IDLE_TIMEOUT_SECONDS", "60s",
      #"HARRIER_IDLE_TIMEOUT_SECONDS: must be a number of seconds from 1 to 3600, not "60s""#
    ),
    ("HARRIER_LOG_FORMAT", "xml", #"HARRIER_LOG_FORMAT: must be one of json, text, not "xml""#),
    (
      "HARRIER_LOG_LEVEL", "INFO",
      #"HARRIER_LOG_LEVEL: must be one of trace, debug, info, notice, warning, error, critical, not "INFO""#
    ),
    (
      "HARRIER_DEFAULT_MODEL", "../x",
      #"HARRIER_DEFAULT_MODEL: must be a model's name, alone or with @ and a version or an alias, not "../x""#
    ),
    (
      "HARRIER_RETRY_DELAYS_SECONDS", "1,x",
      #"HARRIER_RETRY_DELAYS_SECONDS: must be a list of seconds, 0 to 86400 each, at most 20, not "1,x""#
    ),
    (
      "HARRIER_TRUSTED_PROXIES", "10.0.0.0/33",
      #"HARRIER_TRUSTED_PROXIES: must be a list, an IP address or CIDR range each, not "10.0.0.0/33""#
    ),
    (
      "HARRIER_TRUSTED_PROXIES", "proxy.local",
      #"HARRIER_TRUSTED_PROXIES: must be a list, an IP address or CIDR range each, not "proxy.local""#
    ),
    (
      "HARRIER_CORS_ORIGINS", "https://a.example/",
      #"HARRIER_CORS_ORIGINS: must be a list, * or an origin such as https://maps.example.org each, not "https://a.example/""#
    ),
    (
      "HARRIER_WEBHOOK_ALLOW_PRIVATE", "yes",
      #"HARRIER_WEBHOOK_ALLOW_PRIVATE: must be true or false, not "yes""#
    ),
    ("HARRIER_PROT", "80", "HARRIER_PROT: unknown setting, did you mean HARRIER_PORT?"),
    ("HARRIER_COLOUR", "red", "HARRIER_COLOUR: unknown setting"),
    (
      "HARRIER_HEARTBEAT_SECONDS", "6",
      "heartbeat_seconds: must be at most half of job_lease_seconds"
    ),
    ("HARRIER_MAX_UPLOAD_BYTES", "2048", "max_file_bytes: must not be more than max_upload_bytes"),
  ]

  @Test("a bad variable is one line that names it", arguments: wrongVariables.indices)
  func wrongVariable(index: Int) async throws {
    let (name, value, line) = Self.wrongVariables[index]
    let error = await #expect(throws: SettingsError.self) { try await load([:], [name: value]) }
    #expect(error?.description == line)
  }

  @Test(
    "a bad option is one line that names it",
    arguments: [
      ("workers", "many", #"--workers: must be a whole number from 0 to 64, not "many""#),
      ("data_dri", "x", "--data-dri: unknown setting, did you mean --data-dir?"),
    ])
  func wrongOption(key: String, value: String, line: String) async throws {
    let error = await #expect(throws: SettingsError.self) { try await load([key: value]) }
    #expect(error?.description == line)
  }

  static let wrongFiles: [(String, String)] = [
    ("prot: 80", "prot: unknown setting, did you mean port?"),
    ("port: 80\nserver:\n  host: x", "server.host: unknown setting"),
    ("port: eighty", #"port: must be a whole number from 0 to 65535, not "eighty""#),
    ("port: [80]", "port: must be a whole number from 0 to 65535, not a list"),
    (
      "cors_origins: \"*\"",
      "cors_origins: must be a list, * or an origin such as https://maps.example.org each, not a single value"
    ),
    ("- port", "malformed YAML: Top level YAML value is not a mapping."),
    (
      "port: 1\nport: 2",
      "malformed YAML: Parser: expected all keys to be unique but found the following duplicated key(s): 'port'."
    ),
    (
      "port: \"1\nhost: x",
      "malformed YAML: 2:8: error: scanner: while scanning a quoted scalar in line 1, column 7 found unexpected end of stream"
    ),
  ]

  @Test("a bad file is one line that names it and the key", arguments: wrongFiles.indices)
  func wrongFile(index: Int) async throws {
    let (yaml, line) = Self.wrongFiles[index]
    let error = await #expect(throws: SettingsError.self) { try await load(yaml: yaml) }
    #expect(error?.description == "\(folder.path("harrier.yaml")): \(line)")
  }

  @Test("a file that cannot be read stops the start")
  func unreadable() async throws {
    let big = try folder.write(String(repeating: "#", count: 1_048_577), to: "big.yaml")
    for (path, words) in [
      (folder.path("none.yaml"), "cannot be read: no such file"),
      (folder.path, "cannot be read: it is no readable file"),
      (big, "larger than 1048576 bytes"),
    ] {
      let error = await #expect(throws: SettingsError.self) {
        try await ServiceSettings.load(commandLine: [:], environment: [:], file: path)
      }
      #expect(error?.description == "\(path): \(words)")
    }
  }

  @Test("what --print-config prints can be fed back")
  func printed() async throws {
    var settings = ServiceSettings()
    #expect(try await load(yaml: settings.yaml) == settings)
    settings.host = "0.0.0.0"
    settings.authentication = .offOnEveryAddress
    settings.dataDirectory = "a \"b\": c # d\\é"
    settings.rulesDirectory = "~"
    settings.modelsDirectory = "12"
    settings.logFormat = .text
    settings.corsOrigins = ["*", "http://localhost:3000"]
    settings.trustedProxies = ["::1"]
    settings.retryDelays = [.milliseconds(1500), .seconds(2)]
    settings.retentionDays = 0.25
    settings.idleTimeout = .milliseconds(1250)
    settings.rulesDirectory = "/rules"
    settings.webhookAllowPrivate = true
    #expect(try await load(yaml: settings.yaml) == settings)
  }

  @Test("the webhook secret is never shown, not even when it is wrong")
  func secret() async throws {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    let settings = try await load([:], ["HARRIER_WEBHOOK_SECRET": secret])
    #expect(settings.webhookSecret == secret)
    #expect(!settings.yaml.contains("MfKQ9r8G"))
    #expect(settings.yaml.contains("\n# webhook_secret: set, not shown\n"))
    let error = await #expect(throws: SettingsError.self) {
      try await load([:], ["HARRIER_WEBHOOK_SECRET": "whsec_tooshort"])
    }
    #expect(
      error?.description
        == "HARRIER_WEBHOOK_SECRET: must be whsec_ and the base64 of 24 to 64 bytes")
  }

  @Test("a switch is true or false", arguments: [("true", true), ("false", false)])
  func flag(text: String, value: Bool) async throws {
    #expect(try await load(yaml: "webhook_allow_private: \(text)").webhookAllowPrivate == value)
    let variables = ["HARRIER_WEBHOOK_ALLOW_PRIVATE": text]
    #expect(try await load([:], variables).webhookAllowPrivate == value)
  }

  @Test("docs/configuration.md has every setting with its type, default, range and reason")
  func document() throws {
    let text = String(
      decoding: try Checkout.data(Checkout.path("docs/configuration.md")), as: UTF8.self)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }.map(String.init)
    let expected = SettingsTable.all.map { setting in
      let texts = setting.texts(ServiceSettings()) ?? []
      let value = texts.isEmpty ? "" : "`\(texts.joined(separator: ", "))`"
      return
        "| `\(setting.key)` | \(setting.type.rawValue) | \(value) | \(setting.range) | \(setting.reason) |"
    }
    #expect(rows == expected)
  }

  @Test("no two settings share a key")
  func keys() {
    #expect(Set(SettingsTable.all.map(\.key)).count == SettingsTable.all.count)
  }

  private func load(
    _ commandLine: [String: String] = [:], _ environment: [String: String] = [:],
    yaml: String? = nil
  ) async throws -> ServiceSettings {
    let file = try yaml.map { try folder.write($0, to: "harrier.yaml") }
    return try await ServiceSettings.load(
      commandLine: commandLine, environment: environment, file: file)
  }

  @Test("addresses and keys of the stores are never shown, not even when they are wrong")
  func storeSecrets() async throws {
    let settings = try await load(
      [:],
      [
        "HARRIER_DATABASE_URL": "postgres://harrier:pa55word@db/harrier",
        "HARRIER_STORAGE_URL": "s3://bucket/prefix?endpoint=http://127.0.0.1:9000",
        "HARRIER_STORAGE_ACCESS_KEY": "k3y", "HARRIER_STORAGE_SECRET_KEY": "s3cret",
      ])
    for secret in ["pa55word", "k3y", "s3cret"] { #expect(!settings.yaml.contains(secret)) }
    #expect(settings.yaml.contains("storage_url: \"s3://bucket/prefix"))
    for (name, value) in [
      ("HARRIER_DATABASE_URL", "mysql://harrier:pa55word@db/harrier"),
      ("HARRIER_DATABASE_URL", "postgres://"),
      ("HARRIER_STORAGE_SECRET_KEY", "pa55word\n"), ("HARRIER_STORAGE_SECRET_KEY", "pa55word"),
    ] {
      let error = await #expect(throws: SettingsError.self) { try await load([:], [name: value]) }
      let words = "\(error.map { "\($0)" } ?? "")".lowercased()
      #expect(!words.contains("pa55word"))
      #expect(words.contains(value == "pa55word" ? "storage_access_key" : name.lowercased()))
    }
  }
}
