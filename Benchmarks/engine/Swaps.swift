import ArgumentParser
import Foundation
import Inference
import NIOPosix
import ObjectDetection

/// Memory while a worker goes from one version to the next: each is loaded, used once and replaced.
struct Swaps: AsyncParsableCommand {
  @Argument(help: "Models that the versions are made of, in turn.") var models: [String]
  @Option var swaps = 500
  @Option(help: "Prints the memory so often.") var every = 50

  func run() async throws {
    let cache = OpenVINODetectorCache(
      folder: ModelFolder(path: "."), versions: VersionsInTurn(paths: models),
      options: OpenVINOOptions(),
      runtime: try Libraries.openVINO(), threads: try Libraries().thread)
    let grey = PixelBuffer(width: 640, height: 640) {
      $0.initializeMemory(as: UInt8.self, repeating: 128)
    }
    for number in 1...swaps {
      let detector = try await cache.detector(named: "model@\(number)")
      _ = try await DetectionPipeline(detector: detector).detect(
        in: grey, options: DetectionOptions(),
        lane: ImageLane(id: UInt64(number)))
      guard number == 1 || number.isMultiple(of: every) else { continue }
      print("{\"swaps\":\(number),\"resident_megabytes\":\(try residentBytes() >> 20)}")
    }
  }

  private func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return (line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0)
      * 1024
  }
}

/// Versions whose files are those of a few models: 1 the first one's, 2 the second one's, and so on.
private struct VersionsInTurn: ModelVersionFiles {
  let paths: [String]

  func withFiles<Result: Sendable>(
    ofVersion name: String, _ body: @Sendable (String) async throws -> Result
  ) async throws -> Result {
    try await body(paths[((VersionedName(name).version ?? 1) - 1) % paths.count])
  }
}
