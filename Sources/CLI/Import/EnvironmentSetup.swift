import Foundation
import Inference
import ObjectDetection

/// Installs the Python environment the first time, after saying what that takes.
struct EnvironmentSetup {
  let environment: PythonEnvironment
  /// Whether the user has agreed beforehand.
  let isConfirmed: Bool

  /// - Parameter parts: what is needed; what is there already is not asked for.
  /// - Throws: `DetectionError(.invalidConfig)` when nobody agrees; `.modelLoadError` when it cannot be installed.
  func run(_ parts: [PythonEnvironment.Part]) async throws {
    if !environment.has(.conversion) {
      let torch = try await environment.prepare()
      try confirm(
        parts, torch,
        "Opening models of other programs needs a Python environment of Harrier's own, once:")
      try await environment.installConversion(torch)
    } else if parts.contains(.quantization), !environment.has(.quantization) {
      try confirm(
        [.quantization], .forProcessors,
        "Quantizing needs more packages in the Python environment of Harrier's own, once:")
    }
    if parts.contains(.quantization), !environment.has(.quantization) {
      try await environment.installQuantization()
    }
  }

  private func confirm(
    _ parts: [PythonEnvironment.Part], _ torch: PythonEnvironment.Torch, _ reason: String
  ) throws {
    let costs = parts.map { "  \($0.packages): \($0.cost(torch))" }.joined(separator: "\n")
    printError(
      """
      \(reason)
      \(costs)
        in the folder \(environment.folder)
      Nothing outside of that folder is changed.
      """)
    guard isConfirmed || asked() else {
      throw DetectionError(
        .invalidConfig, "nothing was installed; --yes installs the environment without asking")
    }
    printError("Installing; this takes some minutes ...")
  }

  /// Nobody can answer where no terminal is.
  private func asked() -> Bool {
    guard isatty(STDIN_FILENO) == 1 else { return false }
    FileHandle.standardError.write(Data("Install it? [y/N] ".utf8))
    return ["y", "yes"].contains(readLine()?.lowercased() ?? "")
  }
}
