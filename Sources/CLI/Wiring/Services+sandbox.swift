import App
import ArgumentParser
import Backends
import Foundation
import Jobs
import Logging
import ObjectDetection

/// What a worker may do once it has what it needs.
extension Services {
  /// Starts this program anew with reduced rights; what follows happens there.
  ///
  /// - Parameter arguments: what the new one is to be started with.
  /// - Throws: `JobsError` when the folders cannot be made or the program not be started.
  static func enterSandbox(
    _ settings: ServiceSettings, isSupervised: Bool, config: String?, arguments: [String]
  ) throws -> Never {
    // Nobody is told here: the new one says the same again, with its logger.
    _ = try DataFolder.prepare(settings.dataDirectory)
    // The rules name files: they must be there, and they stay while somebody has the database open.
    let blobs = try settings.storageURL == nil ? Stores.openBlobs(settings).0 : nil
    let database =
      try settings.databaseURL == nil
      ? SQLiteStore(path: Stores.databasePath(in: settings.dataDirectory)) : nil
    let rules = sandboxRules(settings, isSupervised: isSupervised, config: config)
    try withExtendedLifetime((blobs, database)) {
      try WorkerSandbox(rules).enter(arguments: arguments)
    }
  }

  /// Gives up what only the start needed, and says what holds now.
  /// - Throws: `DetectionError` when all of it is required and some of it does not hold.
  static func seal(_ rules: SandboxRules, _ demand: SandboxDemand, logger: Logger) throws {
    let state = WorkerSandbox(rules).seal()
    var details: Logger.Metadata = ["network": "\(rules.network.rawValue)"]
    for part in SandboxState.Part.allCases {
      details[part.rawValue] = state.inForce.contains(part) ? "on" : "off"
    }
    details["memory_bytes"] = rules.limits.memoryBytes.map { "\($0)" }
    guard !state.missing.isEmpty else {
      logger.info("This worker has reduced rights", metadata: details)
      return
    }
    let missing = state.missing.joined(separator: ", ")
    guard demand != .required else {
      throw DetectionError(
        .invalidConfig, "worker_sandbox: all of it is required, and this is missing: \(missing)")
    }
    details["missing"] = "\(missing)"
    logger.warning(
      "This worker has more rights than it needs: the system does not take them",
      metadata: details)
  }

  /// Tries from inside what a worker must not be able to do, and prints what came of it.
  /// - Throws: `ExitCode` when something was not as it should.
  static func checkSandbox(_ settings: ServiceSettings, _ rules: SandboxRules?) throws {
    let state = rules.map { WorkerSandbox($0).seal() }
    let tried = rules ?? sandboxRules(settings, isSupervised: false, config: nil)
    let data = absolutePath(settings.dataDirectory)
    let others = try FileManager.default.contentsOfDirectory(atPath: data).map { "\(data)/\($0)" }
    let findings = SandboxCheck(tried).run(
      hidden: others.filter { !tried.writable.contains($0) },
      kept: [data, settings.modelsDirectory], loopback: UInt16(settings.port))
    let report = SandboxReport(
      inForce: SandboxState.Part.allCases.filter { state?.inForce.contains($0) == true }
        .map(\.rawValue),
      missing: state?.missing ?? ["worker_sandbox is off"], network: tried.network.rawValue,
      wrong: findings.filter { !$0.isAsItShould }.map(SandboxReport.Entry.init),
      refused: findings.filter { $0.isAsItShould && $0.isRefused }.map(SandboxReport.Entry.init),
      allowed: findings.filter { $0.isAsItShould && !$0.isRefused }.map(SandboxReport.Entry.init))
    print(try report.json)
    guard report.wrong.isEmpty else { throw ExitCode(1) }
  }

  static func sandboxRules(
    _ settings: ServiceSettings, isSupervised: Bool, config: String?
  ) -> SandboxRules {
    let data = absolutePath(settings.dataDirectory)
    var rules = SandboxRules(temporaryFolder: DataFolder.temporary(in: data))
    rules.readable = [settings.modelsDirectory] + linkedModels(settings.modelsDirectory)
    rules.readable += Installation.openVINODirectories
    if let config = config ?? environment("HARRIER_CONFIG") { rules.readable.append(config) }
    rules.writable = [rules.temporaryFolder, DataFolder.models(in: data)]
    #if DEBUG
      // A test's failpoints, which are removed by who meets them.
      if let failpoints = environment("HARRIER_TEST_FAILPOINTS") {
        rules.writable.append(failpoints)
      }
    #endif
    if let cache = Installation.compiledModels { rules.writable.append(cache) }
    if settings.storageURL == nil { rules.writable.append("\(data)/blobs") }
    if settings.databaseURL == nil {
      // Not the folder: keys, secrets and the audit log are in it as well.
      let database = Stores.databasePath(in: data)
      rules.writable += [database, "\(database)-wal", "\(database)-shm"]
    }
    // Its names are synced.
    rules.listable = [data]
    rules.network = settings.workerNetwork(isSupervised: isSupervised)
    if rules.network != .none { rules.readable += credentials(settings) }
    if settings.device != "CPU" {
      rules.devices = ["/dev/dri", "/dev/accel"]
      rules.readable += ["/sys", "/etc/OpenCL"]
    }
    rules.limits = ResourceLimits(
      memoryBytes: settings.workerMaxMemoryBytes ?? ResourceLimits.memoryShare,
      fileBytes: largestFile(settings))
    // 0 is without limit.
    if rules.limits.memoryBytes == 0 { rules.limits.memoryBytes = nil }
    return rules
  }

  /// Far more than a worker writes into one file, so that a full disk is the first thing to go wrong: twice an
  /// upload's file for what is made from it, twice the database for its growth. A compiled model has up to some
  /// gigabytes.
  private static func largestFile(_ settings: ServiceSettings) -> Int {
    // There is none where PostgreSQL is used.
    let database = try? FileManager.default.attributesOfItem(
      atPath: Stores.databasePath(in: settings.dataDirectory))
    let size = (database?[.size] as? Int) ?? 0
    return max(16 << 30, 2 * size, 2 * settings.maxFileBytes)
  }

  /// Models that are links to files elsewhere: a rule about a folder does not reach them.
  private static func linkedModels(_ folder: String) -> [String] {
    // A folder that cannot be listed has no models; their users are told.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.map { "\(folder)/\($0)" }.filter {
      (try? FileManager.default.destinationOfSymbolicLink(atPath: $0)) != nil
    }
  }

  /// Where the stores' clients read certificates and keys. The folders: such files are replaced by others.
  private static func credentials(_ settings: ServiceSettings) -> [String] {
    let names = ["sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "passfile"]
    let query = settings.databaseURL.flatMap { URLComponents(string: $0)?.queryItems } ?? []
    let named = query.compactMap { names.contains($0.name) ? $0.value : nil }
    let variables = [
      "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCRL", "PGPASSFILE", "PGSERVICEFILE",
      "AWS_SHARED_CREDENTIALS_FILE", "SSL_CERT_FILE",
    ].compactMap(environment)
    let folders = (named + variables).filter { $0.hasPrefix("/") }.map {
      ($0 as NSString).deletingLastPathComponent
    }
    let home = environment("HOME").map { home in
      [".postgresql", ".pgpass", ".pg_service.conf", ".aws"].map { "\(home)/\($0)" }
    }
    return folders + (home ?? []) + ["SSL_CERT_DIR", "PGSYSCONFDIR"].compactMap(environment)
  }

  private static func absolutePath(_ path: String) -> String { URL(fileURLWithPath: path).path }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }
}

extension ServiceSettings {
  /// What a worker's stores, its traces and its metrics need of the network.
  fileprivate func workerNetwork(isSupervised: Bool) -> SandboxRules.Network {
    if metricsPort != nil, !isSupervised { return .both }
    let others = [databaseURL, redisURL, storageURL, otlpEndpoint]
    return others.allSatisfy { $0 == nil } ? .none : .outgoing
  }
}

/// What `harrier worker --check-sandbox` prints.
private struct SandboxReport: Encodable {
  struct Entry: Encodable {
    var tried: String
    var answer: String

    init(_ finding: SandboxCheck.Finding) {
      (tried, answer) = (finding.what, finding.answer)
    }
  }

  var inForce: [String]
  var missing: [String]
  var network: String
  /// Not refused and should be, or the other way round.
  var wrong: [Entry]
  var refused: [Entry]
  var allowed: [Entry]

  var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}
