import Dispatch
import Foundation
import Jobs

/// Hears of other processes' transactions when they commit, on a connection and a thread of its own.
///
/// It is a hint: what is told while the connection is away is not told again, so each new connection says once that
/// anything may have happened. Ends with its last reference.
public final class PostgresListener: Sendable {
  /// What may have happened.
  public enum Event: String, Sendable, CaseIterable {
    /// A job waits: workers look.
    case work = "harrier_work"
    /// Clients would see a job changed: those who wait look.
    case change = "harrier_change"
  }

  /// How long the end of the thread is waited for: longer where it is about to connect to a server that is away.
  private static let patience = DispatchTimeInterval.seconds(2)

  private let stop: Pipe
  private let hasEnded = DispatchSemaphore(value: 0)

  /// Begins at once. `onEvent` is called on the listener's thread and must not block.
  public init(
    _ settings: PostgresSettings, onEvent: @escaping @Sendable (Event) -> Void
  ) {
    stop = Pipe()
    let ear = PostgresEar(
      settings: settings, stop: stop.fileHandleForReading.fileDescriptor, onEvent: onEvent)
    let thread = Thread { [stop, hasEnded] in
      // The thread keeps the pipe's reading end until it has seen the end.
      withExtendedLifetime(stop.fileHandleForReading) { ear.run() }
      hasEnded.signal()
    }
    thread.name = "postgres listener"
    thread.start()
  }

  deinit {
    do {
      // A child that was started at the wrong moment may hold the writing end as well: its close alone might say nothing.
      try stop.fileHandleForWriting.write(contentsOf: [0])
      try stop.fileHandleForWriting.close()
    } catch {
      // A descriptor of ours that cannot be closed was closed by somebody else: a bug.
      assertionFailure("\(error)")
    }
    // At the exit of the process OpenSSL is taken down, and a connection that is closed just then crashes in it.
    _ = hasEnded.wait(timeout: .now() + Self.patience)
  }
}

/// What the listener's thread does.
private struct PostgresEar: Sendable {
  let settings: PostgresSettings
  /// Readable at the end.
  let stop: Int32
  let onEvent: @Sendable (PostgresListener.Event) -> Void

  func run() {
    var backoff = Backoff(first: .milliseconds(100), limit: .seconds(5))
    while true {
      do {
        let connection = try PostgresConnection(settings)
        for event in PostgresListener.Event.allCases {
          try connection.execute("LISTEN \(event.rawValue)")
        }
        backoff.reset()
        PostgresListener.Event.allCases.forEach(onEvent)
        try hear(connection)
        return
      } catch {
        // The store's own calls say that the server is away; this one only comes back.
        if waits(for: -1, upTo: backoff.next()) == .stopped { return }
      }
    }
  }

  /// Returns at the end.
  private func hear(_ connection: PostgresConnection) throws {
    while true {
      // What came with the answers to LISTEN is not in the socket any more.
      for channel in try connection.notifications() {
        PostgresListener.Event(rawValue: channel).map(onEvent)
      }
      switch waits(for: connection.socket, upTo: .seconds(30)) {
      case .stopped: return
      case .readable: continue
      // A connection that only looks alive.
      case .quiet: try connection.execute("SELECT 1")
      }
    }
  }

  private enum Wait { case stopped, readable, quiet }

  private func waits(for socket: Int32, upTo time: Duration) -> Wait {
    // poll(2) passes over negative descriptors.
    var descriptors = [
      pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
      pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
    ]
    let ready = poll(&descriptors, 2, Int32(clamping: time.milliseconds))
    if descriptors[0].revents != 0 { return .stopped }
    return ready > 0 ? .readable : .quiet
  }
}
