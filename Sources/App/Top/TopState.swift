import Foundation

/// What `harrier top` does next: a state machine without clock, terminal or network.
public struct TopState: Sendable {
  /// How the numbers are shown.
  public enum Mode: Sendable, Equatable {
    /// A screen that is drawn again and again, and listens to keys.
    case screen
    /// One line a look.
    case lines
    /// One screen, or one line, and the end.
    case once
  }

  /// What has happened.
  public enum Event: Sendable {
    case looked(ServiceLook)
    case key(TopKey)
    /// The wait with this ticket is over.
    case due(ticket: Int)
    /// The terminal has another size, or lost what it showed.
    case redraw
  }

  /// What is to be done.
  public enum Action: Sendable, Equatable {
    case look
    /// Instead of any earlier wait.
    case wait(Duration, ticket: Int)
    case draw
    case end
    /// The service cannot be reached: the words name it.
    case fail(String)
  }

  /// The service gives no answer now.
  struct Outage: Sendable, Equatable {
    /// By the service's clock, as far as it is known.
    var time: Date
    /// Since the last answer.
    var seconds: Double
    var failure: SourceFailure
  }

  /// The first rates are there after so long, whatever the interval.
  static let firstInterval = Duration.seconds(1)
  /// Seconds; what can be asked for.
  public static let intervals = 0.5...3600.0
  /// What the keys step through.
  private static let steps: [Double] = [
    0.5, 1, 2, 3, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600,
  ]

  let address: ServiceAddress
  public let mode: Mode
  private(set) var intervalSeconds: Double
  private(set) var isPaused = false
  /// The last look that brought something.
  private(set) var look: ServiceLook?
  private(set) var figures = ServiceFigures()
  private(set) var history: DashboardAnswer?
  /// nil while the service answers.
  private(set) var outage: Outage?
  private var window = MetricsWindow()
  private var looks = 0
  private var isLooking = false
  private var ticket = 0

  public init(_ address: ServiceAddress, mode: Mode, intervalSeconds: Double) {
    self.address = address
    self.mode = mode
    self.intervalSeconds = intervalSeconds
  }

  public mutating func start() -> [Action] { lookNow() }

  public mutating func handle(_ event: Event) -> [Action] {
    switch event {
    case .looked(let look): looked(look)
    case .due(let ticket): ticket == self.ticket && !isLooking ? lookNow() : []
    case .redraw: look == nil ? [] : [.draw]
    case .key(let key): pressed(key)
    }
  }

  private mutating func lookNow() -> [Action] {
    isLooking = true
    return [.look]
  }

  private mutating func looked(_ look: ServiceLook) -> [Action] {
    isLooking = false
    looks += 1
    if let failure = look.failure {
      guard let last = self.look else {
        return [.fail("\(address.url): \(words(for: failure))")]
      }
      outage = Outage(
        time: look.time, seconds: (look.at - last.at) / .seconds(1), failure: failure)
    } else {
      outage = nil
      keep(look)
    }
    switch mode {
    case .screen: return [.draw] + waitNow()
    case .lines: return (looks > 1 ? [.draw] : []) + waitNow()
    case .once: return looks > 1 ? [.draw, .end] : waitNow()
    }
  }

  private func words(for failure: SourceFailure) -> String {
    let words = failure.words.harmless
    return switch failure.kind {
    case .noAnswer: words
    case .status(404), .unreadable: "it is no Harrier service (GET /metrics: \(words))"
    case .status: "GET /metrics: \(words)"
    }
  }

  private mutating func keep(_ look: ServiceLook) {
    self.look = look
    if case .success(let answer) = look.history { history = answer }
    if case .success(let metrics) = look.metrics {
      window.add(metrics, at: look.at)
      figures = ServiceFigures(
        window, history: history, unixTime: look.time.timeIntervalSince1970)
    } else {
      figures = ServiceFigures()
    }
  }

  private mutating func waitNow() -> [Action] {
    guard !isPaused else { return [] }
    ticket += 1
    let interval = Duration.seconds(intervalSeconds)
    let isFirst = looks == 1 || mode == .once
    return [.wait(isFirst ? min(Self.firstInterval, interval) : interval, ticket: ticket)]
  }

  private mutating func pressed(_ key: TopKey) -> [Action] {
    guard mode == .screen, look != nil else { return key == .quit ? [.end] : [] }
    switch key {
    case .quit: return [.end]
    case .pause:
      isPaused.toggle()
      // The wait that is on its way is void; what the pause left undone is done when it ends.
      ticket += 1
      return [.draw] + (isPaused || isLooking ? [] : lookNow())
    case .longer, .shorter:
      let longer = Self.steps.first { $0 > intervalSeconds }
      let shorter = Self.steps.last { $0 < intervalSeconds }
      intervalSeconds = (key == .longer ? longer : shorter) ?? intervalSeconds
      return [.draw] + (isLooking ? [] : waitNow())
    }
  }
}

/// A key that `harrier top` knows.
public enum TopKey: Sendable, Hashable {
  case quit, pause, longer, shorter

  /// The keys that a terminal sent; the sequences of arrows and others are passed over.
  public static func keys(in bytes: some Sequence<UInt8>) -> [TopKey] {
    var keys: [TopKey] = []
    var isInSequence = false
    var previous: UInt8 = 0
    for byte in bytes {
      defer { previous = byte }
      if byte == 0x1b {
        isInSequence = true
      } else if isInSequence {
        // ESC [ parameters final, or ESC O final, or ESC and one character.
        let introduces =
          previous == 0x1b && (byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O"))
        if !introduces, !(0x20...0x3f).contains(byte) || previous == 0x1b { isInSequence = false }
      } else if let key = key(byte) {
        keys.append(key)
      }
    }
    return keys
  }

  private static func key(_ byte: UInt8) -> TopKey? {
    switch byte {
    // Control-C and Control-D, where the terminal makes no signal and no end of them.
    case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04: .quit
    case UInt8(ascii: " "): .pause
    case UInt8(ascii: "+"), UInt8(ascii: "="): .longer
    case UInt8(ascii: "-"), UInt8(ascii: "_"): .shorter
    default: nil
    }
  }
}
