/// What an exploration has found.
public struct JobGraph: Sendable {
  struct Edge: Sendable {
    let action: JobAction
    let target: Int
  }

  public private(set) var situations: [JobSituation]
  /// To each situation, one of the shortest.
  private(set) var ways: [[JobAction]] = [[]]
  private(set) var edges: [[Edge]] = [[]]
  public internal(set) var violations: [JobViolation] = []
  private var indices: [JobSituation: Int]

  init(start: JobSituation) {
    situations = [start]
    indices = [start: 0]
  }

  public var transitions: Int { edges.reduce(0) { $0 + $1.count } }

  /// Whether the situation was not known.
  mutating func add(
    _ action: JobAction, from source: Int, to situation: JobSituation, isExplored: Bool
  ) -> Bool {
    let known = indices[situation]
    guard known != nil || isExplored else { return false }
    let target = known ?? situations.count
    edges[source].append(Edge(action: action, target: target))
    guard known == nil else { return false }
    indices[situation] = target
    situations.append(situation)
    ways.append(ways[source] + [action])
    edges.append([])
    return true
  }

  /// Sequences of actions, each from a new job, that together take every transition.
  ///
  /// Each goes the shortest way to a situation with transitions that were not taken, and on along such ones:
  /// first those that stay there.
  /// - Parameter limit: of the actions of one sequence; only the way to a situation may be longer.
  public func cover(limit: Int = 40) -> [JobSequence] {
    var open = edges.enumerated().map { source, edges in
      // Taken from the end.
      edges.filter { $0.target != source } + edges.filter { $0.target == source }
    }
    var sequences: [JobSequence] = []
    for start in ways.indices {
      while !open[start].isEmpty {
        var sequence = JobSequence(actions: ways[start], known: ways[start].count)
        var place = start
        repeat {
          let edge = open[place].removeLast()
          let goesOn = sequence.actions.count + 1 < limit && !open[edge.target].isEmpty
          let staysNext = goesOn && open[edge.target].last?.target == edge.target
          if edge.target != place || !staysNext { sequence.looks.insert(sequence.actions.count) }
          sequence.actions.append(edge.action)
          place = edge.target
        } while sequence.actions.count < limit && !open[place].isEmpty
        sequences.append(sequence)
      }
    }
    return sequences
  }
}

/// Actions that begin with a new job.
public struct JobSequence: Sendable {
  public fileprivate(set) var actions: [JobAction]
  /// How many of the first only lead to the transitions for which the sequence is there.
  public let known: Int
  /// Behind which of the others the job is worth a look: those that move it, and the last one of several that
  /// leave it as it is.
  public fileprivate(set) var looks: Set<Int> = []
}
