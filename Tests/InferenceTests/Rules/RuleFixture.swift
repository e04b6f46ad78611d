import Foundation
import ObjectDetection
import Testing

@testable import Inference

/// What the tests of rule files share.
enum RuleFixture {
  /// One for all, so that few processes run at a time. Its wall clock is so long that on a busy machine, too,
  /// it is the limit under test that stops a file.
  static let reader = PrologReader(limits: limits)

  static var limits: PrologLimits {
    var limits = PrologLimits()
    limits.wallClock = .seconds(120)
    return limits
  }

  static func table(_ text: String) async throws -> [ConfidenceModifier] {
    try await reader.table(of: Array(text.utf8), file: "rules.pl")
  }

  /// The message that the file is refused with.
  static func refusal(
    _ text: [UInt8], _ place: SourceLocation = #_sourceLocation
  ) async throws -> String {
    switch try await reader.outcome(of: text, file: "rules.pl") {
    case .refused(let error):
      #expect(error.code == .reasoningError, sourceLocation: place)
      #expect(!error.message.contains("\n"), "it is one line", sourceLocation: place)
      return error.message
    case let other:
      Issue.record("not refused: \(other)", sourceLocation: place)
      return ""
    }
  }

  static func refusal(
    _ text: String, _ place: SourceLocation = #_sourceLocation
  ) async throws -> String {
    try await refusal(Array(text.utf8), place)
  }

  /// Of the processes that were started with a command line that contains this.
  static func processes(mentioning text: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { entry in
      guard Int(entry) != nil,
        // It may have ended meanwhile.
        let line = FileManager.default.contents(atPath: "/proc/\(entry)/cmdline")
      else { return false }
      return String(decoding: line, as: UTF8.self).contains(text)
    }
  }
}

extension ConfidenceModifier {
  init(_ first: String, _ second: String, _ weight: Double) {
    self.init(first: first, second: second, weight: weight)
  }
}
