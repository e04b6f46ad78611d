import Foundation
import ObjectDetection
import Subprocess

/// A Python environment of Harrier's own that can open PyTorch's files: made once, in a folder of its own, and used
/// for nothing else. Neither the system's Python nor the user's packages are touched.
public struct PythonEnvironment: Sendable {
  /// What can be installed into it.
  public enum Part: String, Sendable, CaseIterable {
    /// Opens checkpoints and ONNX files, and runs them.
    case conversion
    /// Quantizes, and runs OpenVINO's files.
    case quantization

    fileprivate var requirements: String {
      self == .conversion ? "requirements.txt" : "requirements-int8.txt"
    }

    /// For a person.
    public var packages: String {
      self == .conversion
        ? "PyTorch 2.13.0, Ultralytics 8.4.190 (AGPL-3.0), ONNX and ONNX Runtime"
        : "NNCF 3.4.0 and OpenVINO 2026.4.1"
    }

    /// Measured with pip's cache empty; told before anything is fetched.
    public func cost(_ torch: Torch) -> String {
      switch (self, torch) {
      case (.quantization, _): "about 100 MB to fetch, 0.4 GB on disk"
      case (.conversion, .forProcessors): "about 330 MB to fetch, 1.3 GB on disk"
      case (.conversion, .withNVIDIA):
        "about 3 GB to fetch, 7 GB on disk, since the package index offers PyTorch with NVIDIA's libraries only; "
          + "PIP_EXTRA_INDEX_URL can name an index that has it for processors"
      }
    }
  }

  /// The largest wheel has some 200 MB, with NVIDIA's libraries 3 GB: also on a slow line.
  private static let installLimit = Duration.seconds(3600)

  public let folder: String
  /// The interpreter that it is made with: a path, or a name to be found in `PATH`.
  private let interpreter: String

  /// - Parameters:
  ///   - cache: folder in which environments are kept.
  ///   - interpreter: Python 3.11 or newer.
  public init(cache: String, interpreter: String = "python3") {
    folder = "\(cache)/python-\(ConversionScripts.requirementsHash)"
    self.interpreter = interpreter
  }

  /// Its Python.
  var python: String { "\(folder)/bin/python" }
  private func marker(_ part: Part) -> String { "\(folder)/harrier-\(part.rawValue)" }

  /// Whether all of a part is there, and the interpreter too.
  public func has(_ part: Part) -> Bool {
    FileManager.default.fileExists(atPath: marker(part))
      && FileManager.default.isExecutableFile(atPath: python)
  }

  /// Which PyTorch the package index of this machine has.
  public enum Torch: Sendable {
    /// The small one, which runs on processors.
    case forProcessors
    /// Only the one with NVIDIA's libraries.
    case withNVIDIA

    /// The small one alone, since what it brings is in the list of requirements.
    fileprivate var arguments: [String] {
      self == .forProcessors ? ["--no-deps", "torch==2.13.0+cpu"] : ["torch==2.13.0"]
    }
  }

  /// Makes an empty environment, and asks the index which PyTorch it has. Nothing large is fetched.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` that says what is missing.
  public func prepare() async throws -> Torch {
    let files = FileManager.default
    do {
      // What an interrupted installation has left.
      if files.fileExists(atPath: folder) { try files.removeItem(atPath: folder) }
      try files.createDirectory(
        atPath: (folder as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    } catch {
      throw DetectionError(.storageError, "\(folder) cannot be made", cause: "\(error)")
    }
    _ = try await output(
      "/usr/bin/env", [interpreter, "-m", "venv", folder],
      "a Python environment cannot be made with \(interpreter): it takes Python 3.11 or newer with its module venv "
        + "(on Debian: apt-get install python3-venv)")
    _ = try await output(
      python, ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"],
      "\(interpreter) is older than Python 3.11; name a newer one with --python")
    let question = ["install", "--dry-run", "--quiet"] + Torch.forProcessors.arguments
    let answer = try await run(python, Self.pip + question)
    return answer.status.isSuccess ? .forProcessors : .withNVIDIA
  }

  /// Fetches and installs what reads models; `prepare` came before.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` with the installer's last words as cause.
  public func installConversion(_ torch: Torch) async throws {
    _ = try await output(
      python, Self.pip + Self.install + torch.arguments, "PyTorch cannot be installed")
    try await install(.conversion)
  }

  /// Fetches and installs what quantizes; the other part is there.
  ///
  /// - Throws: `DetectionError(.modelLoadError)` with the installer's last words as cause.
  public func installQuantization() async throws { try await install(.quantization) }

  /// The lists are whole: what packages would bring beside, for training and drawing, stays away.
  private func install(_ part: Part) async throws {
    try ConversionScripts.write("txt", to: folder)
    _ = try await output(
      python,
      Self.pip + Self.install + ["--no-deps", "--requirement", "\(folder)/\(part.requirements)"],
      "the Python packages cannot be installed")
    let prefix = try await output(
      python, ["-c", "import sys; print(sys.base_prefix)"], "the Python environment does not work")
    try Data(prefix.utf8).write(to: URL(fileURLWithPath: marker(part)))
  }

  /// Where the interpreter's own files are; nil before the environment is complete.
  var basePrefix: String? {
    let text = FileManager.default.contents(atPath: marker(.conversion))
    return text.map {
      String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
  }

  private static let pip = ["-m", "pip", "--disable-pip-version-check"]
  private static let install = ["install", "--no-input", "--quiet", "--only-binary=:all:"]

  /// - Throws: `DetectionError(.modelLoadError)` with that message when the program fails.
  private func output(
    _ program: String, _ arguments: [String], _ problem: String
  ) async throws -> String {
    let ending = try await run(program, arguments)
    guard ending.status.isSuccess else {
      throw DetectionError(.modelLoadError, problem, cause: ending.lastWords)
    }
    return String(decoding: ending.output, as: UTF8.self)
  }

  private func run(_ program: String, _ arguments: [String]) async throws -> ChildProgram.Ending {
    do {
      return try await ChildProgram(
        path: program, arguments: arguments, timeLimit: Self.installLimit
      ).run()
    } catch is TimedOut {
      throw DetectionError(
        .modelLoadError, "\(arguments.joined(separator: " ")) took longer than \(Self.installLimit)"
      )
    }
  }
}
