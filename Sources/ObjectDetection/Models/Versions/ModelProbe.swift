/// What a model turned out to be when it was compiled.
public struct ProbedModel: Sendable, Equatable {
  public var task: ModelTask
  /// Names by class id.
  public var classNames: [String]
  public var inputSize: PixelSize
  /// How the numbers of its output are arranged, in one word.
  public var layout: String

  public init(task: ModelTask, classNames: [String], inputSize: PixelSize, layout: String) {
    self.task = task
    self.classNames = classNames
    self.inputSize = inputSize
    self.layout = layout
  }
}

/// What a model finds in pictures.
public struct ProbedPictures: Sendable, Equatable {
  /// The names in results, by class id.
  public var labels: [String]
  /// In the order of the pictures; without masks.
  public var pictures: [[Detection]]

  public init(labels: [String], pictures: [[Detection]]) {
    self.labels = labels
    self.pictures = pictures
  }
}

/// Compiles a model that nobody trusts yet, away from this process: its file may crash or hang the compiler.
public protocol ModelProbe: Sendable {
  /// Reads, compiles and runs the ONNX or XML file at `path`, with the weights and the document `NAME.json` that are
  /// beside it.
  ///
  /// A compiler that crashes, or needs too much time or memory, is a model that cannot be loaded. When the task is
  /// cancelled whatever runs is ended.
  /// - Throws: `DetectionError(.modelLoadError)` with the reason for people, without paths; `CancellationError`; others
  ///   when nothing could be tried, which says nothing about the model.
  func probe(path: String) async throws -> ProbedModel

  /// What the model at `path` finds in pictures, as a job finds it that says nothing but the model's name: slice by
  /// slice, with the classes and confidences of its document, and without rules.
  ///
  /// - Parameters:
  ///   - pictures: files, which are read and not changed.
  ///   - timeLimit: for all of it.
  /// - Throws: as `probe`; `DetectionError(.corruptedFile)` that begins with the path of a picture that cannot be
  ///   decoded, which says nothing about the model.
  func detect(
    path: String, in pictures: [String], timeLimit: Duration
  ) async throws -> ProbedPictures
}
