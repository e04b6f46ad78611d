import Foundation
import Inference
import NIOPosix
import ObjectDetection

/// The one place that names concrete libraries: everything else is written against ports.
struct Engine: Sendable {
  let detector: any Detector
  let decoder: any ImageDecoder
  let annotator: any Annotator

  /// Loads the libraries and the model.
  static func start(_ options: EngineOptions) async throws -> Engine {
    let file = try options.modelFile()
    let openVINO = try OpenVINORuntime(searching: Installation.openVINODirectories)
    let vips = try VipsRuntime()
    let detector = try await OpenVINODetector.load(
      file, options: options.openVINO, runtime: openVINO, threads: thread())
    return Engine(
      detector: detector, decoder: VipsImageDecoder(runtime: vips, threads: thread()),
      annotator: CairoAnnotator(runtime: vips, threads: thread()))
  }

  /// One thread of its own for one library's blocking calls; it ends with the process.
  private static func thread() -> NIOThreadPool {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    return pool
  }
}

/// Where the parts of an installation are, found from the environment and from where the binary lies, so
/// that it works from any directory.
enum Installation {
  /// `HARRIER_OPENVINO_DIR`, then beside the binary, then `.deps` of the checkout that it was built in.
  static var openVINODirectories: [String] {
    [environment("HARRIER_OPENVINO_DIR"), folder("lib/openvino"), folder(".deps/openvino/lib")]
      .compactMap(\.self)
  }

  /// `HARRIER_MODELS_DIR`, else the folder `Models` of the checkout, else that of the working directory.
  static var modelsDirectory: String {
    environment("HARRIER_MODELS_DIR") ?? folder("Models") ?? "Models"
  }

  /// `HARRIER_CACHE_DIR`, else the user's cache folder. nil when it cannot be made: then nothing is cached.
  static var compiledModels: String? {
    let base =
      environment("HARRIER_CACHE_DIR")
      ?? environment("XDG_CACHE_HOME").map { $0 + "/harrier" }
      ?? environment("HOME").map { $0 + "/.cache/harrier" }
    guard let path = base.map({ $0 + "/openvino" }) else { return nil }
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      return nil
    }
    return FileManager.default.isWritableFile(atPath: path) ? path : nil
  }

  private static func environment(_ name: String) -> String? {
    ProcessInfo.processInfo.environment[name].flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The nearest folder of that name beside or above the binary.
  private static func folder(_ name: String) -> String? {
    var candidate = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    while candidate.path != "/" {
      candidate.deleteLastPathComponent()
      let path = candidate.appendingPathComponent(name).path
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    return nil
  }
}
