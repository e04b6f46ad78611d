import Jobs

/// Goes through every situation that two workers, a client and time can bring one job into, and checks each step.
///
/// A store cannot be copied, so each step starts with a fresh one on which the way to the situation is taken
/// again. Actions that leave the situation as it is are taken first and stay: what they may have changed unseen
/// shows in the steps behind them.
public struct JobExploration: Sendable {
  private let scene: JobScene
  private let open: @Sendable (JobScene) async throws -> ExploredStore

  public init(
    _ scene: JobScene, open: @escaping @Sendable (JobScene) async throws -> ExploredStore
  ) {
    self.scene = scene
    self.open = open
  }

  /// Breadth first, until nothing new is found.
  ///
  /// Nothing is explored behind a step that breaks an invariant.
  /// - Parameter isEnough: said to each violation; ends the exploration.
  public func run(
    until isEnough: (JobViolation) -> Bool = { _ in false }
  ) async throws -> JobGraph {
    let start = JobRun(scene, try await open(scene))
    let view = try await start.look()
    var graph = JobGraph(start: JobSituation(start.history, view))
    var views = [view]
    var histories = [start.history]
    var next = 0
    while next < graph.ways.count {
      var way = graph.ways[next]
      var standing: (run: JobRun, view: JobView)?
      for action in scene.actions(after: histories[next], views[next]) {
        let step = try await take(action, from: standing, way)
        let broken = JobInvariant.all.filter { !$0.isKept(step.seen) }.map {
          JobViolation(invariant: $0.name, actions: way + [action], step: step.seen)
        }
        graph.violations += broken
        if broken.contains(where: isEnough) { return graph }
        let situation = JobSituation(step.run.history, step.seen.after)
        if graph.add(action, from: next, to: situation, isExplored: broken.isEmpty) {
          views.append(step.seen.after)
          histories.append(step.run.history)
        }
        standing = nil
        if situation == graph.situations[next] && broken.isEmpty {
          way.append(action)
          standing = (step.run, step.seen.after)
        }
      }
      next += 1
    }
    return graph
  }

  /// Goes the way first, unless a run stands at its end.
  private func take(
    _ action: JobAction, from standing: (run: JobRun, view: JobView)?, _ way: [JobAction]
  ) async throws -> (run: JobRun, seen: JobStep) {
    var run: JobRun
    let before: JobView
    if let standing {
      (run, before) = standing
    } else {
      run = JobRun(scene, try await open(scene))
      for action in way { await run.take(action) }
      before = try await run.look()
    }
    let past = run.history
    let answer = await run.take(action)
    let step = JobStep(
      action: action, past: past, before: before, answer: answer, present: run.history,
      after: try await run.look())
    return (run, step)
  }
}

/// One action with what was known before and after it.
public struct JobStep: Sendable {
  let action: JobAction
  let past: JobHistory
  let before: JobView
  let answer: JobAnswer
  let present: JobHistory
  let after: JobView
}

/// An invariant that a step does not keep.
public struct JobViolation: Sendable, CustomStringConvertible {
  public let invariant: String
  /// The way from a new job; the last one broke the invariant.
  public let actions: [JobAction]
  let step: JobStep

  public var description: String {
    """
    Broken: \(invariant). \(actions.map(\.description).joined(separator: ", ")): \(step.answer)
      before: \(step.before)
      after: \(step.after)
    """
  }
}
