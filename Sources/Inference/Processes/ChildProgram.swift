import Foundation
import ObjectDetection
import Subprocess

/// A short-lived process of which the end and the output are wanted; killed, with all that it started, when it takes
/// too long or its caller is cancelled.
struct ChildProgram: Sendable {
  /// What a process left behind.
  struct Ending: Sendable {
    var status: TerminationStatus
    var output: [UInt8]
    var error: String

    /// The last lines of its standard error, for a log: without what terminals would obey.
    var lastWords: String {
      let lines = error.split(whereSeparator: \.isNewline).suffix(12)
      return lines.map { line in
        String(
          line.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.map(Character.init))
      }.joined(separator: "\n")
    }
  }

  var path: String
  var arguments: [String]
  /// All of it; nil for this process's own.
  var environment: [String: String]?
  var timeLimit: Duration
  var outputBytes = 64 << 20

  /// Libraries warn at length.
  private static let errorBytes = 16 << 20

  /// - Throws: `TimedOut`; `SubprocessError` when it could not be started or said too much; `CancellationError`.
  func run() async throws -> Ending {
    try await withinTime(timeLimit) { try await ending() }.get()
  }

  private func ending() async throws -> Ending {
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
    ]
    let result = try await Subprocess.run(
      .path(literal(path)), arguments: Arguments(arguments),
      environment: environment.map { variables in
        .custom(
          Dictionary(uniqueKeysWithValues: variables.map { (literal($0.key), $0.value) }))
      } ?? .inherit,
      platformOptions: options, input: .none, output: .bytes(limit: outputBytes),
      error: .string(limit: Self.errorBytes))
    return Ending(
      status: result.terminationStatus, output: result.standardOutput,
      error: result.standardError)
  }
}

/// A value of a type from text, without naming the type: a `FilePath` is of a module that is not ours to
/// import.
func literal<Value: ExpressibleByStringLiteral>(_ text: String) -> Value
where Value.StringLiteralType == String {
  Value(stringLiteral: text)
}
