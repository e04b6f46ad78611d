import App
import ArgumentParser
import Foundation

struct TopCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top",
    abstract: "Watch a running service: queue, workers, rates, latency, jobs.",
    discussion: """
      On a terminal a screen that is drawn anew each interval; q ends it, space pauses, + and - change the interval. \
      Elsewhere, or with --plain, one line each interval.

        harrier top
        harrier top --url https://harrier.example.org --interval 10
        harrier top --once > state.txt

      Exit status: 0, 1 the service cannot be reached at the first look, 2 the command itself was wrong, 130 \
      interrupted.
      """)

  @Option(help: ArgumentHelp("Address of the service.", valueName: "url"))
  var url = "http://127.0.0.1:8000"

  @Option(help: ArgumentHelp("Seconds between two looks, 0.5...3600.", valueName: "seconds"))
  var interval = 2.0

  @Option(
    help: ArgumentHelp(
      "Key that the service asks for.",
      discussion: "Default: HARRIER_API_KEY, which `ps` does not show to others.",
      valueName: "key"))
  var apiKey: String?

  @OptionGroup var tls: TLSOptions

  @Flag(help: "Look twice, a second apart, print what was seen, and end.")
  var once = false

  @Flag(help: "One line a look, without escape codes, on a terminal too.")
  var plain = false

  func validate() throws {
    guard TopState.intervals.contains(interval) else {
      throw ValidationError("--interval must be between 0.5 and 3600, not \(interval)")
    }
    _ = try address()
  }

  func run() async throws {
    let environment = ProcessInfo.processInfo.environment
    let look = TerminalLook(environment: environment)
    let isScreen = look.isScreen && !plain
    let address = try address()
    let state = TopState(
      address, mode: once ? .once : isScreen ? .screen : .lines, intervalSeconds: interval)
    let loop = TopLoop(
      reader: ServiceReader(address, transport: try Services.httpTransport(tls)), look: look,
      isPlain: plain)
    try await loop.run(state)
  }

  private func address() throws -> ServiceAddress {
    do {
      return try ServiceAddress(
        url, apiKey: apiKey ?? ProcessInfo.processInfo.environment["HARRIER_API_KEY"])
    } catch {
      throw ValidationError(error.description)
    }
  }
}
