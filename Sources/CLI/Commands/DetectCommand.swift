import ArgumentParser
import Foundation
import ObjectDetection

struct DetectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detect",
    abstract: "Find the objects in pictures.",
    discussion: """
      Results go to standard output, or with --output to one file a picture. A summary goes to standard \
      error.

        harrier detect picture.jpg                           # JSON on standard output
        harrier detect picture.jpg --annotate                # and picture.annotated.jpg
        harrier detect pictures/ --format yolo --output labels/
        harrier detect pictures/ --json-lines | jq .detection_count
        harrier detect big.tif --slice 1024 --overlap 0.1 --classes plane,ship
        harrier detect harbour.jpg --model aerial15-obb --rules dota
        harrier detect street.jpg --model aerial15-obb --class-threshold plane=0.4 \\
          --class-map small_vehicle=vehicle --class-map large_vehicle=vehicle
      """)

  @Argument(
    help: ArgumentHelp("Pictures (JPEG, PNG, TIFF) or folders of them.", valueName: "image"))
  var images: [String]

  @OptionGroup var engine: EngineOptions
  @OptionGroup var detection: DetectionArguments
  @OptionGroup var rules: RulesOptions

  @Option(name: [.short, .long], help: "json, yolo, coco, voc, csv or geojson.")
  var format = ResultFormat.json

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write one file a picture into this folder.", valueName: "folder"))
  var output: String?

  @Flag(help: "Draw the boxes: NAME.annotated.jpg in the output folder, else here.")
  var annotate = false

  @Flag(help: "One JSON object a line as each picture is done.")
  var jsonLines = false

  @Flag(name: [.short, .long], help: "No progress and no summary; errors only.")
  var quiet = false

  func validate() throws {
    if jsonLines, format != .json {
      throw ValidationError("--json-lines goes with --format json")
    }
    if jsonLines, output != nil {
      throw ValidationError("--json-lines writes to standard output, --output to files: choose one")
    }
  }

  func run() async throws {
    let inputs = inputImages(images)
    if inputs.count > 1, output == nil, format == .yolo || format == .voc {
      throw ValidationError(
        "--format \(format.rawValue) writes one document a picture: say --output FOLDER")
    }
    let engine = try await Engine.start(engine)
    var options = try detection.options(for: engine.detector.model)
    let model = engine.detector.model.labelled(by: options.classMap)
    options.rules = try await rules.reasoner(for: model)
    let run = DetectionRun(
      engine: engine, options: options, model: model,
      sink: try ResultSink(
        model: model, format: format, folder: output, annotates: annotate,
        jsonLines: jsonLines, stems: outputStems(inputs)),
      progress: ProgressBar(totalImages: inputs.count, quiet: quiet))
    let summary = try await run.detectAll(inputs)
    if !quiet { printError(summary.description) }
    if summary.failedImages > 0 { throw ExitCode(1) }
  }
}
