import CSandbox
import Foundation
import Jobs

/// Another program, started with as few rights as rules name: for files that run code when they are opened.
///
/// Unlike a worker it gets no less than all of it: where the kernel lacks a part, nothing is started.
public struct ConfinedProgram: Sendable {
  private let rules: SandboxRules

  public init(_ rules: SandboxRules) { self.rules = rules }

  /// Replaces this process by the program: same process id, same standard input and output.
  ///
  /// It can start no process, not even by a shell: it may become the programs that the rules name, under the same
  /// rules, and nothing else.
  ///
  /// - Parameters:
  ///   - path: of the program, which the rules must name.
  ///   - arguments: the program's name first.
  ///   - environment: all of it.
  /// - Throws: `JobsError` where the kernel does not take the rights, or the program cannot be started.
  public func start(
    _ path: String, arguments: [String], environment: [String: String]
  ) throws -> Never {
    try SandboxEntry.prepare()
    try rules.limits.apply()
    try Capabilities.drop()
    try Landlock().restrict(to: rules)
    try SystemCallFilter(process: getpid(), network: rules.network, startsPrograms: true).install()
    guard Landlock.isInForce else { throw JobsError.sandbox("Landlock", EPERM) }
    throw SandboxEntry.execute(
      path, arguments: arguments,
      environment: environment.merging(["TMPDIR": rules.temporaryFolder]) { $1 })
  }
}
