import ArgumentParser
import Foundation
import Inference
import ObjectDetection

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Convert a model, prove that it finds the same boxes, and install it.",
    discussion: """
      SOURCE is a PyTorch checkpoint of Ultralytics (best.pt), an ONNX file, OpenVINO IR (.xml), or a folder \
      with one of them, such as a training run's. The original and the import look at the same pictures; what \
      differs is not installed.

        harrier models import runs/detect/train/weights/best.pt --name ships --samples pictures/
        harrier models import best.pt --precision auto --samples pictures/ --labels labels/
        harrier models import yolox_s.onnx

      A .pt file is a pickle: opening it runs the code in it. That happens in a child process without network, \
      which starts no programs and writes into one temporary folder; still, import only what you trust.

      The first import installs a Python environment of Harrier's own, and asks before it does.
      """)

  @Argument(help: ArgumentHelp("File or folder of the model.", valueName: "source"))
  var source: String

  @Option(help: "Name of the installed model. Default: the file's, or the training run's.")
  var name: String?

  @Option(
    help: ArgumentHelp(
      "Pictures, or a folder of them, to compare on and to quantize with.",
      discussion: "Can be given several times. Default: Harrier's own.", valueName: "pictures"))
  var samples: [String] = []

  @Option(
    help: ArgumentHelp(
      "Folder of YOLO label files for the samples: precisions are judged by AP too.",
      valueName: "folder"))
  var labels: String?

  @Option(
    help: ArgumentHelp(
      "Arithmetic that the model is installed for: f32, bf16, int8 or auto.",
      discussion:
        "auto takes the fastest that agrees with f32 by --agreement. Default: as the service is set."
    ))
  var precision: ImportPrecision?

  @Option(help: "Share of boxes that another precision must have in common with f32, 0...1.")
  var agreement = 0.98

  @Option(
    help: ArgumentHelp(
      "Input size of the exported model. Default: what it was trained with.", valueName: "640|WxH"))
  var imageSize: SizeArgument?

  @Flag(help: "Install it although it differs from the original, or cannot be compared.")
  var force = false

  @Flag(help: "Replace the installed model of that name.")
  var replace = false

  @Flag(help: "Open the file with all rights of this user. Only for what you made yourself.")
  var trusted = false

  @OptionGroup var environment: EnvironmentOptions

  @Option(help: "Seconds that one step may take.")
  var timeout = 1800

  @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
  var modelsDir: String?

  func validate() throws {
    guard (0...1).contains(agreement) else {
      throw ValidationError("--agreement must be between 0 and 1, not \(agreement)")
    }
    guard (1...86_400).contains(timeout) else {
      throw ValidationError("--timeout must be between 1 and 86400, not \(timeout)")
    }
  }

  func run() async throws {
    let source = try ImportSource(source)
    let quantizes = source.kind == .openVINO || precision == .int8 || precision == .auto
    let environment = try await environment.ready(
      [.conversion] + (quantizes ? [.quantization] : []))
    let folder = try WorkFolder()
    defer { folder.remove() }
    let summary = try await ModelImport(
      choices: choices,
      conversion: ModelConversion(
        environment: environment, confinement: trusted ? .none : Confinement.ofThisProgram),
      probe: ModelProbeProcess(temporaryFolder: folder.path, timeLimit: .seconds(timeout)),
      workFolder: folder.path, say: printError
    ).run(source)
    print(summary)
  }

  private var choices: ModelImport.Choices {
    ModelImport.Choices(
      name: name, samples: samples, labels: labels, precision: precision, agreement: agreement,
      imageSize: imageSize?.size, isForced: force, replaces: replace,
      modelsFolder: modelsDir ?? Installation.modelsDirectory, timeLimit: .seconds(timeout))
  }
}

/// `640`, or width and height as `1024x512`.
struct SizeArgument: ExpressibleByArgument {
  let size: PixelSize

  init?(argument: String) {
    guard case .size(let width, let height)? = SliceArgument(argument: argument) else { return nil }
    size = PixelSize(width: width, height: height)
  }
}

enum Confinement {
  /// `harrier confine`.
  static let ofThisProgram = ModelConversion.Confinement { readable, writable in
    ["confine"] + readable.flatMap { ["--read", $0] } + ["--write", writable, "--"]
  }
}
