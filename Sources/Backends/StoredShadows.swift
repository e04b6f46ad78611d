import Foundation
import Jobs

/// Sorts behind every id: they are letters and digits.
let afterAllIDs = "~"

extension ShadowRule {
  /// As a column keeps it: `3`, or an alias, which never looks so.
  var storedCandidate: String {
    switch candidate {
    case .standard: ModelAlias.production
    case .number(let number): "\(number)"
    case .alias(let alias): alias
    }
  }
}

/// What a rule tries, from its column.
func storedCandidate(_ text: String) throws -> ModelReference.Selector {
  if let number = Int(text) { return .number(number) }
  guard ModelAlias.isValid(text) else {
    throw JobsError(.databaseError, "The metadata store holds an unknown candidate")
  }
  return .alias(text)
}

/// What became of a pair, as columns keep it.
struct StoredShadowOutcome: Sendable {
  var outcome: String
  var figures: String?
  var side: String?
  var code: String?
  var message: String?

  init(_ outcome: ShadowOutcome) {
    switch outcome {
    case .compared(let figures):
      self.outcome = "compared"
      self.figures = figures
    case .failed(let side, let failure):
      self.outcome = "failed"
      self.side = side.rawValue
      code = failure.code
      message = failure.message
    }
  }
}

/// The same from its columns.
func storedShadowOutcome(
  figures: String?, side: String?, code: String?, message: String?
) throws -> ShadowOutcome {
  if let figures { return .compared(figures: figures) }
  guard let side = side.flatMap(ShadowOutcome.Side.init(rawValue:)),
    let failure = storedFailure(code: code, message: message, details: nil)
  else {
    throw JobsError(.databaseError, "The metadata store holds an unknown end of a shadow")
  }
  return .failed(side, failure)
}
