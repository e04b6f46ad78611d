import Foundation
public import ObjectDetection

/// What an ONNX file says about itself, read without loading it: its tensors, its metadata, its operators.
///
/// OpenVINO's C API has no getter for the metadata. Field numbers: github.com/onnx/onnx, onnx.proto.
public struct ONNXFile: Sendable {
  public let signature: ModelSignature
  public let metadata: ModelMetadata
  /// Whether the graph holds quantized operators, so that int8 kernels can run it.
  public let isQuantized: Bool

  /// - Throws: `DetectionError` with `.modelNotFound` when the file cannot be read, `.modelLoadError` when
  ///   it is no ONNX model, cut short, or has more parts than any real one.
  public init(path: String) throws {
    try self.init(path: path, budget: ONNXBudget())
  }

  init(path: String, budget: ONNXBudget) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw DetectionError(
        .modelNotFound, "the model file \(path) cannot be read", cause: "\(error)")
    }
    do {
      self = try data.withUnsafeBytes { try ONNXFile(model: $0[...], budget) }
    } catch let excess as ONNXBudget.Excess {
      throw DetectionError(.modelLoadError, "\(path) has more than \(excess.words)")
    } catch is ProtobufReader.Malformed {
      throw DetectionError(
        .modelLoadError, "\(path) is not an ONNX model, or it is cut short or damaged")
    }
  }

  private init(model: Slice<UnsafeRawBufferPointer>, _ budget: ONNXBudget) throws {
    var budget = budget
    var graph: ONNXGraph?
    var metadata = ModelMetadata()
    var reader = ProtobufReader(model)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (7, .bytes(let bytes)):
        graph = try ONNXGraph(bytes, &budget)
      case (14, .bytes(let bytes)):
        try budget.takeEntry()
        let entry = try Self.entry(bytes, &budget)
        metadata.values[entry.key] = entry.value
      default: break
      }
    }
    guard let graph, !graph.outputs.isEmpty else { throw ProtobufReader.Malformed() }
    // Old exporters list the weights among the inputs.
    let inputs = graph.inputs.filter { !graph.initializers.contains($0.name) }
    signature = ModelSignature(
      inputs: inputs.map(\.shape), outputs: graph.outputs.map(\.shape),
      inputNames: inputs.map(\.name), outputNames: graph.outputs.map(\.name),
      operators: graph.operators, outputOperators: graph.outputOperators)
    self.metadata = metadata
    isQuantized = graph.isQuantized
  }

  private static func entry(
    _ bytes: Slice<UnsafeRawBufferPointer>, _ budget: inout ONNXBudget
  ) throws -> (key: String, value: String) {
    var entry = (key: "", value: "")
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      guard case .bytes(let text) = value else { continue }
      if field == 1 { entry.key = try budget.text(text) }
      if field == 2 { entry.value = try budget.text(text) }
    }
    return entry
  }
}

/// What may still be kept of a file: nobody trusts it, and a part of two bytes is many times as much in memory.
struct ONNXBudget {
  struct Excess: Error {
    /// "more than" this.
    var words: String
  }

  private let maxEntries: Int
  private let maxTextBytes: Int
  private var entries = 0
  private var textBytes = 0

  /// The largest real models have some 10,000s of entries, with some megabytes of names and metadata.
  ///
  /// - Parameters:
  ///   - maxEntries: operators and what they make, weights, inputs, outputs and their dimensions, metadata.
  ///   - maxTextBytes: of their names and values.
  init(maxEntries: Int = 1_000_000, maxTextBytes: Int = 64 << 20) {
    self.maxEntries = maxEntries
    self.maxTextBytes = maxTextBytes
  }

  mutating func takeEntry() throws {
    entries += 1
    guard entries <= maxEntries else {
      throw Excess(words: "\(maxEntries) operators, weights, inputs, outputs and metadata entries")
    }
  }

  mutating func text(_ bytes: Slice<UnsafeRawBufferPointer>) throws -> String {
    textBytes += bytes.count
    guard textBytes <= maxTextBytes else {
      throw Excess(words: "\(maxTextBytes) bytes of names and metadata")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A GraphProto's inputs, outputs and kinds of operators; weights are skipped by their length.
private struct ONNXGraph {
  private static let quantizedOperators: Set<String> = [
    "QuantizeLinear", "DequantizeLinear", "QLinearConv", "ConvInteger", "MatMulInteger",
    "QLinearMatMul", "FakeQuantize",
  ]

  var inputs: [(name: String, shape: ModelSignature.Shape)] = []
  var outputs: [(name: String, shape: ModelSignature.Shape)] = []
  var initializers: Set<String> = []
  /// How many operators of each kind.
  var operators: [String: Int] = [:]
  /// The kind of operator that makes each output; empty for one that nothing makes.
  var outputOperators: [String] = []
  var isQuantized: Bool { operators.keys.contains(where: Self.quantizedOperators.contains) }

  init(_ graph: Slice<UnsafeRawBufferPointer>, _ budget: inout ONNXBudget) throws {
    var reader = ProtobufReader(graph)
    var makers: [String: String] = [:]
    while let (field, value) = try reader.next() {
      guard case .bytes(let bytes) = value else { continue }
      switch field {
      case 1: try note(node: bytes, &makers, &budget)
      case 5:
        try budget.takeEntry()
        initializers.insert(try bytes.text(8, &budget))
      case 11: inputs.append(try Self.valueInfo(bytes, &budget))
      case 12: outputs.append(try Self.valueInfo(bytes, &budget))
      default: break
      }
    }
    outputOperators = outputs.map { makers[$0.name] ?? "" }
  }

  /// NodeProto: output = 2, op_type = 4.
  private mutating func note(
    node: Slice<UnsafeRawBufferPointer>, _ makers: inout [String: String],
    _ budget: inout ONNXBudget
  ) throws {
    try budget.takeEntry()
    let kind = try node.text(4, &budget)
    operators[kind, default: 0] += 1
    for output in try node.fields(2, &budget) { makers[try budget.text(output)] = kind }
  }

  /// ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; Tensor: shape = 2; Shape: dim = 1.
  private static func valueInfo(
    _ message: Slice<UnsafeRawBufferPointer>, _ budget: inout ONNXBudget
  ) throws -> (name: String, shape: ModelSignature.Shape) {
    try budget.takeEntry()
    var parts = [message]
    for field in [2, 1, 2, 1] {
      var inner: [Slice<UnsafeRawBufferPointer>] = []
      for part in parts { inner += try part.fields(field, &budget) }
      parts = inner
    }
    let dimensions = try parts.map { dimension -> Int? in
      var reader = ProtobufReader(dimension)
      while let (field, value) = try reader.next() {
        if field == 1, case .varint(let size) = value, size > 0 { return Int(exactly: size) }
      }
      return nil
    }
    return (try message.text(1, &budget), dimensions)
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// All length-delimited fields of that number.
  fileprivate func fields(
    _ wanted: Int, _ budget: inout ONNXBudget
  ) throws -> [Slice<UnsafeRawBufferPointer>] {
    var found: [Slice<UnsafeRawBufferPointer>] = []
    var reader = ProtobufReader(self)
    while let (field, value) = try reader.next() {
      guard field == wanted, case .bytes(let bytes) = value else { continue }
      try budget.takeEntry()
      found.append(bytes)
    }
    return found
  }

  /// The first such field; empty where there is none.
  fileprivate func text(_ wanted: Int, _ budget: inout ONNXBudget) throws -> String {
    var found: Slice<UnsafeRawBufferPointer>?
    var reader = ProtobufReader(self)
    while let (field, value) = try reader.next() {
      if found == nil, field == wanted, case .bytes(let bytes) = value { found = bytes }
    }
    return try found.map { try budget.text($0) } ?? ""
  }
}
