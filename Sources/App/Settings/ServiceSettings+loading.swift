import Foundation
import NIOPosix
import ObjectDetection

extension ServiceSettings {
  /// A settings file has some forty lines.
  private static let maxFileBytes = 1_048_576

  /// The settings of this process: options, then environment, then file, then default.
  ///
  /// - Parameters:
  ///   - commandLine: the options that were given, by the key of the setting (`data_dir`); lists are
  ///     separated by commas.
  ///   - environment: all variables of the process.
  ///   - file: a YAML file; nil takes the one that `HARRIER_CONFIG` names, if any.
  ///   - defaults: what is not set anywhere; the installation knows its own folders.
  /// - Throws: `SettingsError` for the first setting that is unknown, of the wrong type or out of range,
  ///   and for a file that cannot be read.
  public static func load(
    commandLine: [String: String], environment: [String: String], file: String?,
    defaults: ServiceSettings = ServiceSettings()
  ) async throws -> ServiceSettings {
    let named = environment["HARRIER_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    var sources = [
      try SettingsSource.commandLine(commandLine), try SettingsSource.environment(environment),
    ]
    if let path = file ?? named {
      sources.append(try SettingsSource.yaml(try await contents(of: path), path: path))
    }
    var settings = defaults
    for setting in SettingsTable.all {
      for source in sources {
        guard let texts = try source.texts(of: setting) else { continue }
        guard setting.set(&settings, texts) else {
          let given = setting.isSecret ? "" : ", not \"\(texts.joined(separator: ",").prefix(80))\""
          throw SettingsError(source.name(setting), setting.rule + given)
        }
        break
      }
    }
    try settings.checkTogether()
    return settings
  }

  /// What two settings must be to each other.
  private func checkTogether() throws(SettingsError) {
    if heartbeat * 2 > jobLease {
      throw SettingsError("heartbeat_seconds", "must be at most half of job_lease_seconds")
    }
    if redisURL != nil, databaseURL == nil {
      throw SettingsError(
        "redis_url", "needs database_url: with SQLite there is one machine, which tells itself")
    }
    if (storageAccessKey == nil) != (storageSecretKey == nil) {
      throw SettingsError(
        storageAccessKey == nil ? "storage_access_key" : "storage_secret_key",
        "is missing: one key says nothing without the other")
    }
    if maxFileBytes > maxUploadBytes {
      throw SettingsError("max_file_bytes", "must not be more than max_upload_bytes")
    }
    // Below that a worker does not get as far as saying so.
    if let memory = workerMaxMemoryBytes, (1..<(512 << 20)).contains(memory) {
      throw SettingsError(
        "worker_max_memory_bytes", "must be 0, which is without limit, or at least 536870912")
    }
    try checkTLS()
    try checkAccess()
  }

  private func checkAccess() throws(SettingsError) {
    if authentication == .off, !Self.isLoopback(host) {
      throw SettingsError(
        "host",
        "\(host) lets other machines in, and auth is off: set auth to on (docs/security.md), or in words to off-on-every-address"
      )
    }
    if authentication != .on {
      for (key, isSet) in [
        ("jwt_keys", jwtKeys != nil), ("jwt_secret", jwtSecret != nil),
        ("metrics_token", metricsToken != nil),
      ] where isSet {
        throw SettingsError(key, "needs auth to be on: nobody is asked for a token otherwise")
      }
    }
    if authentication == .on, metricsPort != nil, metricsToken == nil {
      throw SettingsError(
        "metrics_port", "needs metrics_token where auth is on: a worker knows no keys")
    }
    if let jwtKeys, let url = URL(string: jwtKeys), url.scheme?.lowercased() == "http",
      !Self.isLoopback(url.host() ?? "")
    {
      throw SettingsError(
        "jwt_keys", "must be https: who changes keys on their way lets in whom they want")
    }
    if jwtKeys != nil || jwtSecret != nil, jwtIssuer == nil || jwtAudience == nil {
      throw SettingsError(
        jwtIssuer == nil ? "jwt_issuer" : "jwt_audience",
        "is missing: without it tokens that were made for others would be taken")
    }
  }

  /// Whether only this machine reaches the address.
  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" { return true }
    let address = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    guard let bytes = AddressRange.bytes(address) else { return false }
    return bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
  }

  private func checkTLS() throws(SettingsError) {
    if (tlsCertificate == nil) != (tlsKey == nil) {
      throw SettingsError(
        tlsCertificate == nil ? "tls_certificate" : "tls_key",
        "is missing: a certificate and its key say nothing without each other")
    }
    if tlsCertificate == nil {
      for (key, isSet) in [
        ("tls_client_ca", tlsClientCA != nil), ("http_redirect_port", httpRedirectPort != nil),
        ("hsts_seconds", hstsSeconds > 0),
      ] where isSet {
        throw SettingsError(key, "needs tls_certificate and tls_key: a proxy that ends TLS does it")
      }
    }
    if httpRedirectPort == nil, httpRedirectTargetPort != nil {
      throw SettingsError("http_redirect_target_port", "needs http_redirect_port")
    }
    if let httpRedirectPort, httpRedirectPort != 0, httpRedirectPort == port {
      throw SettingsError("http_redirect_port", "must not be port, which serves HTTPS")
    }
  }

  private static func contents(of path: String) async throws -> [UInt8] {
    do {
      return try await NIOThreadPool.singleton.runIfActive {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { file.closeFile() }
        let data = try file.read(upToCount: maxFileBytes + 1) ?? Data()
        guard data.count <= maxFileBytes else {
          throw SettingsError(path, "larger than \(maxFileBytes) bytes")
        }
        return Array(data)
      }
    } catch let error as SettingsError {
      throw error
    } catch let error as CancellationError {
      throw error
    } catch {
      throw SettingsError(path, "cannot be read: \(Self.reason(for: error))")
    }
  }

  static func reason(for error: any Error) -> String {
    switch (error as? CocoaError)?.code {
    case .fileNoSuchFile, .fileReadNoSuchFile: "no such file"
    case .fileReadNoPermission: "no permission"
    default: "it is no readable file"
    }
  }

  /// The settings as a YAML file that `load` reads back, each with its reason; without secrets.
  public var yaml: String {
    SettingsTable.all.map { setting in
      let reason = "# \(setting.reason)\n"
      guard let texts = setting.texts(self) else { return "\(reason)# \(setting.key):\n" }
      if setting.isSecret { return "\(reason)# \(setting.key): set, not shown\n" }
      let values = texts.map { setting.type.isText ? quoted($0) : $0 }
      let value = setting.type.isList ? "[\(values.joined(separator: ", "))]" : values[0]
      return "\(reason)\(setting.key): \(value)\n"
    }.joined(separator: "\n")
  }
}

/// In double quotes; YAML reads JSON's escapes.
private func quoted(_ text: String) -> String {
  var json = JSONWriter()
  json.element(text)
  return json.text
}
