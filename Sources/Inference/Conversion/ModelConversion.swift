import Foundation
public import ObjectDetection
import Subprocess

/// Opens a model with the programs that made it, in a child that may do next to nothing.
///
/// A `.pt` file is a pickle: opening it runs whatever code is in it. So the child has no network, starts no
/// processes, sees the environment, the file and the samples, and writes into one folder.
public struct ModelConversion: Sendable {
  private let environment: PythonEnvironment
  private let confinement: Confinement

  /// How a child is kept from everything that its work does not need.
  public struct Confinement: Sendable {
    /// Arguments of this program that confine another one; nil where the file is trusted.
    let arguments: (@Sendable (_ readable: [String], _ writable: String) -> [String])?

    /// - Parameter arguments: makes the arguments of this program after which the other one's follow.
    public init(
      _ arguments: @escaping @Sendable (_ readable: [String], _ writable: String) -> [String]
    ) {
      self.arguments = arguments
    }

    private init() { arguments = nil }

    /// The child has all rights of its user.
    public static let none = Confinement()
  }

  public init(environment: PythonEnvironment, confinement: Confinement) {
    self.environment = environment
    self.confinement = confinement
  }

  /// Exports a `.pt` file to `FOLDER/model.onnx`, and runs the original on samples.
  ///
  /// - Parameters:
  ///   - samples: paths of pictures.
  ///   - folder: an empty one, for all that is written.
  ///   - imageSize: nil for the model's own.
  ///   - hints: of a model whose file may not say it; nil of a checkpoint.
  /// - Throws: `DetectionError(.modelLoadError)` that says what is wrong with the file; `CancellationError`.
  public func convert(
    _ source: String, samples: [String], imageSize: PixelSize?, hints: ConversionHints?,
    into folder: String, timeLimit: Duration
  ) async throws -> ConversionResult {
    let request = ConversionRequest(
      source: source, output: folder, samples: samples,
      imageSize: imageSize.map { [$0.height, $0.width] }, confidence: 0.25, iou: 0.7,
      maxDetections: 300, names: hints?.names, task: hints?.task, layout: hints?.layout,
      runPickledCode: confinement.arguments == nil)
    return try await run(
      "convert.py", request, reading: [source] + beside(source) + samples, in: folder, timeLimit)
  }

  /// Quantizes `model` to 8-bit integers: writes `FOLDER/model.xml` and `model.bin`.
  ///
  /// - Parameter images: what the ranges of its numbers are measured on.
  public func quantize(
    _ model: String, task: String, layout: String, images: [String], into folder: String,
    timeLimit: Duration
  ) async throws -> QuantizationResult {
    try await run(
      "quantize.py",
      QuantizationRequest(model: model, output: folder, images: images, task: task, layout: layout),
      reading: [model] + images, in: folder, timeLimit)
  }

  /// The weights and metadata that a model keeps in files of their own.
  private func beside(_ source: String) -> [String] {
    guard source.hasSuffix(".xml") else { return ["\(source).data", "\(source)_data"] }
    let folder = (source as NSString).deletingLastPathComponent
    return [String(source.dropLast(4)) + ".bin", "\(folder)/metadata.yaml"]
  }

  private func run<Result: Decodable & Sendable>(
    _ script: String, _ request: some Encodable, reading: [String], in folder: String,
    _ timeLimit: Duration
  ) async throws -> Result {
    try ConversionScripts.write("py", to: folder)
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try encoder.encode(request).write(to: URL(fileURLWithPath: "\(folder)/request.json"))
    let program = ["-I", "\(folder)/\(script)", "\(folder)/request.json"]
    let readable = [environment.folder, environment.basePrefix].compactMap(\.self) + reading
    let child = ChildProgram(
      path: confinement.arguments == nil ? environment.python : "/proc/self/exe",
      arguments: (confinement.arguments.map { $0(readable, folder) + [environment.python] } ?? [])
        + program,
      environment: Self.variables(folder), timeLimit: timeLimit)
    let ending: ChildProgram.Ending
    do {
      ending = try await child.run()
    } catch is TimedOut {
      throw DetectionError(.modelLoadError, "the conversion took longer than \(timeLimit)")
    } catch let error as SubprocessError {
      throw DetectionError(.modelLoadError, "the conversion failed", cause: "\(error)")
    }
    guard ending.status.isSuccess else { throw failure(ending, folder) }
    return try Self.read("\(folder)/result.json")
  }

  /// None of the caller's: tokens and passwords are there.
  private static func variables(_ folder: String) -> [String: String] {
    var variables = [
      "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": folder, "TMPDIR": folder,
      "YOLO_CONFIG_DIR": folder, "MPLCONFIGDIR": folder, "XDG_CACHE_HOME": folder,
      "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false",
      "PYTHONDONTWRITEBYTECODE": "1", "TORCHINDUCTOR_CACHE_DIR": folder,
    ]
    // Where a machine's kernels of OpenBLAS are wrong, its owner says so by these.
    for name in ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "OMP_NUM_THREADS"] {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    return variables
  }

  private func failure(_ ending: ChildProgram.Ending, _ folder: String) -> DetectionError {
    if case .exited(3) = ending.status,
      let failure: ConversionFailure = try? Self.read("\(folder)/error.json")
    {
      return DetectionError(
        .modelLoadError, String(failure.error.prefix(1000)),
        cause: failure.detail.map { String($0.prefix(4000)) })
    }
    return DetectionError(
      .modelLoadError, "the conversion ended with \(ending.status)", cause: ending.lastWords)
  }

  /// What the child wrote, which may have been taken over by the file: a plain file of a bounded size, or nothing.
  private static func read<Value: Decodable>(_ path: String) throws -> Value {
    let unreadable = "the conversion left no result that can be read"
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size <= resultBytes, let data = FileManager.default.contents(atPath: path)
    else { throw DetectionError(.modelLoadError, unreadable) }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(Value.self, from: data)
    } catch {
      throw DetectionError(.modelLoadError, unreadable, cause: "\(error)")
    }
  }

  /// Some thousand boxes on some dozen samples.
  private static let resultBytes = 64 << 20
}

/// What `Conversion/quantize.py` is asked for.
struct QuantizationRequest: Encodable {
  var model: String
  var output: String
  var images: [String]
  var task: String
  /// An `OutputLayout`: it says how pictures are prepared.
  var layout: String
}

/// What it answers.
public struct QuantizationResult: Decodable, Sendable {
  /// NNCF's version.
  public var nncf: String
  /// Inputs that the ranges were measured on.
  public var images: Int
}
