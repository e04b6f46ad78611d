import Foundation
import ObjectDetection

/// The file behind the path that somebody wants to import.
struct ImportSource: Sendable {
  enum Kind: String, Sendable {
    /// A checkpoint of PyTorch.
    case checkpoint = "pt"
    case onnx
    /// OpenVINO IR: XML with weights beside it.
    case openVINO = "xml"
  }

  /// Larger than the largest models of this kind by far.
  private static let maxBytes = 8 << 30

  let path: String
  let kind: Kind
  /// What the model is called unless somebody says otherwise.
  let name: String

  /// It, and the weights that it keeps in a file of their own.
  var files: [String] { kind == .openVINO ? [path, String(path.dropLast(4)) + ".bin"] : [path] }
  var fileName: String { (path as NSString).lastPathComponent }
  var folder: String { (path as NSString).deletingLastPathComponent }

  /// A file, or a folder: of a training run (`weights/best.pt` in it), or of an OpenVINO export.
  ///
  /// - Throws: `DetectionError(.modelNotFound)` when there is nothing that can be imported.
  init(_ argument: String) throws {
    let given = URL(fileURLWithPath: argument).standardizedFileURL.path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: given, isDirectory: &isFolder) else {
      throw DetectionError(.modelNotFound, "\(argument): no such file or folder")
    }
    path = isFolder.boolValue ? try Self.file(in: given, argument) : given
    let url = URL(fileURLWithPath: path)
    switch url.pathExtension.lowercased() {
    case "pt", "pth": kind = .checkpoint
    case "onnx": kind = .onnx
    case "xml": kind = .openVINO
    default:
      throw DetectionError(
        .modelNotFound,
        "\(argument) is no model: expected .pt, .onnx, OpenVINO's .xml, or a folder with one of them"
      )
    }
    name = Self.name(of: url)
    let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
    guard let size, size > 0 else {
      throw DetectionError(.modelLoadError, "\(argument): the file is empty or cannot be read")
    }
    guard size <= Self.maxBytes else {
      throw DetectionError(
        .modelLoadError, "\(argument): \(size) bytes, the limit is \(Self.maxBytes)")
    }
  }

  private static func file(in folder: String, _ argument: String) throws -> String {
    let files = FileManager.default
    for name in ["weights/best.pt", "best.pt"] where files.fileExists(atPath: "\(folder)/\(name)") {
      return "\(folder)/\(name)"
    }
    let names = (try? files.contentsOfDirectory(atPath: folder).sorted()) ?? []
    for type in [".xml", ".onnx", ".pt"] {
      let found = names.filter { $0.hasSuffix(type) && !$0.hasPrefix(".") }
      if found.count == 1 { return "\(folder)/\(found[0])" }
      guard found.isEmpty else {
        throw DetectionError(
          .modelNotFound,
          "\(argument) has several models, name one: \(found.joined(separator: ", "))")
      }
    }
    throw DetectionError(
      .modelNotFound, "\(argument): no weights/best.pt, .pt, .onnx or .xml file in this folder")
  }

  /// `best` and `last` say nothing: then the training run's name, two folders above, does.
  private static func name(of file: URL) -> String {
    let stem = file.deletingPathExtension().lastPathComponent
    let folder = file.deletingLastPathComponent()
    let export = "_openvino_model"
    if folder.lastPathComponent.hasSuffix(export) {
      return String(folder.lastPathComponent.dropLast(export.count))
    }
    guard ["best", "last"].contains(stem), folder.lastPathComponent == "weights" else {
      return stem
    }
    return folder.deletingLastPathComponent().lastPathComponent
  }
}
