import App
import Dispatch
import Foundation

/// The operator's terminal while a screen is drawn on it: its second screen, without cursor, with keys as they are
/// pressed. `TerminalRestoration` gives it back.
struct TerminalScreen {
  /// `_POSIX_VDISABLE` of Linux.
  private static let noCharacter: UInt8 = 0

  private let output: OutputQueue
  private let look: TerminalLook
  private let sources: [any DispatchSourceProtocol]

  /// Takes over the terminal of standard output.
  ///
  /// - Parameter onEvent: called for keys, and when the screen must be drawn anew.
  /// - Throws: `OutputError` when there is no terminal.
  init(
    output: OutputQueue, look: TerminalLook, onEvent: @escaping @Sendable (TopState.Event) -> Void
  ) async throws {
    var modes = termios()
    guard tcgetattr(STDOUT_FILENO, &modes) == 0 else { throw OutputError.failed(errno) }
    let savedModes = modes
    self.output = output
    self.look = look
    sources = Self.sources(output, savedModes, onEvent)
    await output.perform { Self.enter(savedModes) }
    for source in sources { source.activate() }
  }

  func show(_ state: TopState) async throws {
    let size = TerminalLook.size()
    var frame = ""
    for (row, line) in state.screen(columns: size.columns, rows: size.rows).enumerated() {
      frame +=
        "\u{1B}[\(row + 1);1H\u{1B}[2K"
        + line.text(colours: look.usesColours, unicode: look.usesUnicode)
    }
    try await output.write(frame + "\u{1B}[J")
  }

  /// Gives the terminal back.
  func close() async {
    for source in sources { source.cancel() }
    await output.perform { TerminalRestoration.restore() }
  }

  /// Keys arrive at once and unseen; Control-C stays a signal, Control-S no longer stops the output.
  private static func enter(_ savedModes: termios) {
    var modes = savedModes
    modes.c_lflag &= ~tcflag_t(ICANON | ECHO)
    modes.c_iflag &= ~tcflag_t(IXON)
    withUnsafeMutableBytes(of: &modes.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
      // No core dump, and no stop, with the terminal in this state.
      for key in [VQUIT, VSUSP] { characters[Int(key)] = noCharacter }
    }
    TerminalRestoration.arm(savedModes)
    tcsetattr(STDOUT_FILENO, TCSADRAIN, &modes)
    // The second screen, no cursor, no wrapped lines, nothing on it.
    let entering: StaticString = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    _ = write(STDOUT_FILENO, entering.utf8Start, entering.utf8CodeUnitCount)
  }

  private static func sources(
    _ output: OutputQueue, _ savedModes: termios,
    _ onEvent: @escaping @Sendable (TopState.Event) -> Void
  ) -> [any DispatchSourceProtocol] {
    let queue = DispatchQueue(label: "harrier.terminal")
    let resized = DispatchSource.makeSignalSource(signal: SIGWINCH, queue: queue)
    resized.setEventHandler { onEvent(.redraw) }
    // Whoever stopped the process and goes on with it has had the terminal meanwhile.
    let continued = DispatchSource.makeSignalSource(signal: SIGCONT, queue: queue)
    continued.setEventHandler {
      output.queue.async { enter(savedModes) }
      onEvent(.redraw)
    }
    var sources: [any DispatchSourceProtocol] = [resized, continued]
    if isatty(STDIN_FILENO) == 1 {
      let keys = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO, queue: queue)
      keys.setEventHandler {
        let pressed = readKeys()
        for key in pressed ?? [.quit] { onEvent(.key(key)) }
        // The handler keeps its source alive until it is cancelled.
        if pressed == nil { keys.cancel() }
      }
      sources.append(keys)
    }
    return sources
  }

  /// What was pressed since the last call; nil when the terminal is gone.
  private static func readKeys() -> [TopKey]? {
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(STDIN_FILENO, &bytes, bytes.count)
    guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) ? [] : nil }
    // What is pasted by mistake must not fill the memory: each key once.
    var keys: [TopKey] = []
    for key in TopKey.keys(in: bytes.prefix(count)) where !keys.contains(key) { keys.append(key) }
    return keys
  }
}
