import App
import ArgumentParser
import Backends
import Foundation
import Inference
import ObjectDetection

/// The child of `ModelProbeProcess`: compiles and runs a model with reduced rights, and says what came of it.
struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Try a model in a process of its own.", shouldDisplay: false)

  /// After the time in which its parent would have ended it.
  private static let marginSeconds = 5

  @Argument(help: "The folder of the request.")
  var folder: String

  @Flag(help: "This process was started anew with reduced rights.")
  var sandboxed = false

  func run() async throws {
    let request = try ProbeRequest(path: "\(folder)/\(ModelProbeProcess.requestName)")
    endAlone(after: request.timeLimitSeconds + Self.marginSeconds)
    let sandbox = WorkerSandbox(rules(request))
    guard sandboxed else {
      lowerPriority()
      try sandbox.enter(arguments: CommandLine.arguments + ["--sandboxed"])
    }
    let state = sandbox.seal()
    if !state.missing.isEmpty {
      let missing = state.missing.joined(separator: ", ")
      guard !request.requiresSandbox else {
        printError("worker_sandbox: all of it is required, and this is missing: \(missing)")
        throw ExitCode(ModelProbeProcess.unconfinedStatus)
      }
      printError("this system does not confine the process: \(missing)")
    }
    let result = try await ProbeRun(request).result()
    FileHandle.standardOutput.write(try result.json)
  }

  /// Ends this process when it is still there by then: a parent that was killed ends nobody. It holds through execve, for
  /// all threads.
  private func endAlone(after seconds: Int) {
    // Whoever started the parent may have ignored it.
    signal(SIGALRM, SIG_DFL)
    alarm(UInt32(clamping: seconds))
  }

  private func rules(_ request: ProbeRequest) -> SandboxRules {
    var rules = SandboxRules(temporaryFolder: folder)
    // The model's folder: weights, metadata and its document lie beside it.
    rules.readable = [(request.model as NSString).deletingLastPathComponent, request.model]
    rules.readable += request.samples + Installation.openVINODirectories
    rules.writable = [folder]
    rules.limits = ResourceLimits(memoryBytes: ResourceLimits.memoryShare, fileBytes: 1 << 30)
    return rules
  }
}

/// Answers a request in this process.
private struct ProbeRun {
  /// Of the time that is measured; the best one counts, since others use the machine too.
  private static let rounds = 3

  private let request: ProbeRequest

  init(_ request: ProbeRequest) { self.request = request }

  func result() async throws -> ProbeResult {
    let precision = request.precision.flatMap(InferencePrecision.init(rawValue:))
    if let name = request.precision, precision == nil {
      throw DetectionError(.invalidConfig, "no such precision: \(name)")
    }
    let engine = try await Engine.start(
      ModelFile(path: request.model), OpenVINOOptions(precision: precision))
    var result = ProbeResult(engine.detector.model)
    if request.standard { result.labels = engine.detector.model.labels }
    for (index, sample) in request.samples.enumerated() {
      let image: PixelBuffer
      do {
        image = try await engine.decoder.decode(path: sample, limits: DetectionRun.limits)
      } catch let error as DetectionError where request.standard {
        result.pictures.append(ProbeResult.Picture(problem: error.message))
        return result
      }
      var picture = ProbeResult.Picture(width: image.width, height: image.height)
      let pipeline = DetectionPipeline(detector: engine.detector)
      func find(_ options: DetectionOptions) async throws -> [RecordedDetection] {
        try await pipeline.detect(in: image, options: options, lane: ImageLane(id: UInt64(index)))
          .detections.map(RecordedDetection.init)
      }
      if let options = request.wholePictures?.options { picture.whole = try await find(options) }
      if request.slices { picture.slices = try await find(DetectionOptions()) }
      if request.standard {
        let options = DetectionOptions(defaultsOf: engine.detector.model)
        picture.standard = try await find(options).map(\.withoutMask)
      }
      if request.evaluation { picture.evaluation = try await find(.forEvaluation) }
      result.pictures.append(picture)
    }
    if request.measuredSeconds > 0 { result.milliseconds = try await milliseconds(engine) }
    return result
  }

  private func milliseconds(_ engine: Engine) async throws -> Double? {
    guard let detector = engine.detector as? OpenVINODetector else { return nil }
    let clock = ContinuousClock()
    // The first ones also make what the others use.
    let first = try await clock.measure {
      try await detector.saturate(inferences: 4 * detector.concurrency)
    }
    let seconds = request.measuredSeconds / Double(Self.rounds)
    let one = first.seconds / Double(4 * detector.concurrency)
    let count = max(8, min(10_000, Int(seconds / max(one, 1e-4))))
    var best = Double.infinity
    for _ in 0..<Self.rounds {
      let time = try await clock.measure { try await detector.saturate(inferences: count) }
      best = min(best, time.seconds * 1000 / Double(count))
    }
    return best
  }
}

extension DetectionOptions {
  /// Average precision needs the weak detections too; merged as the command evaluate does it.
  fileprivate static var forEvaluation: DetectionOptions {
    let confidence: Float = 0.001
    return DetectionOptions(
      confidenceThreshold: confidence,
      merging: Merging(method: Merging.standardMethod(confidenceThreshold: confidence)))
  }
}

extension ProbeRequest.WholePictures {
  /// As Ultralytics' own `predict`.
  fileprivate var options: DetectionOptions {
    DetectionOptions(
      confidenceThreshold: confidence, merging: Merging(threshold: iou), slicing: nil,
      sliceSuppression: NonMaximumSuppression(iouThreshold: iou, maxDetections: maxDetections),
      maxDetections: maxDetections)
  }
}
