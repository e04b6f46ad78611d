import AsyncHTTPClient
public import Foundation
import NIOCore
import NIOHTTP1

/// Prometheus' own tools, which say whether others understand what the service exposes.
public enum Promtool {
  private static let path = "/usr/bin/promtool"
  public static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

  /// What `promtool check metrics` says about a scrape: status 0 and nothing when all is well, 3 for its
  /// style, 1 for what cannot be read.
  public static func check(metrics text: String) async throws -> HarrierProcess.Output {
    let folder = try TemporaryFolder()
    let file = try folder.write(text, to: "metrics.txt")
    let child = ChildProcess(
      path: "/bin/sh", arguments: ["-c", "exec \(path) check metrics < '\(file)'"],
      environment: [:], directory: folder.path)
    return try await child.run(on: toolThreads)
  }
}

/// A Prometheus on loopback that scrapes twice a second.
public struct PrometheusServer: Sendable {
  private static let path = "/usr/bin/prometheus"
  public static let isInstalled = FileManager.default.isExecutableFile(atPath: path)

  private let port: Int
  public var url: String { "http://127.0.0.1:\(port)" }

  /// Scrapes one API process while `body` runs.
  public static func scraping(
    port target: Int, _ body: @Sendable @escaping (PrometheusServer) async throws -> Void
  ) async throws {
    try await running(on: try freePort(), jobs: ["harrier": [target]], body)
  }

  /// Runs one while `body` runs.
  /// - Parameters:
  ///   - jobs: ports of the processes that are scraped, by the name of their job.
  ///   - rules: texts of rule files.
  public static func running(
    on port: Int, jobs: [String: [Int]], rules: [String] = [],
    _ body: @Sendable @escaping (PrometheusServer) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    var configuration = """
      global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
      rule_files: ["\(folder.path)/*.rules.yml"]
      scrape_configs:

      """
    for (job, ports) in jobs.sorted(by: { $0.key < $1.key }) {
      let targets = ports.map { "\"127.0.0.1:\($0)\"" }.joined(separator: ", ")
      configuration += "  - {job_name: \(job), static_configs: [{targets: [\(targets)]}]}\n"
    }
    for (index, text) in rules.enumerated() { try folder.write(text, to: "\(index).rules.yml") }
    let file = try folder.write(configuration, to: "prometheus.yml")
    let child = ChildProcess(
      path: path,
      arguments: [
        "--config.file=\(file)", "--storage.tsdb.path=\(folder.path("data"))",
        "--web.listen-address=127.0.0.1:\(port)",
      ], environment: [:], directory: folder.path)
    try await child.run(on: toolThreads) { try await body(PrometheusServer(port: port)) }
  }

  /// The rule files of deploy/prometheus, with every `for:` a second long, so that a test need not wait for minutes.
  public static func hastyRules() throws -> [String] {
    try ["recording.yml", "alerts.yml"].map { name in
      try String(contentsOfFile: Checkout.path("deploy/prometheus/rules/\(name)"), encoding: .utf8)
        .replacing(/\bfor: \d+m/, with: "for: 1s")
    }
  }

  /// Returns when an alert fires.
  public func wait(forAlert name: String, _ labels: String = "") async throws {
    try await wait(
      for: #"count(ALERTS{alertstate="firing",alertname="\#(name)"\#(labels)})"#, toBe: 1)
  }

  /// Returns when a query's one sample has a value.
  /// - Throws: `TestToolError` with the last answer after three minutes.
  public func wait(for query: String, toBe expected: Double) async throws {
    let allowed = CharacterSet.alphanumerics
    let encoded = query.addingPercentEncoding(withAllowedCharacters: allowed) ?? query
    let clock = ContinuousClock()
    let end = clock.now + .seconds(180)
    var last = "no answer"
    while clock.now < end {
      do {
        let answer = try await httpGet("\(url)/api/v1/query?query=\(encoded)")
        last = answer.text
        if try Answer.value(in: answer.body) == expected { return }
      } catch {
        // It does not listen, or is not ready yet.
        last = "\(error)"
      }
      try await clock.sleep(for: .milliseconds(50))
    }
    throw TestToolError("\(query): \(last)")
  }

  private struct Answer: Decodable {
    struct Payload: Decodable { let result: [Sample] }
    struct Sample: Decodable { let value: [Field] }
    enum Field: Decodable {
      case time(Double)
      case value(String)

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let time = try? container.decode(Double.self) {
          self = .time(time)
        } else {
          self = .value(try container.decode(String.self))
        }
      }
    }
    let data: Payload

    static func value(in body: Data) throws -> Double? {
      let answer = try JSONDecoder().decode(Answer.self, from: body)
      guard answer.data.result.count == 1, case .value(let text) = answer.data.result[0].value[1]
      else { return nil }
      return Double(text)
    }
  }
}

/// What a tool of the tests said instead of doing its work.
public struct TestToolError: Error, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// One answer over HTTP.
public struct HTTPAnswer: Sendable {
  public let status: Int
  /// By lower-case name.
  public let headers: [String: String]
  public let body: Data

  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// Gets a URL; bodies up to 16 MB.
/// - Parameter host: the `Host` of a server that has other names than the URL's.
public func httpGet(_ url: String, host: String? = nil) async throws -> HTTPAnswer {
  var request = HTTPClientRequest(url: url)
  if let host { request.headers.add(name: "host", value: host) }
  let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
  let body = try await response.body.collect(upTo: 16 << 20)
  return HTTPAnswer(
    status: Int(response.status.code),
    headers: Dictionary(
      response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
    body: Data(body.readableBytesView))
}

/// As many as there are tools that run.
private let toolThreads = OperationQueue()

/// A port that was free a moment ago.
public func freePort() throws -> Int {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  guard descriptor >= 0 else { throw TestToolError("socket: \(errno)") }
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let result = withUnsafeMutablePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
    }
  }
  guard result == 0 else { throw TestToolError("bind: \(errno)") }
  return Int(UInt16(bigEndian: address.sin_port))
}
