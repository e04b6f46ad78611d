import Foundation
public import NIOPosix
public import ObjectDetection
import Synchronization

/// The models of a folder. A file is read and hashed once, and again only when it has changed.
public final class ModelFolderCatalog: ModelCatalog {
  private struct Entry {
    var stamp: ModelStamp
    var model: InstalledModel
  }

  private let folder: ModelFolder
  private let threads: NIOThreadPool
  /// By name.
  private let known = Mutex<[String: Entry]>([:])

  /// Files are read on `threads`.
  public init(folder: ModelFolder, threads: NIOThreadPool) {
    self.folder = folder
    self.threads = threads
  }

  public func models() async throws -> [InstalledModel] {
    try await threads.runIfActive {
      let paths = try self.paths()
      self.known.withLock { known in known = known.filter { paths[$0.key] != nil } }
      return paths.sorted { $0.key < $1.key }.compactMap { name, path in
        do {
          return try self.read(name, path)
        } catch {
          // Who asks for it by name is told what is wrong with it.
          return nil
        }
      }
    }
  }

  public func model(named name: String) async throws -> InstalledModel {
    try await threads.runIfActive {
      try self.read(name, try ModelFolder.path(ofModel: name, among: try self.paths()))
    }
  }

  /// A folder that cannot be read is the server's fault, and where it is is not its clients' business.
  private func paths() throws -> [String: String] {
    do {
      return try folder.paths()
    } catch {
      throw DetectionError(.modelLoadError, "The models cannot be listed", cause: "\(error)")
    }
  }

  private func read(_ name: String, _ path: String) throws -> InstalledModel {
    let stamp = try ModelStamp(path: path)
    if let entry = known.withLock({ $0[name] }), entry.stamp == stamp { return entry.model }
    let model = try InstalledModel(ModelFile(path: path, name: name), sizeBytes: stamp.sizeBytes)
    known.withLock { $0[name] = Entry(stamp: stamp, model: model) }
    return model
  }
}

extension InstalledModel {
  /// What a file says without being loaded.
  fileprivate init(_ file: ModelFile, sizeBytes: Int) throws {
    // Where even the number of channels is open, only OpenVINO can compute it, when it loads the model.
    let interpretation = file.signature.isClosed ? try file.interpretation() : nil
    let classNames = interpretation?.classNames ?? file.metadata.classNames ?? []
    if interpretation == nil, let names = file.metadata.classNames {
      try file.checkDocument(classNames: names)
    }
    self.init(
      name: file.name,
      task: interpretation?.task ?? file.metadata.task.flatMap(ModelTask.init(rawValue:)),
      classNames: classNames, inputSize: try file.inputSize(), sha256: try file.sha256(),
      sizeBytes: sizeBytes, defaults: file.document.classSettings)
  }
}

/// What tells one version of a model's files from another, without reading them.
struct ModelStamp: Equatable {
  private struct File: Equatable {
    var sizeBytes: Int
    var modifiedAt: Date
  }

  let path: String
  /// The model, the weights of OpenVINO IR, and the JSON file beside them; nil for those that are not there.
  private let files: [File?]

  /// Of the model and its weights.
  var sizeBytes: Int { files.prefix(2).reduce(0) { $0 + ($1?.sizeBytes ?? 0) } }

  /// - Throws: `DetectionError(.modelNotFound)` when there is no such file.
  init(path: String) throws {
    self.path = path
    let stem = (path as NSString).deletingPathExtension
    let weights = path.lowercased().hasSuffix(".xml") ? Self.file(stem + ".bin") : nil
    files = [Self.file(path), weights, Self.file(stem + ".json")]
    guard files[0] != nil else {
      throw DetectionError(
        .modelNotFound, "the model file \((path as NSString).lastPathComponent) is not there")
    }
  }

  private static func file(_ path: String) -> File? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let seconds = Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9
    return File(sizeBytes: Int(status.st_size), modifiedAt: Date(timeIntervalSince1970: seconds))
  }
}
