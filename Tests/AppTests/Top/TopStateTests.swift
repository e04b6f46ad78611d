import Foundation
import TestSupport
import Testing

@testable import App

@Suite("TopState")
struct TopStateTests {
  private func state(_ mode: TopState.Mode, interval: Double = 10) throws -> TopState {
    TopState(
      try ServiceAddress("http://127.0.0.1:8000"), mode: mode, intervalSeconds: interval)
  }

  @Test(
    "a screen is drawn after each look; the second look comes after a second, others at the interval"
  )
  func screen() throws {
    var state = try state(.screen)
    #expect(state.start() == [.look])
    let first = try TopSamples.look(isSecond: false)
    #expect(state.handle(.looked(first)) == [.draw, .wait(.seconds(1), ticket: 1)])
    #expect(state.handle(.due(ticket: 1)) == [.look])
    #expect(
      state.handle(.looked(try TopSamples.look())) == [.draw, .wait(.seconds(10), ticket: 2)])
  }

  @Test("an interval below a second holds for the first one too")
  func shortInterval() throws {
    var state = try state(.screen, interval: 0.5)
    _ = state.start()
    let first = try TopSamples.look(isSecond: false)
    #expect(state.handle(.looked(first)).last == .wait(.milliseconds(500), ticket: 1))
  }

  @Test("lines begin with the second look, which has rates")
  func lines() throws {
    var state = try state(.lines)
    _ = state.start()
    let first = try TopSamples.look(isSecond: false)
    #expect(state.handle(.looked(first)) == [.wait(.seconds(1), ticket: 1)])
    _ = state.handle(.due(ticket: 1))
    #expect(
      state.handle(.looked(try TopSamples.look())) == [.draw, .wait(.seconds(10), ticket: 2)])
  }

  @Test("once is two looks a second apart, and the end")
  func once() throws {
    var state = try state(.once)
    _ = state.start()
    let first = try TopSamples.look(isSecond: false)
    #expect(state.handle(.looked(first)) == [.wait(.seconds(1), ticket: 1)])
    _ = state.handle(.due(ticket: 1))
    #expect(state.handle(.looked(try TopSamples.look())) == [.draw, .end])
  }

  @Test("a service that does not answer the first look is an error that names its address")
  func unreachable() throws {
    for mode in [TopState.Mode.screen, .lines, .once] {
      var state = try state(mode)
      _ = state.start()
      let look = ServiceLook.unanswered(at: .zero, "The connection was refused")
      #expect(
        state.handle(.looked(look))
          == [.fail("http://127.0.0.1:8000: The connection was refused")])
    }
  }

  @Test(
    "another server that answers is told apart",
    arguments: [
      (SourceFailure(status: 404), "it is no Harrier service (GET /metrics: status 404)"),
      (SourceFailure(.unreadable, "x"), "it is no Harrier service (GET /metrics: x)"),
      (SourceFailure(status: 500), "GET /metrics: status 500"),
      (SourceFailure(status: 401), "GET /metrics: status 401 (it wants another --api-key)"),
    ])
  func otherServer(failure: SourceFailure, words: String) throws {
    var state = try state(.screen)
    _ = state.start()
    var look = ServiceLook.unanswered(at: .zero, "no JSON")
    look.metrics = .failure(failure)
    #expect(state.handle(.looked(look)) == [.fail("http://127.0.0.1:8000: \(words)")])
  }

  @Test("an outage later on is shown, with its age, and ends with the next answer")
  func outage() throws {
    var state = try TopSamples.state()
    let first = state.handle(.looked(.unanswered(at: .seconds(14), "late")))
    #expect(first.count == 2 && first[0] == .draw)
    #expect(state.outage?.seconds == 12)
    // The last numbers stay.
    #expect(state.figures.queueLength == 3)
    _ = state.handle(.looked(.unanswered(at: .seconds(20), "refused")))
    #expect(state.outage?.seconds == 18 && state.outage?.failure.words == "refused")
    _ = state.handle(.looked(try TopSamples.look()))
    #expect(state.outage == nil)
  }

  @Test("a service without metrics is watched by what else it answers")
  func withoutMetrics() throws {
    var look = try TopSamples.look()
    look.metrics = .failure(SourceFailure(status: 404))
    let state = try TopSamples.state([look])
    #expect(state.outage == nil)
    #expect(state.figures == ServiceFigures())
    let text = screenText(state, columns: 80, rows: 30)
    #expect(text.contains("metrics: status 404") && text.contains(TopSamples.id))
  }

  @Test("q ends, also while a look is on its way or nothing was seen yet")
  func quit() throws {
    var state = try state(.screen)
    _ = state.start()
    #expect(state.handle(.key(.quit)) == [.end])
    _ = state.handle(.looked(try TopSamples.look()))
    #expect(state.handle(.key(.quit)) == [.end])
  }

  @Test("a pause stops the looks until it ends; the wait from before it is void")
  func pause() throws {
    var state = try state(.screen)
    _ = state.start()
    #expect(state.handle(.looked(try TopSamples.look())).last == .wait(.seconds(1), ticket: 1))
    #expect(state.handle(.key(.pause)) == [.draw])
    #expect(state.isPaused)
    #expect(state.handle(.due(ticket: 1)) == [])
    #expect(state.handle(.key(.pause)) == [.draw, .look])
    #expect(!state.isPaused)
  }

  @Test("a pause during a look lets it end, and no other follows")
  func pauseDuringLook() throws {
    var state = try state(.screen)
    _ = state.start()
    _ = state.handle(.looked(try TopSamples.look(isSecond: false)))
    _ = state.handle(.due(ticket: 1))
    #expect(state.handle(.key(.pause)) == [.draw])
    #expect(state.handle(.looked(try TopSamples.look())) == [.draw])
    #expect(state.handle(.key(.pause)) == [.draw, .look])
    // A pause that begins and ends during one look starts no second one.
    #expect(state.handle(.key(.pause)) == [.draw])
    #expect(state.handle(.key(.pause)) == [.draw])
    #expect(state.handle(.looked(try TopSamples.look())).count == 2)
  }

  @Test("plus and minus step through the intervals, and begin the wait anew")
  func interval() throws {
    var state = try state(.screen, interval: 2)
    _ = state.start()
    _ = state.handle(.looked(try TopSamples.look(isSecond: false)))
    _ = state.handle(.looked(try TopSamples.look()))
    #expect(state.handle(.key(.longer)) == [.draw, .wait(.seconds(3), ticket: 3)])
    #expect(state.handle(.due(ticket: 2)) == [])
    for _ in 0..<30 { _ = state.handle(.key(.longer)) }
    #expect(state.intervalSeconds == 3600)
    for _ in 0..<30 { _ = state.handle(.key(.shorter)) }
    #expect(state.intervalSeconds == 0.5)
  }

  @Test("an interval between the steps goes to its neighbours")
  func odd() throws {
    var state = try state(.screen, interval: 7)
    _ = state.start()
    _ = state.handle(.looked(try TopSamples.look()))
    _ = state.handle(.key(.shorter))
    #expect(state.intervalSeconds == 5)
  }

  @Test("another size draws what is known, and nothing before the first look")
  func redraw() throws {
    var state = try state(.screen)
    _ = state.start()
    #expect(state.handle(.redraw) == [])
    _ = state.handle(.looked(try TopSamples.look()))
    #expect(state.handle(.redraw) == [.draw])
  }
}

@Suite("TopKey")
struct TopKeyTests {
  @Test(
    "keys are read from what the terminal sends; sequences of other keys are passed over",
    arguments: [
      ("q", [.quit]), ("Q", [.quit]), ("\u{3}", [.quit]), ("\u{4}", [.quit]), (" ", [.pause]),
      ("+", [.longer]), ("=", [.longer]), ("-", [.shorter]), ("x \r\n+", [.pause, .longer]),
      // Arrow, shifted arrow, F1, Delete, Alt-q, Escape, a mouse's report.
      ("\u{1B}[A", []), ("\u{1B}[1;2Aq", [.quit]), ("\u{1B}OP-", [.shorter]),
      ("\u{1B}[3~+", [.longer]),
      ("\u{1B}q", []), ("\u{1B}", []), ("\u{1B}[<0;5;5M ", [.pause]), ("é漢", []), ("", []),
    ] as [(String, [TopKey])])
  func keys(text: String, keys: [TopKey]) { #expect(TopKey.keys(in: text.utf8) == keys) }
}
