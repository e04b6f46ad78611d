import ArgumentParser
import Foundation
import Inference
import ObjectDetection

struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the installed models.",
    discussion: """
      A model is NAME.onnx, or OpenVINO IR as NAME.xml with NAME.bin, in the models folder. What the file \
      does not say may stand in NAME.json beside it:

        {"names": ["plane", "ship"], "input_size": [640, 640], "task": "obb"}
      """)

  @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
  var modelsDir: String?

  func run() throws {
    let folder = ModelFolder(path: modelsDir ?? Installation.modelsDirectory)
    var failed = false
    for name in try folder.names() {
      do {
        let file = try folder.model(named: name)
        print(try describe(file))
      } catch let error as DetectionError {
        failed = true
        printError("harrier: \(error)")
      }
    }
    if failed { throw ExitCode(1) }
  }

  private func describe(_ file: ModelFile) throws -> String {
    // Where even the number of channels is open, only OpenVINO can compute it, when it loads the model.
    let model = file.signature.isClosed ? try file.interpretation() : nil
    let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
    let megabytes = Double((attributes[.size] as? Int) ?? 0) / 1e6
    let size = try file.inputSize()
    let names = model?.classNames ?? file.metadata.classNames ?? []
    let shown = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
    return """
      \(file.name)
        task     \(model?.task.rawValue ?? file.metadata.task ?? "found when it is loaded")
        classes  \(names.count): \(shown)
        input    \(size.width)x\(size.height)
        layout   \(model?.layout.rawValue ?? "found when it is loaded")
        size     \(String(format: "%.1f", megabytes)) MB
        sha256   \(try file.sha256())
      """
  }
}
