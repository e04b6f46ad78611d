import Foundation
import ObjectDetection

// What the child is given, and what others may read of its words.
extension ModelProbeProcess {
  /// With what status the child ends where it is confined too little to look at the model.
  public static let unconfinedStatus: Int32 = 3

  /// What the program, its libraries and its tests need. Tokens and passwords stay here: a model's file may take the
  /// child over.
  private static let variables: Set<String> = [
    "PATH", "LD_LIBRARY_PATH", "LANG", "HOME", "TMPDIR", "TZ", "HARRIER_OPENVINO_DIR",
    "HARRIER_CACHE_DIR", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS",
  ]

  static func childVariables(of environment: [String: String]) -> [String: String] {
    environment.filter { name, _ in
      variables.contains(name) || name.hasPrefix("LC_") || name.hasPrefix("HARRIER_TEST_")
    }
  }

  /// Calls `body` with a folder of its own that has links to a model's files; its errors name neither that nor others
  /// of ours.
  func withLinkedModel<Value>(
    _ path: String, _ body: (_ model: String) async throws -> Value
  ) async throws -> Value {
    let folder = "\(temporaryFolder)/probed-\(UUID())"
    defer {
      // What is left all the same lies in a temporary folder.
      try? FileManager.default.removeItem(atPath: folder)
    }
    do {
      return try await body(try Self.linked(path, in: folder))
    } catch let error as DetectionError {
      throw DetectionError(
        error.code, forStrangers(error.message, folder), cause: error.cause)
    }
  }

  private func forStrangers(_ message: String, _ folder: String) -> String {
    let models = ["onnx", "xml"].map { "model.\($0)" }
    var text = message
    // Libraries may say a folder in full; the longer spelling first, as it may contain the other one.
    for folder in [folder, temporaryFolder].flatMap(Self.spellings) {
      for model in models { text = text.replacing("\(folder)/\(model)", with: "the model") }
      text = text.replacing("\(folder)/", with: "")
    }
    for model in models { text = text.replacing(model, with: "the model") }
    return text
  }

  private static func spellings(of folder: String) -> [String] {
    let url = URL(fileURLWithPath: folder)
    return [url.resolvingSymlinksInPath().path, url.standardizedFileURL.path, folder]
      .sorted { $0.count > $1.count }
  }

  /// Links to a model's files in a folder of their own, under the name `model`.
  private static func linked(_ path: String, in folder: String) throws -> String {
    let files = FileManager.default
    let stem = (path as NSString).deletingPathExtension
    let end = (path as NSString).pathExtension
    do {
      try files.createDirectory(
        atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
      for end in [end, "bin", "json"] where files.fileExists(atPath: "\(stem).\(end)") {
        try files.linkItem(atPath: "\(stem).\(end)", toPath: "\(folder)/model.\(end)")
      }
    } catch {
      throw DetectionError(.storageError, "\(folder) cannot be written", cause: "\(error)")
    }
    return "\(folder)/model.\(end)"
  }
}
