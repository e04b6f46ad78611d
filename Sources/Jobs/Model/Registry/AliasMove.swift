public import Foundation

/// One move of an alias.
public struct AliasMove: Sendable, Equatable {
  /// From 1, in the alias' order.
  public var number: Int
  public var alias: String
  /// nil when it was not there before.
  public var from: Int?
  /// nil when it was removed.
  public var to: Int?
  public var movedAt: Date
  /// nil where nobody had to say who they are.
  public var movedBy: String?
  /// Of a rollback: the first of the moves that it took back.
  public var undoes: Int?

  public init(
    number: Int, alias: String, from: Int?, to: Int?, movedAt: Date, movedBy: String?,
    undoes: Int? = nil
  ) {
    self.number = number
    self.alias = alias
    self.from = from
    self.to = to
    self.movedAt = movedAt
    self.movedBy = movedBy
    self.undoes = undoes
  }
}

/// Where an alias must be, so that it moves.
public enum AliasExpectation: Sendable, Equatable {
  case anywhere
  /// At this version; nil for nowhere.
  case at(Int?)

  public func holds(for version: Int?) -> Bool {
    switch self {
    case .anywhere: true
    case .at(let expected): expected == version
    }
  }
}

extension [AliasMove] {
  /// Where a rollback takes an alias whose moves these are, oldest first, and the first move that it takes back.
  ///
  /// A rollback after a rollback goes further back, not forth again: who calls it twice has found the version before
  /// bad as well. Versions that are gone are passed over. nil when there is nowhere to go.
  public func rollback(among numbers: [Int]) -> (to: Int, undoes: Int)? {
    guard let current = last?.to else { return nil }
    var standing: [AliasMove] = []
    for move in self {
      if let undoes = move.undoes {
        standing.removeAll { $0.number >= undoes }
      } else {
        standing.append(move)
      }
    }
    for move in standing.reversed() {
      if let from = move.from, from != current, numbers.contains(from) {
        return (from, move.number)
      }
    }
    return nil
  }
}
