import Foundation

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

  /// `HARRIER_RULES_DIR`, else the folder `Rules` of the checkout; nil where there is none.
  static var rulesDirectory: String? { environment("HARRIER_RULES_DIR") ?? folder("Rules") }

  /// Pictures to try models on, of the checkout or beside the binary; nil where there are none.
  static var samplesDirectory: String? { folder("Samples") }

  /// `HARRIER_CACHE_DIR`, else the user's cache folder; nil where neither is known.
  static var cacheDirectory: String? {
    environment("HARRIER_CACHE_DIR")
      ?? environment("XDG_CACHE_HOME").map { $0 + "/harrier" }
      ?? environment("HOME").map { $0 + "/.cache/harrier" }
  }

  /// Beside the binary, else `.deps` of the checkout; nil where Swagger UI is not installed.
  static var swaggerDirectory: String? { folder("share/swagger-ui") ?? folder(".deps/swagger-ui") }

  /// nil when it cannot be made: then nothing is cached.
  static var compiledModels: String? {
    guard let path = cacheDirectory.map({ $0 + "/openvino" }) else { return nil }
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
