/// `NAME.json` beside a model: what its file does not say, and how it is used by those who say nothing else.
///
///     {"names": ["plane", "ship"], "input_size": [640, 640], "task": "obb",
///      "confidence_threshold": 0.3, "class_map": {"ship": "vessel"}, "class_thresholds": {"vessel": 0.4},
///      "precision": "bf16"}
public struct ModelDocument: Sendable, Equatable {
  /// The names of a vocabulary of 10,000 classes have a quarter of it.
  public static let maxBytes = 1 << 20

  /// Class names by id.
  public var names: [String]?
  public var inputSize: PixelSize?
  /// Ultralytics' word, as in `ModelMetadata`.
  public var task: String?
  /// The kind of the model's head, where shapes and metadata cannot tell.
  public var head: String?
  /// What it says about classes and confidences.
  public var classSettings = ClassSettings()
  /// The arithmetic that it is run in; nil says nothing.
  public var precision: InferencePrecision?
  /// Where the model came from, as the import wrote it: kept and shown, never interpreted.
  public var provenance: JSONObject?

  /// One that says nothing.
  public init() {}
}
