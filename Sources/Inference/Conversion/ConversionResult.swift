public import ObjectDetection

/// What `Conversion/convert.py` is asked for.
struct ConversionRequest: Encodable {
  /// A `.pt`, `.onnx` or `.xml` file.
  var source: String
  var output: String
  var samples: [String]
  /// Height and width; nil for the model's own.
  var imageSize: [Int]?
  var confidence: Float
  var iou: Double
  var maxDetections: Int
  var names: [String]?
  var task: String?
  /// An `OutputLayout`.
  var layout: String?
  /// Whether code of a checkpoint that is neither PyTorch's nor Ultralytics' may run.
  var runPickledCode: Bool
}

/// What a model is taken for, where its file does not say it to others.
public struct ConversionHints: Sendable {
  let names: [String]
  let task: String
  let layout: String

  public init(_ interpretation: ModelInterpretation) {
    names = interpretation.classNames
    task = interpretation.task.rawValue
    layout = interpretation.layout.rawValue
  }
}

/// What it answers: what is known of the original, and what the original finds on the samples.
public struct ConversionResult: Decodable, Sendable {
  /// Versions by name: of Ultralytics, PyTorch, ONNX, and the operator set.
  public var exporter: [String: ProvenanceValue]
  /// What the file says of itself: architecture, date, epochs, licence.
  public var source: [String: ProvenanceValue]
  public var task: String
  public var names: [String]
  /// Height and width.
  public var inputSize: [Int]
  /// The threshold of the reference: lower than asked for where that found too little.
  public var confidence: Float?
  /// nil where the original cannot be run by what is known of it.
  public var reference: [Reference]?
  public var whyNoReference: String?

  /// One sample.
  public struct Reference: Decodable, Sendable {
    public var sample: String
    public var width: Int
    public var height: Int
    public var detections: [RecordedDetection]
  }
}

/// Text or a number of somebody else's program: kept and shown.
public enum ProvenanceValue: Decodable, Sendable, Equatable {
  case text(String)
  case number(Double)

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  /// For a JSON document.
  public var plain: Any {
    switch self {
    case .text(let text): text
    case .number(let number): Int(exactly: number).map { $0 as Any } ?? number
    }
  }
}

/// Why a conversion did not go on, in `error.json`.
struct ConversionFailure: Decodable {
  var error: String
  var detail: String?
}
