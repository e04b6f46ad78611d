import App
import ArgumentParser
import Dispatch
import Foundation
import Jobs

/// Does what `TopState` decides, and tells it what has happened.
struct TopLoop {
  private let reader: ServiceReader
  private let look: TerminalLook
  private let isPlain: Bool
  private let output = OutputQueue()
  private let events: AsyncStream<TopState.Event>
  /// People and looks make the events: they need no limit.
  private let happened: AsyncStream<TopState.Event>.Continuation
  /// One for all waits: a new one replaces that before.
  private let alarm = DispatchSource.makeTimerSource(
    queue: DispatchQueue(label: "harrier.interval"))

  init(reader: ServiceReader, look: TerminalLook, isPlain: Bool) {
    self.reader = reader
    self.look = look
    self.isPlain = isPlain
    (events, happened) = AsyncStream.makeStream()
  }

  /// Returns when the operator, or the reader of standard output, has had enough.
  func run(_ state: TopState) async throws {
    alarm.activate()
    defer { alarm.cancel() }
    do {
      switch state.mode {
      case .screen: try await runOnScreen(state)
      case .lines, .once: try await follow(state) { try await output.write(text(of: $0)) }
      }
    } catch OutputError.closed {
      // As `head` does it: nobody wants more.
    } catch OutputError.failed(let number) {
      printError("harrier: standard output cannot be written: \(String(cString: strerror(number)))")
      throw ExitCode(1)
    }
  }

  /// The screen is taken over when there is something to show: a wrong address is a line where it was typed.
  private func runOnScreen(_ state: TopState) async throws {
    var screen: TerminalScreen?
    let result: Result<Void, any Error>
    do {
      try await withTaskCancellationHandler {
        try await follow(state) { state in
          if let screen { return try await screen.show(state) }
          let new = try await TerminalScreen(output: output, look: look) { [happened] in
            happened.yield($0)
          }
          screen = new
          try await new.show(state)
        }
      } onCancel: {
        // The first one has cancelled; a second one ends the process at once.
        for number in [SIGINT, SIGTERM] { TerminalRestoration.catchSignal(number) }
      }
      result = .success(())
    } catch {
      result = .failure(error)
    }
    await screen?.close()
    try result.get()
  }

  private func follow(
    _ start: TopState, draw: (TopState) async throws -> Void
  ) async throws {
    var state = start
    var actions = state.start()
    try await withThrowingDiscardingTaskGroup { group in
      defer { group.cancelAll() }
      var iterator = events.makeAsyncIterator()
      while true {
        for action in actions {
          switch action {
          case .look:
            group.addTask { [reader, happened] in happened.yield(.looked(await reader.look())) }
          case .wait(let time, let ticket): wait(time, ticket)
          case .draw: try await draw(state)
          case .end: return
          case .fail(let words): throw JobsError(.unavailable, words)
          }
        }
        guard let event = await iterator.next() else { throw CancellationError() }
        actions = state.handle(event)
      }
    }
  }

  private func wait(_ time: Duration, _ ticket: Int) {
    alarm.setEventHandler { [happened] in happened.yield(.due(ticket: ticket)) }
    alarm.schedule(deadline: .now() + time / .seconds(1))
  }

  private func text(of state: TopState) -> String {
    if isPlain || state.mode == .lines { return state.plainLine + "\n" }
    let size = TerminalLook.size()
    return state.screen(columns: size.columns, rows: nil)
      .map { $0.text(colours: look.usesColours, unicode: look.usesUnicode) + "\n" }.joined()
  }
}
