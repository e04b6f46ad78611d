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
}
