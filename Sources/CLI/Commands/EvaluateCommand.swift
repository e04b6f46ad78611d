import ArgumentParser
import Foundation
import ObjectDetection

struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Compare detections with labels: AP50, AP50-95, precision, recall.",
    discussion: """
      Labels are YOLO text files, found by the picture's name: pictures/a.jpg and labels/a.txt. A picture \
      without a label file shows nothing that counts. The figures follow COCO's 101-point rule, with every \
      detection counted; oriented boxes match by the IoU of their polygons.

        harrier evaluate --truth Samples Samples/yell-541000.jpg
      """)

  @Argument(help: ArgumentHelp("Pictures or folders of them.", valueName: "image"))
  var images: [String]

  @Option(help: ArgumentHelp("Folder of YOLO label files, or one file.", valueName: "labels"))
  var truth: String

  @OptionGroup var engine: EngineOptions
  @OptionGroup var detection: DetectionArguments

  @Flag(name: [.short, .long], help: "No progress; figures only.")
  var quiet = false

  func run() async throws {
    let inputs = inputImages(images)
    let engine = try await Engine.start(engine)
    // Average precision needs the weak detections too.
    let options = try detection.options(
      for: engine.detector.model, defaultConfidence: 0.001)
    let progress = ProgressBar(totalImages: inputs.count, quiet: quiet)
    var evaluated: [EvaluationImage] = []
    var unlabelled = 0
    var failed = 0
    for (index, input) in inputs.enumerated() {
      do {
        if let problem = input.problem { throw problem }
        let image = try await engine.decoder.decode(path: input.path, limits: DetectionRun.limits)
        let found = try await DetectionPipeline(detector: engine.detector).detect(
          in: image, options: options, lane: ImageLane(id: UInt64(index))
        ) { progress.slice($0, ofImage: index) }
        let truths = try groundTruth(of: input, image)
        if truths == nil { unlabelled += 1 }
        evaluated.append(EvaluationImage(truths: truths ?? [], detections: found.detections))
      } catch let error as DetectionError {
        failed += 1
        progress.clear()
        printError("harrier: \(error.message)")
      }
      progress.finishedImage(index)
    }
    progress.clear()
    guard unlabelled < evaluated.count || evaluated.isEmpty else {
      throw DetectionError(.invalidConfig, "--truth: \(truth) has no label file for any picture")
    }
    if unlabelled > 0, !quiet { printError("\(unlabelled) pictures have no label file") }
    print(table(EvaluationReport(evaluated), engine.detector.model))
    if failed > 0 { throw ExitCode(1) }
  }

  /// nil when the picture has no label file.
  private func groundTruth(of input: InputImage, _ image: PixelBuffer) throws -> [GroundTruth]? {
    let stem = (input.name as NSString).deletingPathExtension
    let path = truth.hasSuffix(".txt") ? truth : "\(truth)/\(stem).txt"
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      throw DetectionError(.invalidFormat, "\(path): cannot be read as text", cause: "\(error)")
    }
    return try GroundTruth.yolo(text, file: path, width: image.width, height: image.height)
  }

  private func table(_ report: EvaluationReport, _ model: DetectionModel) -> String {
    func row(_ cells: [String]) -> String {
      let width = 20
      let name = cells[0].padding(toLength: max(width, cells[0].count), withPad: " ", startingAt: 0)
      return cells.dropFirst().reduce(name) { line, cell in
        line + String(repeating: " ", count: max(1, 10 - cell.count)) + cell
      }
    }
    func number(_ value: Double) -> String { String(format: "%.4f", value) }
    let header = ["class", "truths", "found", "AP50", "AP50-95", "precision", "recall", "at"]
    let rows = report.classes.map { entry in
      row([
        model.className(entry.classID), "\(entry.truths)", "\(entry.detections)",
        number(entry.ap50), number(entry.ap5095), number(entry.precision), number(entry.recall),
        String(format: "%.3f", entry.bestConfidence),
      ])
    }
    let truths = report.classes.map(\.truths).reduce(0, +)
    let found = report.classes.map(\.detections).reduce(0, +)
    let all = row(["all", "\(truths)", "\(found)", number(report.ap50), number(report.ap5095)])
    return ([row(header)] + rows + [all]).joined(separator: "\n")
  }
}
