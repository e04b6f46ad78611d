import App
import ArgumentParser
import Foundation
import Inference
import ObjectDetection

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check libraries, processor, models and a test inference.")

  @Option(help: ArgumentHelp("Folder of the models.", valueName: "folder"))
  var modelsDir: String?

  func run() async throws {
    var problems = 0
    func check(_ what: String, _ body: () async throws -> String) async {
      do {
        print("ok    \(what): \(try await body())")
      } catch {
        problems += 1
        print("FAIL  \(what): \(error)")
      }
    }
    await check("harrier") { harrierVersion }
    await check("libvips") { try VipsRuntime().version }
    await check("OpenVINO") {
      let runtime = try OpenVINORuntime(searching: Installation.openVINODirectories)
      return "\(runtime.version) at \(runtime.libraryPath)"
    }
    await check("processor") {
      let runtime = try OpenVINORuntime(searching: Installation.openVINODirectories)
      let name = try runtime.property("FULL_DEVICE_NAME", of: "CPU")
      let precisions = try InferencePrecision.allCases.filter {
        try runtime.supports($0, on: "CPU")
      }
      return "\(name), precisions \(precisions.map(\.rawValue).joined(separator: " ")), "
        + "\(ProcessInfo.processInfo.activeProcessorCount) cores"
    }
    await check("devices") {
      try OpenVINORuntime(searching: Installation.openVINODirectories).devices()
        .joined(separator: " ")
    }
    await check("cache of compiled models") {
      Installation.compiledModels ?? "none: no folder can be written"
    }
    await check("SWI-Prolog") { try await rulesState() }
    for (what, ask) in [("database", Stores.askDatabase), ("files", Stores.askFiles)] {
      await check(what) { try await ask(try await ServiceOptions.parse([]).settings()) }
    }
    let folder = ModelFolder(path: modelsDir ?? Installation.modelsDirectory)
    await check("models folder") { "\(folder.path): \(try folder.names().joined(separator: ", "))" }
    for name in (try? folder.names()) ?? [] {
      await check("model \(name)") { try await testInference(name) }
    }
    if problems > 0 {
      printError("harrier: \(problems) \(problems == 1 ? "check" : "checks") failed")
      throw ExitCode(1)
    }
  }

  /// Without it only rules are missing: no failure. A set that cannot be used is one.
  private func rulesState() async throws -> String {
    do {
      _ = try await PrologReader().table(
        of: Array("confidence_modifier(a, b, 1).".utf8), file: "test")
    } catch {
      return "none: rule sets cannot be used (\(error))"
    }
    guard let folder = Installation.rulesDirectory else { return "works; no rule sets installed" }
    let sets = try await Services.ruleSource(folder).ruleSets()
    return try "works; rule sets " + sets.map { try $0.result.get().name }.joined(separator: ", ")
  }

  /// Loads the model and runs it on a grey picture, in which nothing is to be seen.
  private func testInference(_ name: String) async throws -> String {
    var options = try EngineOptions.parse(["--model", name])
    options.modelsDir = modelsDir
    let clock = ContinuousClock()
    let start = clock.now
    let engine = try await Engine.start(options)
    let loaded = clock.now
    let size = engine.detector.model.inputSize
    let picture = PixelBuffer(width: size.width, height: size.height) { bytes in
      bytes.initializeMemory(as: UInt8.self, repeating: Letterbox.padding)
    }
    _ = try await DetectionPipeline(detector: engine.detector).detect(
      in: picture, options: DetectionOptions(slicing: nil), lane: ImageLane(id: 0))
    return String(
      format: "loaded in %.2f s, one inference in %.3f s", (loaded - start).seconds,
      (clock.now - loaded).seconds)
  }
}
