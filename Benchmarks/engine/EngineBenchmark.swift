import ArgumentParser

@main
struct EngineBenchmark: AsyncParsableCommand {
  func run() async throws {}
}
