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
      detection counted; oriented boxes match by the IoU of their polygons. Their class ids are the model's own, \
      before any map of classes, which renames and merges them as it does the detections.

        harrier evaluate --truth Samples Samples/yell-541000.jpg

      With --rules the figures stand side by side: before merging (what the slices found, each suppressed for \
      itself; with --slice off, what the model found before the suppression), after it, and after the rules.

        harrier evaluate --model aerial15-obb --truth labels/ pictures/ --rules dota
      """)

  @Argument(help: ArgumentHelp("Pictures or folders of them.", valueName: "image"))
  var images: [String]

  @Option(help: ArgumentHelp("Folder of YOLO label files, or one file.", valueName: "labels"))
  var truth: String

  @OptionGroup var engine: EngineOptions
  @OptionGroup var detection: DetectionArguments
  @OptionGroup var rules: RulesOptions

  @Flag(name: [.short, .long], help: "No progress; figures only.")
  var quiet = false

  func run() async throws {
    let inputs = inputImages(images)
    let engine = try await Engine.start(engine)
    // Average precision needs the weak detections too.
    var options = try detection.options(
      for: engine.detector.model, defaultConfidence: 0.001)
    let model = engine.detector.model.labelled(by: options.classMap)
    options.rules = try await rules.reasoner(for: model)
    let progress = ProgressBar(totalImages: inputs.count, quiet: quiet)
    var evaluated: [StageComparison.Image] = []
    var effect = RuleEffect()
    var unlabelled = 0
    var failed = 0
    for (index, input) in inputs.enumerated() {
      do {
        if let problem = input.problem { throw problem }
        let image = try await engine.decoder.decode(path: input.path, limits: DetectionRun.limits)
        let pipeline = DetectionPipeline(detector: engine.detector)
        let lane = ImageLane(id: UInt64(index))
        var (unmerged, found) = try await pipeline.detectBeforeAndAfterMerging(
          in: image, options: options, lane: lane
        ) { progress.slice($0, ofImage: index) }
        if let candidates = options.unsuppressed {
          unmerged = try await pipeline.detect(in: image, options: candidates, lane: lane)
            .detections
        }
        let truths = try labels(
          of: input.name, in: truth, width: image.width, height: image.height
        )?.mapped(by: options.classMap)
        if truths == nil { unlabelled += 1 }
        evaluated.append(
          StageComparison.Image(truths: truths ?? [], unmerged: unmerged, result: found))
        effect.add(found.reasoning)
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
    let comparison = StageComparison(evaluated)
    if options.rules == nil {
      print(EvaluationTable.text(comparison.afterRules, model))
    } else {
      print(EvaluationTable.text(comparison, model))
      print(effect.description)
    }
    if failed > 0 { throw ExitCode(1) }
  }
}

extension [GroundTruth] {
  fileprivate func mapped(by classMap: ClassMap?) -> [GroundTruth] {
    guard let classMap else { return self }
    return map { truth in
      var truth = truth
      truth.classID = classMap(truth.classID)
      return truth
    }
  }
}

extension DetectionOptions {
  /// For the candidates of a picture that is looked at once and judged by stages; nil where slices have them.
  fileprivate var unsuppressed: DetectionOptions? {
    guard slicing == nil, rules != nil else { return nil }
    var options = self
    options.rules = nil
    options.maxDetections = 100_000
    options.sliceSuppression.maxDetections = 100_000
    // An IoU is never above.
    options.merging.threshold = 1
    return options
  }
}
