import Foundation
import FoundationXML
public import ObjectDetection
import Yams

/// What an OpenVINO IR model (`NAME.xml` with `NAME.bin`) says about itself.
///
/// Ultralytics writes its metadata into `metadata.yaml` beside the file; other converters into the
/// `rt_info` element. The YAML wins: `rt_info` stores labels with blanks replaced.
public struct OpenVINOIRFile: Sendable {
  public let signature: ModelSignature
  public let metadata: ModelMetadata
  public let isQuantized: Bool

  /// - Throws: `DetectionError` with `.modelNotFound`, or `.modelLoadError` when the file is no IR or its
  ///   weights are missing.
  public init(path: String) throws {
    guard FileManager.default.isReadableFile(atPath: path) else {
      throw DetectionError(.modelNotFound, "the model file \(path) cannot be read")
    }
    let weights = String(path.dropLast(4)) + ".bin"
    guard FileManager.default.isReadableFile(atPath: weights) else {
      throw DetectionError(
        .modelLoadError, "the weights \(weights) of the OpenVINO model are missing")
    }
    guard let parser = XMLParser(contentsOf: URL(fileURLWithPath: path)) else {
      throw DetectionError(.modelNotFound, "the model file \(path) cannot be read")
    }
    let contents = IRContents()
    parser.delegate = contents
    parser.shouldResolveExternalEntities = false
    guard parser.parse(), contents.isWholeNetwork else {
      throw DetectionError(
        .modelLoadError, "\(path) is not an OpenVINO model, or it is cut short or damaged",
        cause: parser.parserError.map { "\($0)" })
    }
    signature = contents.signature
    isQuantized = contents.isQuantized
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
    metadata =
      try Self.yaml(folder.appendingPathComponent("metadata.yaml").path)
      ?? Self.metadata(contents.runtimeInfo)
  }

  /// The keys that Harrier reads, rewritten as the Python reprs that ONNX files hold.
  private static func yaml(_ path: String) throws -> ModelMetadata? {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let document: Node?
    do {
      document = try Yams.compose(yaml: text)
    } catch {
      throw DetectionError(.modelLoadError, "\(path) is not valid YAML", cause: "\(error)")
    }
    guard let document, document.mapping != nil else { return nil }
    var metadata = ModelMetadata()
    for key in ["task", "stride", "imgsz", "end2end", "head"] {
      metadata.values[key] = document[key].flatMap(literal)
    }
    // Nodes keep a class named "no" or "1.0" as it is written; loaded values would not.
    if let names = document["names"]?.mapping {
      let pairs = names.compactMap { pair in Int(pair.key.scalar?.string ?? "").map { ($0, pair) } }
      metadata.setClassNames(
        pairs.sorted { $0.0 < $1.0 }.map { $0.1.value.scalar?.string ?? "" })
    } else if let names = document["names"]?.sequence {
      metadata.setClassNames(names.map { $0.scalar?.string ?? "" })
    }
    return metadata
  }

  private static func literal(_ node: Node) -> String? {
    if let sequence = node.sequence {
      return "[" + sequence.compactMap(literal).joined(separator: ", ") + "]"
    }
    return node.scalar?.string
  }

  private static func metadata(_ runtimeInfo: [String: String]) -> ModelMetadata {
    var metadata = ModelMetadata(runtimeInfo)
    if metadata.classNames == nil, let labels = runtimeInfo["labels"] {
      metadata.setClassNames(
        labels.split(separator: " ").map { $0.replacingOccurrences(of: "_", with: " ") })
    }
    return metadata
  }
}

/// Collects inputs (layers of type Parameter), outputs (what Result layers take in), the other layers' types and
/// `rt_info`.
private final class IRContents: NSObject, XMLParserDelegate {
  /// Whether a `net` element was opened and, at the end, closed: the parser takes a cut file for a whole one.
  private(set) var isWholeNetwork = false
  private var inputs: [(name: String, shape: ModelSignature.Shape)] = []
  private var outputs: [(name: String, layer: String, shape: ModelSignature.Shape)] = []
  /// The types of layers by their id, as edges name them.
  private var types: [String: String] = [:]
  /// The layer that each layer takes in first.
  private var sources: [String: String] = [:]
  private(set) var isQuantized = false
  /// `rt_info` of the model itself: elements with a `value`, by their name.
  private(set) var runtimeInfo: [String: String] = [:]

  private var path: [String] = []
  private var layer: [String: String] = [:]
  private var layerType: String { layer["type"] ?? "" }
  private var shape: ModelSignature.Shape = []
  private var dimension = ""

  /// The operators are called as in ONNX, where Harrier looks at them.
  var signature: ModelSignature {
    ModelSignature(
      inputs: inputs.map(\.shape), outputs: outputs.map(\.shape), inputNames: inputs.map(\.name),
      outputNames: outputs.map(\.name),
      operators: types.values.reduce(into: [:]) { $0[$1, default: 0] += 1 },
      outputOperators: outputs.map { sources[$0.layer].flatMap { types[$0] } ?? "" })
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    path.append(name)
    switch name {
    case "layer":
      layer = attributes
      if let id = attributes["id"] { types[id] = layerType }
      if layerType == "FakeQuantize" || layerType == "FakeConvert" { isQuantized = true }
    case "edge":
      if attributes["to-port"] == "0", let id = attributes["to-layer"] {
        sources[id] = attributes["from-layer"]
      }
    case "port": shape = []
    case "dim": dimension = ""
    default:
      if path.prefix(2) == ["net", "rt_info"], let value = attributes["value"] {
        runtimeInfo[name] = value
      }
    }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) {
    if path.last == "dim" { dimension += text }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    path.removeLast()
    switch name {
    case "net": isWholeNetwork = path.isEmpty
    case "dim": shape.append(Int(dimension).flatMap { $0 > 0 ? $0 : nil })
    case "port":
      let name = layer["name"] ?? ""
      if layerType == "Parameter", path.last == "output" { inputs.append((name, shape)) }
      if layerType == "Result", path.last == "input" {
        outputs.append((layer["output_names"] ?? name, layer["id"] ?? "", shape))
      }
    default: break
    }
  }
}
