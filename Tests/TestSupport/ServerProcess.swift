public import Foundation
import Synchronization

/// A `harrier serve` of its own, on a free port of the loopback address and with its own data; or a worker.
public final class ServerProcess: Sendable {
  private let state: SharedState
  private let child: ChildProcess
  /// Where its data are; a second server on it finds what the first one left.
  public let dataDirectory: String
  /// A worker that a busy machine holds up for some seconds keeps its job; tests of leases have their own.
  private static let calm = ["HARRIER_JOB_LEASE_SECONDS": "60"]

  /// Starts the server and returns when it accepts requests.
  /// - Throws: `ServerFailure` with its log when it ends before.
  public static func start(
    dataDirectory: String, arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> ServerProcess {
    let stores = try await TestStores.environment(of: dataDirectory)
    let server = try ServerProcess(
      ["serve", "--port", "0", "--data-dir", dataDirectory] + arguments,
      environment: calm.merging(stores) { $1 }.merging(environment) { $1 },
      dataDirectory: dataDirectory)
    await server.state.wait { $0.port != nil || $0.status != nil }
    guard server.state.port != nil else { throw ServerFailure(log: server.log) }
    return server
  }

  /// A `harrier worker` that nobody supervises; it has no port.
  public static func startWorker(
    dataDirectory: String, arguments: [String] = [], environment: [String: String]
  ) async throws -> ServerProcess {
    let worker = try ServerProcess(
      ["worker", "--data-dir", dataDirectory] + arguments,
      environment: calm.merging(environment) { $1 }, dataDirectory: dataDirectory)
    // Who ends it by its id must not end process 0, which is the whole group.
    await worker.state.wait { $0.process != 0 || $0.status != nil }
    return worker
  }

  private init(
    _ arguments: [String], environment: [String: String], dataDirectory: String
  ) throws {
    self.dataDirectory = dataDirectory
    let state = SharedState()
    self.state = state
    // Its log goes where standard output would.
    child = ChildProcess(
      path: "/bin/sh",
      arguments: ["-c", #"exec "$0" "$@" 2>&1 >/dev/null"#, HarrierProcess.binary] + arguments,
      environment: HarrierProcess.environment(adding: environment), directory: Checkout.root)
    child.launch { sign in
      switch sign {
      case .started(let process): state.started(process)
      case .output(let data, of: _, isFirst: _): state.add(data)
      case .ended(let output): state.ended(output.status)
      }
    }
  }

  deinit { kill(SIGKILL) }

  public var port: Int { state.port ?? 0 }
  public var baseURL: String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }
  /// Whether it speaks HTTPS.
  private var isSecure: Bool { log.contains(#""scheme":"https""#) }
  /// 0 before it has started.
  public var processID: pid_t { state.process }
  /// What it has written to standard error so far.
  public var log: String { state.log }

  public func kill(_ signal: Int32) {
    guard state.status == nil else { return }
    child.signal(signal)
  }

  /// Returns its exit status once it has ended; 128 and the signal's number when one ended it.
  public func waitForEnd() async -> Int32 {
    await state.wait { $0.status != nil }
    return state.status ?? -1
  }

  /// Returns when a line of its log contains `text`, or it has ended.
  public func waitForLog(_ text: String) async {
    await state.wait { $0.log.contains(text) || $0.status != nil }
  }

  /// Asks it to end and waits for it.
  @discardableResult
  public func stop() async -> Int32 {
    kill(SIGTERM)
    let status = await waitForEnd()
    // What the test cannot tell: why.
    if status != 0 { print("the process ended with \(status):\n\(log.suffix(30_000))") }
    return status
  }

  private final class SharedState: Sendable {
    private typealias Waiter = (
      condition: @Sendable (Values) -> Bool, continuation: CheckedContinuation<Void, Never>
    )

    struct Values: Sendable {
      var log = ""
      var process: pid_t = 0
      var port: Int?
      var status: Int32?
    }

    private let values = Mutex<(current: Values, waiters: [Waiter])>((Values(), []))

    var log: String { values.withLock { $0.current.log } }
    var port: Int? { values.withLock { $0.current.port } }
    var process: pid_t { values.withLock { $0.current.process } }
    var status: Int32? { values.withLock { $0.current.status } }

    func add(_ data: Data) {
      change { current in
        current.log += String(decoding: data, as: UTF8.self)
        guard current.port == nil else { return }
        for line in current.log.split(separator: "\n") where line.contains("accepts requests") {
          current.port = line.firstMatch(of: /"port":"?(\d+)/).flatMap { Int($0.1) }
        }
      }
    }

    func started(_ process: pid_t) { change { $0.process = process } }

    func ended(_ status: Int32) { change { $0.status = status } }

    func wait(until condition: @escaping @Sendable (Values) -> Bool) async {
      await withCheckedContinuation { continuation in
        let isMet = values.withLock { values in
          if condition(values.current) { return true }
          values.waiters.append((condition, continuation))
          return false
        }
        if isMet { continuation.resume() }
      }
    }

    private func change(_ body: (inout Values) -> Void) {
      let met = values.withLock { values -> [CheckedContinuation<Void, Never>] in
        body(&values.current)
        let current = values.current
        let met = values.waiters.filter { $0.condition(current) }.map(\.continuation)
        values.waiters.removeAll { $0.condition(current) }
        return met
      }
      for waiter in met { waiter.resume() }
    }
  }
}

/// The server ended before it accepted requests.
public struct ServerFailure: Error, CustomStringConvertible {
  public let log: String
  public var description: String { "harrier serve ended:\n\(log)" }
}
