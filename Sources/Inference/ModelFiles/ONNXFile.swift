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
  ///   it is no ONNX model or cut short.
  public init(path: String) throws {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
      throw DetectionError(
        .modelNotFound, "the model file \(path) cannot be read", cause: "\(error)")
    }
    do {
      self = try data.withUnsafeBytes { try ONNXFile(model: $0[...]) }
    } catch is ProtobufReader.Malformed {
      throw DetectionError(
        .modelLoadError, "\(path) is not an ONNX model, or it is cut short or damaged")
    }
  }

  private init(model: Slice<UnsafeRawBufferPointer>) throws {
    var graph: ONNXGraph?
    var metadata = ModelMetadata()
    var reader = ProtobufReader(model)
    while let (field, value) = try reader.next() {
      switch (field, value) {
      case (7, .bytes(let bytes)):
        graph = try ONNXGraph(bytes)
      case (14, .bytes(let bytes)):
        let entry = try Self.entry(bytes)
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
    _ bytes: Slice<UnsafeRawBufferPointer>
  ) throws -> (key: String, value: String) {
    var entry = (key: "", value: "")
    var reader = ProtobufReader(bytes)
    while let (field, value) = try reader.next() {
      guard case .bytes(let text) = value else { continue }
      if field == 1 { entry.key = String(decoding: text, as: UTF8.self) }
      if field == 2 { entry.value = String(decoding: text, as: UTF8.self) }
    }
    return entry
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

  init(_ graph: Slice<UnsafeRawBufferPointer>) throws {
    var reader = ProtobufReader(graph)
    var makers: [String: String] = [:]
    while let (field, value) = try reader.next() {
      guard case .bytes(let bytes) = value else { continue }
      switch field {
      case 1:
        // NodeProto: output = 2, op_type = 4.
        let kind = try Self.text(4, in: bytes)
        operators[kind, default: 0] += 1
        for output in try bytes.fields(2) {
          makers[String(decoding: output, as: UTF8.self)] = kind
        }
      case 5: initializers.insert(try Self.text(8, in: bytes))
      case 11: inputs.append(try Self.valueInfo(bytes))
      case 12: outputs.append(try Self.valueInfo(bytes))
      default: break
      }
    }
    outputOperators = outputs.map { makers[$0.name] ?? "" }
  }

  private static func text(
    _ wanted: Int, in message: Slice<UnsafeRawBufferPointer>
  ) throws -> String {
    try message.fields(wanted).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// ValueInfoProto: name = 1, type = 2; TypeProto: tensor_type = 1; Tensor: shape = 2; Shape: dim = 1.
  private static func valueInfo(
    _ message: Slice<UnsafeRawBufferPointer>
  ) throws -> (name: String, shape: ModelSignature.Shape) {
    let shape = try message.fields(2).flatMap { try $0.fields(1) }.flatMap { try $0.fields(2) }
    let dimensions = try shape.flatMap { try $0.fields(1) }.map { dimension -> Int? in
      var reader = ProtobufReader(dimension)
      while let (field, value) = try reader.next() {
        if field == 1, case .varint(let size) = value, size > 0 { return Int(exactly: size) }
      }
      return nil
    }
    return (try text(1, in: message), dimensions)
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// All length-delimited fields of that number.
  fileprivate func fields(_ wanted: Int) throws -> [Slice<UnsafeRawBufferPointer>] {
    var found: [Slice<UnsafeRawBufferPointer>] = []
    var reader = ProtobufReader(self)
    while let (field, value) = try reader.next() {
      if field == wanted, case .bytes(let bytes) = value { found.append(bytes) }
    }
    return found
  }
}
