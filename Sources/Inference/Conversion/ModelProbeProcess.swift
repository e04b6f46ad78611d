public import Foundation
public import ObjectDetection
import Subprocess

/// What a child process is asked about a model: what it is, what it finds on samples, how fast it is.
public struct ProbeRequest: Codable, Sendable {
  /// An `.onnx` or `.xml` file.
  public var model: String
  /// An `InferencePrecision`; nil leaves it to the model's document.
  public var precision: String?
  public var samples: [String] = []
  /// As the reference was made: whole pictures, and this threshold; nil leaves them out.
  public var wholePictures: WholePictures?
  /// Whether the samples are looked at slice by slice as well, as jobs do.
  public var slices = false
  /// Whether the samples are looked at as by a job that says nothing but the model's name: slice by slice, with the
  /// classes and confidences of its document.
  public var standard = false
  /// Whether once more with a threshold near zero, for average precision.
  public var evaluation = false
  /// Measures the speed for about so long; 0 does not.
  public var measuredSeconds = 0.0
  /// How long somebody waits for the answer: the child ends by itself when that one is gone. Written by `run`.
  public var timeLimitSeconds = 0
  /// Whether nothing is looked at where the system does not confine the child wholly. Written by `run`.
  public var requiresSandbox = false

  /// The options of a detector that looks at a picture once.
  public struct WholePictures: Codable, Sendable {
    /// 0...1; boxes above are reported.
    public var confidence: Float
    /// 0...1; of the suppression.
    public var iou: Double
    public var maxDetections: Int

    public init(confidence: Float, iou: Double, maxDetections: Int) {
      self.confidence = confidence
      self.iou = iou
      self.maxDetections = maxDetections
    }
  }

  public init(model: String, precision: InferencePrecision?, samples: [String] = []) {
    self.model = model
    self.samples = samples
    self.precision = precision?.rawValue
  }

  var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      return try encoder.encode(self)
    }
  }

  /// - Throws: `DetectionError(.invalidConfig)` when there is no such file, or it is something else.
  public init(path: String) throws {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      self = try decoder.decode(Self.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw DetectionError(.invalidConfig, "\(path) is no request", cause: "\(error)")
    }
  }
}

/// What the child answers.
public struct ProbeResult: Codable, Sendable {
  public var task: String
  public var classNames: [String]
  /// Pixels.
  public var inputWidth: Int
  public var inputHeight: Int
  public var layout: String
  /// The names in results, by class id; nil where the model was not asked as by a job.
  public var labels: [String]?
  /// Of each sample.
  public var pictures: [Picture] = []
  /// Of one inference, with all requests busy; nil where it was not measured.
  public var milliseconds: Double?

  /// What was found in a picture; nil where it was not asked for.
  public struct Picture: Codable, Sendable {
    /// Pixels of the upright picture.
    public var width: Int
    public var height: Int
    public var whole: [RecordedDetection]?
    public var slices: [RecordedDetection]?
    /// Without masks.
    public var standard: [RecordedDetection]?
    /// Why the picture could not be decoded; nil where it was.
    public var problem: String?
    public var evaluation: [RecordedDetection]?

    public init(width: Int, height: Int) {
      self.width = width
      self.height = height
    }

    /// One that could not be decoded.
    public init(problem: String) {
      self.init(width: 0, height: 0)
      self.problem = problem
    }
  }

  /// What a compiled model says of itself.
  public init(_ model: DetectionModel) {
    task = model.task.rawValue
    classNames = model.classNames
    inputWidth = model.inputSize.width
    inputHeight = model.inputSize.height
    layout = model.layout.rawValue
  }

  /// What a child writes to its standard output.
  public var json: Data {
    get throws {
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      return try encoder.encode(self)
    }
  }
}

/// Compiles and runs a model in a child of this program, so that one which crashes the compiler, or wants all memory,
/// takes nothing else with it.
public struct ModelProbeProcess: ModelProbe {
  /// What is measured when nobody wants to know: a few inferences, so that a model which compiles and crashes is found.
  private static let shortestMeasurement = 0.01
  /// In the folder that a child is given.
  public static let requestName = "request.json"

  let temporaryFolder: String
  private let timeLimit: Duration
  /// Of jobs, where the operator says one.
  let precision: InferencePrecision?
  private let requiresSandbox: Bool

  /// - Parameters:
  ///   - temporaryFolder: each child gets a folder of its own in it.
  ///   - precision: in which pictures are looked at as by a job; nil leaves it to the model's document.
  ///   - requiresSandbox: whether models are tried only where the system confines a child wholly.
  public init(
    temporaryFolder: String, timeLimit: Duration, precision: InferencePrecision? = nil,
    requiresSandbox: Bool = false
  ) {
    self.temporaryFolder = temporaryFolder
    self.timeLimit = timeLimit
    self.precision = precision
    self.requiresSandbox = requiresSandbox
  }

  /// - Throws: `DetectionError(.modelLoadError)` with what the child says is wrong with the model, or with how it died;
  ///   `.storageError` when the folder cannot be written, or the child is confined too little; `CancellationError`.
  public func run(_ request: ProbeRequest) async throws -> ProbeResult {
    try await run(request, within: timeLimit)
  }

  func run(
    _ request: ProbeRequest, within timeLimit: Duration, outputBytes: Int? = nil
  ) async throws -> ProbeResult {
    var request = request
    request.timeLimitSeconds = Int(timeLimit.components.seconds) + 1
    request.requiresSandbox = requiresSandbox
    let name = (request.model as NSString).lastPathComponent
    let folder = "\(temporaryFolder)/probe-\(UUID())"
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      try request.json.write(to: URL(fileURLWithPath: "\(folder)/\(Self.requestName)"))
    } catch {
      throw DetectionError(.storageError, "\(folder) cannot be written", cause: "\(error)")
    }
    defer {
      // What is left all the same lies in a temporary folder.
      try? FileManager.default.removeItem(atPath: folder)
    }
    var child = ChildProgram(
      path: "/proc/self/exe", arguments: ["models", "probe", folder],
      environment: Self.childVariables(of: ProcessInfo.processInfo.environment),
      timeLimit: timeLimit)
    if let outputBytes { child.outputBytes = outputBytes }
    do {
      return try answer(of: try await child.run(), name)
    } catch is TimedOut {
      throw DetectionError(.modelLoadError, "\(name) is not compiled and run within \(timeLimit)")
    } catch let error as SubprocessError {
      throw DetectionError(.modelLoadError, "\(name) cannot be tried", cause: "\(error)")
    }
  }

  /// - Parameter path: on the disk of the temporary folder. The child reads these files and not what lies beside them.
  public func probe(path: String) async throws -> ProbedModel {
    let result = try await withLinkedModel(path) { model in
      var request = ProbeRequest(model: model, precision: .f32)
      request.measuredSeconds = Self.shortestMeasurement
      return try await run(request)
    }
    guard let task = ModelTask(rawValue: result.task) else {
      throw DetectionError(.modelLoadError, "its task \(result.task) is not known here")
    }
    return ProbedModel(
      task: task, classNames: result.classNames,
      inputSize: PixelSize(width: result.inputWidth, height: result.inputHeight),
      layout: result.layout)
  }

  private func answer(of ending: ChildProgram.Ending, _ name: String) throws -> ProbeResult {
    switch ending.status {
    case .exited(0): return try Self.decode(ending.output, name)
    case .exited(Self.unconfinedStatus):
      throw DetectionError(.storageError, "models cannot be tried here", cause: ending.lastWords)
    case .exited:
      // What it says is for people, and names the file.
      let words = ending.lastWords.replacing("harrier: ", with: "")
      throw DetectionError(.modelLoadError, words.isEmpty ? "\(name) cannot be used" : words)
    default:
      throw DetectionError(
        .modelLoadError, "\(name) crashes the engine: its process ended with \(ending.status)",
        cause: ending.lastWords)
    }
  }

  private static func decode(_ output: [UInt8], _ name: String) throws -> ProbeResult {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    do {
      return try decoder.decode(ProbeResult.self, from: Data(output))
    } catch {
      throw DetectionError(
        .modelLoadError, "\(name) cannot be tried: its process gave no answer", cause: "\(error)")
    }
  }
}
