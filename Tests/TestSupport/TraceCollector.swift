import Foundation

/// A collector of traces on loopback that reads them by OpenTelemetry's own definition, and refuses what is not right.
public struct TraceCollector: Sendable {
  /// A span that it has taken.
  public struct Span: Sendable, Decodable {
    public let traceId: String
    public let spanId: String
    /// Empty for none.
    public let parentSpanId: String
    public let name: String
    public let service: String
    /// Nanoseconds since 1970.
    public let start: UInt64
    public let end: UInt64
  }

  private let port: Int
  private let file: String
  public var endpoint: String { "http://127.0.0.1:\(port)" }

  /// Runs one while `body` runs.
  public static func running(
    _ body: @Sendable @escaping (TraceCollector) async throws -> Void
  ) async throws {
    let folder = try TemporaryFolder()
    let collector = TraceCollector(port: try freePort(), file: folder.path("spans.jsonl"))
    let child = ChildProcess(
      path: "/usr/bin/setpriv",
      arguments: [
        "--pdeathsig", "KILL", PythonScript.interpreter,
        Checkout.path("Tests/Fixtures/tracing/collector.py"), collector.file,
        "--port", "\(collector.port)",
      ], environment: ["PATH": "/usr/bin:/bin"], directory: folder.path)
    try await child.run(on: collectorThreads) { try await body(collector) }
  }

  /// What it has taken so far.
  /// - Throws: `TestToolError` when it has refused something.
  public func spans() throws -> [Span] {
    guard let data = FileManager.default.contents(atPath: file) else { return [] }
    let text = String(decoding: data, as: UTF8.self)
    if let refused = text.split(separator: "\n").first(where: { $0.hasPrefix(#"{"error""#) }) {
      throw TestToolError("the collector refused: \(refused)")
    }
    // The last line may be half written.
    return try text.split(separator: "\n").filter { $0.hasSuffix("}") }.map {
      try JSONDecoder().decode(Span.self, from: Data($0.utf8))
    }
  }
}

private let collectorThreads = OperationQueue()
