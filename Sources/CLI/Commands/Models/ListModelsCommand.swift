import ArgumentParser
import Foundation
import Inference
import ObjectDetection

struct ListModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the installed models.",
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
    let settings = file.document.classSettings
    let names = settings.labels(of: model?.classNames ?? file.metadata.classNames ?? [])
    let shown = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
    return """
      \(file.name)
        task     \(model?.task.rawValue ?? file.metadata.task ?? "found when it is loaded")
        classes  \(names.count): \(shown)
        input    \(size.width)x\(size.height)
        layout   \(model?.layout.rawValue ?? "found when it is loaded")
        size     \(String(format: "%.1f", megabytes)) MB
        sha256   \(try file.sha256())
      """ + extras(file.document)
  }

  /// What the document beside the model says, where it says it.
  private func extras(_ document: ModelDocument) -> String {
    let settings = document.classSettings
    var lines: [String] = []
    if let threshold = settings.confidenceThreshold { lines.append("confidence \(threshold)") }
    for (name, threshold) in settings.classThresholds.sorted(by: { $0.key < $1.key }) {
      lines.append("confidence \(threshold) for \(name)")
    }
    for (name, label) in (settings.classMap ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append("class map \(name) is \(label)")
    }
    if let precision = document.precision { lines.append("precision \(precision.rawValue)") }
    if let provenance = document.provenance { lines += imported(provenance) }
    return lines.map { "\n  \($0)" }.joined()
  }

  /// Where it came from, and whether it was proved to be the same.
  private func imported(_ provenance: JSONObject) -> [String] {
    func text(_ keys: String...) -> String? {
      var value = JSONValue.object(provenance)
      for key in keys {
        guard case .object(let object) = value, let next = object[key] else { return nil }
        value = next
      }
      return switch value {
      case .string(let text): text
      case .number(let number): number.integer.map(String.init)
      default: nil
      }
    }
    var lines: [String] = []
    if let version = text("version") { lines.append("version  \(version)") }
    if let file = text("source", "file"), let date = text("imported_at") {
      lines.append("imported \(file) on \(date.prefix(10))")
    }
    if let verdict = text("parity", "verdict") { lines.append("original \(verdict)") }
    return lines
  }

}
