import App
import ArgumentParser
import Foundation
import Inference
import Jobs
import ObjectDetection

struct PublishModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "publish",
    abstract: "Register a version of a model for all machines of the service.",
    discussion: """
      Works on the service's own stores, whether it runs or not: docs/registry.md. The model is compiled and tried \
      first. Its first version is what jobs run that name it; later ones only when they are promoted.

        harrier models publish best.onnx --name harbour
        harrier models publish ships --name harbour --alias candidate      # of the models folder
      """)

  @OptionGroup var options: ServiceOptions

  @Argument(help: "An .onnx or .xml file, or the name of a model of the models folder.")
  var model: String

  @Option(help: "What it is called there. Default: the file's name.")
  var name: String?

  @Option(help: "An alias to move to the new version: candidate, production ...")
  var alias: String?

  func validate() throws {
    if let alias, !ModelAlias.isValid(alias) {
      throw ValidationError(
        "--alias must be a small letter and at most 31 more, digits and hyphens")
    }
  }

  func run() async throws {
    keepFilesPrivate()
    let settings = try await options.settings()
    let isPath = model.contains("/") || model.hasSuffix(".onnx") || model.hasSuffix(".xml")
    let file =
      isPath
      ? try ModelFile(path: model)
      : try ModelFolder(path: settings.modelsDirectory).model(named: model)
    let isONNX = file.path.lowercased().hasSuffix(".onnx")
    let paths = isONNX ? [file.path] : [file.path, String(file.path.dropLast(4)) + ".bin"]
    let registration = try await Services.models(settings).publish(
      paths, document: try document(of: file), as: name ?? file.name, alias: alias)
    let version = registration.version
    if case .known = registration {
      printError("\(version.id): these files are that version already")
    }
    print(version.id)
  }

  /// `NAME.json` beside the file as it is. OpenVINO IR has class names in a YAML file that is not registered: what
  /// that says goes where the document says nothing.
  private func document(of file: ModelFile) throws -> [UInt8]? {
    var document = file.document
    if file.path.lowercased().hasSuffix(".xml") { document.fill(from: file.metadata) }
    if document != file.document { return Array(document.json.utf8) }
    let beside = ModelDocument.path(besideModelAt: file.path)
    return FileManager.default.contents(atPath: beside).map { Array($0) }
  }
}

extension ModelDocument {
  /// What the model's files say goes where the document says nothing.
  fileprivate mutating func fill(from metadata: ModelMetadata) {
    names = names ?? metadata.classNames
    inputSize = inputSize ?? metadata.inputSize
    task = task ?? metadata.task
  }
}
