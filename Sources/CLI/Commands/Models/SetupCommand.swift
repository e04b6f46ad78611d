import ArgumentParser
import Foundation
import Inference
import ObjectDetection

struct SetupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "setup",
    abstract: "Install the Python environment that imports need, beforehand.",
    discussion: "The first import does it as well. Says what it takes, and asks.")

  @Flag(help: "Also what quantizes models to int8, and runs OpenVINO's files.")
  var int8 = false

  @OptionGroup var environment: EnvironmentOptions

  func run() async throws {
    let made = try await environment.ready(int8 ? [.conversion, .quantization] : [.conversion])
    print("The environment is in \(made.folder)")
  }
}

/// The Python environment of imports.
struct EnvironmentOptions: ParsableArguments {
  @Flag(help: "Install the Python environment without asking.")
  var yes = false

  @Option(help: "Interpreter for the environment, Python 3.11 or newer.")
  var python = "python3"

  /// Installs what is missing.
  func ready(_ parts: [PythonEnvironment.Part]) async throws -> PythonEnvironment {
    guard let cache = Installation.cacheDirectory else {
      throw DetectionError(
        .invalidConfig, "set HOME or HARRIER_CACHE_DIR: the environment needs a folder")
    }
    let environment = PythonEnvironment(cache: cache, interpreter: python)
    try await EnvironmentSetup(environment: environment, isConfirmed: yes).run(parts)
    return environment
  }
}
