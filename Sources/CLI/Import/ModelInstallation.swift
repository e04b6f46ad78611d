import Foundation
import Inference
import ObjectDetection

/// Puts a model and its document into a folder of models; others see the old one or the new one.
struct ModelInstallation {
  private let folder: String
  private let name: String

  /// - Throws: `DetectionError(.invalidConfig)` when the name cannot be one, or is taken and must not be replaced.
  init(name: String, folder: String, replaces: Bool) throws {
    guard ResourceName.isValid(name) else {
      throw DetectionError(
        .invalidConfig,
        "--name: \"\(name)\" is no name of a model: up to 128 letters, digits, dots, underscores and hyphens"
      )
    }
    self.name = name
    self.folder = folder
    guard try replaces || installed == nil else {
      throw DetectionError(
        .invalidConfig,
        "a model named \"\(name)\" is installed already: choose another --name, or say --replace")
    }
  }

  /// The file of the model of that name; nil where there is none.
  private var installed: String? {
    get throws {
      // An import into a new folder makes it.
      guard FileManager.default.fileExists(atPath: folder) else { return nil }
      return try ModelFolder(path: folder).paths()[name]
    }
  }

  /// What the document of the model that is replaced says, without its provenance; empty where there is none.
  var previousDocument: (keys: [String: Any], version: Int) {
    get throws {
      guard let path = try installed else { return ([:], 0) }
      return try Self.document(besideModelAt: path)
    }
  }

  /// - Throws: `DetectionError(.modelLoadError)` when there is one that is no JSON object.
  static func document(besideModelAt path: String) throws -> (keys: [String: Any], version: Int) {
    let file = (path as NSString).deletingPathExtension + ".json"
    guard let data = FileManager.default.contents(atPath: file) else { return ([:], 0) }
    guard var keys = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw DetectionError(.modelLoadError, "\(file) is no JSON object")
    }
    let provenance = keys.removeValue(forKey: "provenance") as? [String: Any]
    return (keys, provenance?["version"] as? Int ?? 0)
  }

  /// Writes the model's files and the document, each whole on disk before it gets its name.
  ///
  /// - Parameter model: `.onnx`, or `.xml` with its weights beside it.
  /// - Throws: `DetectionError(.storageError)`.
  func install(_ model: String, document: [String: Any]) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let staging = "\(folder)/.importing-\(UUID())"
      try FileManager.default.createDirectory(
        atPath: staging, withIntermediateDirectories: false)
      defer {
        // Hidden, so that a rest of it is no model.
        try? FileManager.default.removeItem(atPath: staging)
      }
      let isONNX = model.hasSuffix(".onnx")
      let home = isONNX ? staging : "\(staging)/\(exportFolder)"
      if !isONNX {
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: false)
      }
      for (source, target) in files(of: model) {
        try FileManager.default.copyItem(atPath: source, toPath: "\(home)/\(target)")
        // The service may be run by another user; a model is no secret.
        try FileManager.default.setAttributes(
          [.posixPermissions: 0o644], ofItemAtPath: "\(home)/\(target)")
        try sync("\(home)/\(target)")
      }
      let json = try JSONSerialization.data(
        withJSONObject: document, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
      try (json + Data("\n".utf8)).write(to: URL(fileURLWithPath: "\(home)/\(name).json"))
      try sync("\(home)/\(name).json")
      if isONNX {
        for file in ["\(name).json", "\(name).onnx"] { try move("\(staging)/\(file)", file) }
        try remove([exportFolder, "\(name).xml", "\(name).bin"])
      } else {
        try exchange(home, exportFolder)
        try remove(["\(name).onnx", "\(name).json", "\(name).xml", "\(name).bin"])
      }
      try sync(folder)
    } catch let error as DetectionError {
      throw error
    } catch {
      throw DetectionError(
        .storageError, "the model cannot be written to \(folder)", cause: "\(error)")
    }
  }

  /// As Ultralytics' OpenVINO export names its folder: it has a file beside the model that has always the same name.
  private var exportFolder: String { "\(name)_openvino_model" }

  private func files(of model: String) -> [(source: String, target: String)] {
    guard !model.hasSuffix(".onnx") else { return [(model, "\(name).onnx")] }
    let metadata = (model as NSString).deletingLastPathComponent + "/metadata.yaml"
    let weights = String(model.dropLast(4)) + ".bin"
    return [(model, "\(name).xml"), (weights, "\(name).bin"), (metadata, "metadata.yaml")]
      .filter { FileManager.default.fileExists(atPath: $0.0) }
  }

  private func move(_ path: String, _ target: String) throws {
    guard rename(path, "\(folder)/\(target)") == 0 else { throw failure(target) }
  }

  /// At no moment there is none.
  private func exchange(_ path: String, _ target: String) throws {
    guard FileManager.default.fileExists(atPath: "\(folder)/\(target)") else {
      return try move(path, target)
    }
    // Exchanges the two names where the file system can, and removes what was there.
    _ = try FileManager.default.replaceItemAt(
      URL(fileURLWithPath: "\(folder)/\(target)"), withItemAt: URL(fileURLWithPath: path))
  }

  /// Of the model that is replaced, in a form that the new one does not have.
  private func remove(_ names: [String]) throws {
    for name in names where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
      try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  private func sync(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failure(path) }
  }

  private func failure(_ path: String) -> DetectionError {
    DetectionError(
      .storageError, "\((path as NSString).lastPathComponent) cannot be written to \(folder)",
      cause: String(cString: strerror(errno)))
  }
}
