import Foundation
import Testing

/// What this process holds, as the kernel counts it.
struct ProcessResources {
  var residentBytes: Int
  var openFiles: Int

  static func now() throws -> ProcessResources {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    let kibibytes = try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first)
    return ProcessResources(
      residentBytes: try #require(Int(kibibytes)) * 1024,
      openFiles: try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count)
  }

  /// Expects that what is held now is about what was held then.
  func expectNoGrowth(
    allowing mebibytes: Int, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let now = try Self.now()
    let growth = (now.residentBytes - residentBytes) >> 20
    #expect(growth <= mebibytes, "grew by \(growth) MiB", sourceLocation: sourceLocation)
    #expect(now.openFiles <= openFiles, sourceLocation: sourceLocation)
  }
}
