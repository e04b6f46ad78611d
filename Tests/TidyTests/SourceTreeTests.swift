import Foundation
import TestSupport
import Testing

/// The rules of the source tree that the compiler does not hold. Reasons: docs/architecture.md.
@Suite("Source tree")
struct SourceTreeTests {
  /// Modules that each target may import, beside Swift, Synchronization, Foundation and Dispatch.
  static let allowedImports: [String: Set<String>] = [
    "ObjectDetection": [],
    "Jobs": [],
    "Inference": [
      "ObjectDetection", "CConversion", "COpenVINO", "CVips", "CCairo", "Crypto", "NIOPosix",
      "Subprocess", "Yams", "FoundationXML",
    ],
    "Backends": [
      "Jobs", "AsyncHTTPClient", "CArchive", "CPQ", "CSandbox", "Crypto", "GRDB", "Logging",
      "NIOCore", "NIOHTTP1", "NIOPosix", "NIOSSL",
    ],
    "App": [
      "ObjectDetection", "Jobs", "CConsole", "CZlib", "Configuration", "Crypto", "HTTPTypes",
      "Hummingbird",
      "HummingbirdCore", "JWTKit", "Logging", "Metrics", "NIOCore", "NIOHTTP1", "NIOHTTP2",
      "NIOHTTPTypes", "NIOHTTPTypesHTTP2", "NIOPosix", "NIOSSL", "ServiceLifecycle", "Subprocess",
      "Tracing", "UnixSignals",
    ],
    "CLI": [
      "App", "Backends", "Inference", "Jobs", "ObjectDetection", "ArgumentParser", "Configuration",
      "Logging", "Metrics", "NIOCore", "NIOPosix", "ServiceLifecycle",
    ],
  ]

  static let everywhere: Set<String> = ["Swift", "Synchronization", "Foundation", "Dispatch"]

  @Test("each target imports only what its row allows", arguments: allowedImports.keys.sorted())
  func imports(target: String) throws {
    let allowed = try #require(Self.allowedImports[target]).union(Self.everywhere)
    for file in try SourceFile.all(under: "Sources/\(target)") {
      for module in file.imports where !allowed.contains(module) {
        Issue.record("\(file.path) imports \(module), which \(target) may not")
      }
    }
  }

  @Test("every target has its row")
  func targets() throws {
    let folders = try FileManager.default.contentsOfDirectory(
      atPath: packageRoot.appendingPathComponent("Sources").path)
    let swiftTargets = folders.filter {
      ![
        "CArchive", "CConsole", "CConversion", "COpenVINO", "CPQ", "CSandbox", "CVips", "CCairo",
        "CZlib",
      ]
      .contains($0)
    }
    #expect(Set(swiftTargets) == Set(Self.allowedImports.keys))
  }

  @Test("only the wiring of the command line names concrete libraries of the engine")
  func wiring() throws {
    let concrete = ["OpenVINODetector.load", "VipsImageDecoder(", "CairoAnnotator("]
    for file in try SourceFile.all(under: "Sources/CLI") where file.name != "Wiring.swift" {
      for name in concrete where file.text.contains(name) {
        Issue.record("\(file.path) names \(name)")
      }
    }
  }

  @Test("no file is longer than 400 lines")
  func lengths() throws {
    for file in try SourceFile.all(under: "Sources") + SourceFile.all(under: "Tests") {
      #expect(file.lines.count <= 400, "\(file.path) has \(file.lines.count) lines")
    }
  }

  @Test("no folder of sources holds more than 8 files")
  func folders() throws {
    let files = try SourceFile.all(under: "Sources")
    let counts = Dictionary(grouping: files) { ($0.path as NSString).deletingLastPathComponent }
    for (folder, files) in counts {
      #expect(files.count <= 8, "\(folder) has \(files.count) files")
    }
  }

  /// What is banned, and where it may stand all the same.
  static let banned: [(pattern: String, reason: String)] = [
    ("DispatchQueue.global", "it shares its threads with Swift's cooperative pool"),
    ("Task.detached", "every task has a parent that awaits it"),
    ("try!", "an error is thrown, not a trap"),
    ("as!", "a cast that may fail is handled"),
    ("Thread.sleep", "nothing waits by sleeping"),
    ("fatalError(", "traps are preconditions that say why"),
    ("NSLock", "Synchronization's Mutex says what it guards"),
  ]

  @Test("banned calls are not used", arguments: banned.map(\.pattern))
  func bannedCalls(pattern: String) throws {
    let reason = Self.banned.first { $0.pattern == pattern }?.reason ?? ""
    for file in try SourceFile.all(under: "Sources") {
      for (number, line) in file.code.enumerated() where line.contains(pattern) {
        Issue.record("\(file.path):\(number + 1): \(pattern) is banned: \(reason)")
      }
    }
  }

  @Test("tests do not sleep")
  func sleeps() throws {
    for file in try SourceFile.all(under: "Tests") where file.name != "SourceTreeTests.swift" {
      for (number, line) in file.code.enumerated()
      where line.contains("Task.sleep") || line.contains("usleep(") {
        Issue.record("\(file.path):\(number + 1) sleeps")
      }
    }
  }

  @Test("every unchecked Sendable says why")
  func uncheckedSendable() throws {
    for file in try SourceFile.all(under: "Sources") {
      for (number, line) in file.lines.enumerated()
      where line.contains("@unchecked Sendable") && !line.contains("///") {
        let before = file.lines[max(0, number - 10)..<number].joined(separator: "\n")
        #expect(
          before.lowercased().contains("because"), "\(file.path):\(number + 1) gives no reason")
      }
    }
  }

  @Test("every public type says what it is")
  func publicTypes() throws {
    let kinds = ["struct", "enum", "class", "final class", "protocol", "actor"]
    for file in try SourceFile.all(under: "Sources") {
      for (number, line) in file.lines.enumerated()
      where kinds.contains(where: { line.hasPrefix("public \($0) ") }) {
        let above = number > 0 ? file.lines[number - 1] : ""
        #expect(above.hasPrefix("///"), "\(file.path):\(number + 1) has no summary")
      }
    }
  }
}

/// One Swift file of the tree.
private struct SourceFile {
  /// Relative to the package's folder.
  let path: String
  let text: String

  var name: String { (path as NSString).lastPathComponent }
  var lines: [String] { text.components(separatedBy: "\n") }

  /// The lines without comments.
  var code: [String] {
    lines.map { line in line.range(of: "//").map { String(line[..<$0.lowerBound]) } ?? line }
  }

  var imports: [String] {
    lines.compactMap { line in
      let words = line.split(separator: " ")
      guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
        words[..<index].allSatisfy({ ["public", "@testable", "internal"].contains($0) })
      else { return nil }
      return words[index + 1].split(separator: ".").first.map(String.init)
    }
  }

  static func all(under folder: String) throws -> [SourceFile] {
    let root = packageRoot.appendingPathComponent(folder)
    let files = try #require(
      FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { url in
      SourceFile(
        path: String(url.path.dropFirst(packageRoot.path.count + 1)),
        text: try String(contentsOf: url, encoding: .utf8))
    }
  }
}
