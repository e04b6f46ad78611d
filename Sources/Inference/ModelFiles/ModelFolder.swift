import Foundation
import ObjectDetection

/// A folder of models, found by name: `NAME.onnx`, `NAME.xml` with `NAME.bin`, or the folder
/// `NAME_openvino_model` that Ultralytics' OpenVINO export makes.
public struct ModelFolder: Sendable {
  public let path: String

  public init(path: String) { self.path = path }

  /// Names of the installed models, sorted.
  /// - Throws: `DetectionError(.modelNotFound)` when the folder cannot be read.
  public func names() throws -> [String] { try paths().keys.sorted() }

  /// The model of that name.
  /// - Throws: `DetectionError` with `.modelNotFound`, naming those that are installed, or
  ///   `.modelLoadError` when its files are damaged.
  public func model(named name: String) throws -> ModelFile {
    try ModelFile(path: try path(ofModel: name), name: name)
  }

  /// - Throws: `DetectionError(.modelNotFound)`, naming those that are installed.
  func path(ofModel name: String) throws -> String {
    try Self.path(ofModel: name, among: try paths())
  }

  /// - Throws: `DetectionError(.modelNotFound)`, naming those that are installed.
  static func path(ofModel name: String, among installed: [String: String]) throws -> String {
    guard let path = installed[name] else {
      let names = installed.keys.sorted().joined(separator: ", ")
      throw DetectionError(
        .modelNotFound,
        "no model named \"\(name)\" is installed"
          + (names.isEmpty ? "; the models folder is empty" : "; installed are: \(names)"))
    }
    return path
  }

  /// Model paths by name; where two files share a name, ONNX wins.
  /// - Throws: `DetectionError(.modelNotFound)` when the folder cannot be read.
  public func paths() throws -> [String: String] {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw DetectionError(
        .modelNotFound, "the models folder \(path) cannot be read", cause: "\(error)")
    }
    var found: [String: String] = [:]
    let exportSuffix = "_openvino_model"
    for entry in entries.sorted() where !entry.hasPrefix(".") {
      let url = URL(fileURLWithPath: path).appendingPathComponent(entry)
      if entry.hasSuffix(exportSuffix) {
        let inside = try? FileManager.default.contentsOfDirectory(atPath: url.path)
        if let xml = inside?.sorted().first(where: { $0.hasSuffix(".xml") }) {
          let name = String(entry.dropLast(exportSuffix.count))
          found[name] = found[name] ?? url.appendingPathComponent(xml).path
        }
      } else if entry.hasSuffix(".onnx") {
        found[String(entry.dropLast(5))] = url.path
      } else if entry.hasSuffix(".xml") {
        let name = String(entry.dropLast(4))
        found[name] = found[name] ?? url.path
      }
    }
    return found
  }
}
