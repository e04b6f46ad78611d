import ArgumentParser

/// Measures parts of the engine that no command shows alone. `Benchmarks/run` calls it; each subcommand
/// prints one JSON object a line.
@main
struct EngineBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "engine-benchmark",
    subcommands: [
      Picture.self, Efficiency.self, Merge.self, Stages.self, Rules.self, Swaps.self,
    ])
}

/// Seconds of wall clock that `body` takes.
func seconds(_ body: () async throws -> Void) async rethrows -> Double {
  let clock = ContinuousClock()
  let start = clock.now
  try await body()
  let elapsed = (clock.now - start).components
  return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
}

/// The middle value.
func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
}
