import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("A folder of rule files")
struct RuleFolderTests {
  private let files: TemporaryFolder
  private let folder: RuleFolder

  init() throws {
    files = try TemporaryFolder()
    folder = RuleFolder(path: files.path("rules"))
    try files.write("outside", to: "outside.pl")
    try files.write("inside", to: "rules/a/b.pl")
    try files.write("hidden", to: "rules/.hidden.pl")
    try files.write("good", to: "rules/good-1.2_x.pl")
  }

  @Test(
    "a name that could be a path, or is none, is not looked for",
    arguments: [
      "../outside", "a/b", "", ".", "..", ".hidden", "a\0b", "good-1.2_x.pl\0", "ä", "a b", "a\\b",
      "a\n", String(repeating: "x", count: 129),
    ])
  func badName(name: String) {
    #expect(!ResourceName.isValid(name))
    #expect(throws: DetectionError(.rulesNotFound, "No rule set of this name is installed")) {
      try folder.contents(name)
    }
  }

  @Test("a file is found by its name, and others are not there")
  func names() throws {
    #expect(try folder.contents("good-1.2_x").text == Array("good".utf8))
    #expect(throws: DetectionError(.rulesNotFound, "No rule set named \"bad\" is installed")) {
      try folder.contents("bad")
    }
    try FileManager.default.createSymbolicLink(
      atPath: files.path("rules/link.pl"), withDestinationPath: files.path("outside.pl"))
    #expect(try folder.contents("link").text == Array("outside".utf8))
    #expect(try folder.names() == ["good-1.2_x", "link"])
  }

  @Test("a pipe, a folder and a device are refused, not waited for")
  func noFiles() throws {
    try #require(mkfifo(files.path("rules/pipe.pl"), 0o600) == 0)
    try files.write("", to: "rules/folder.pl/x")
    try FileManager.default.createSymbolicLink(
      atPath: files.path("rules/zero.pl"), withDestinationPath: "/dev/zero")
    for name in ["pipe", "folder", "zero"] {
      #expect(throws: DetectionError(.reasoningError, "\(name).pl: it is not a regular file")) {
        try folder.contents(name)
      }
    }
  }

  @Test("a file of 50 MB is refused before it is read")
  func large() throws {
    let path = try files.write("", to: "rules/large.pl")
    try #require(truncate(path, 50 << 20) == 0)
    #expect(
      throws: DetectionError(.reasoningError, "large.pl: the text is longer than 1048576 bytes")
    ) { try folder.stamp("large") }
  }

  @Test("more files than anybody installs are not listed")
  func many() throws {
    for number in 0..<1_000 { try files.write("", to: "rules/\(number).pl") }
    #expect(
      throws: DetectionError(
        .reasoningError, "The rule sets cannot be listed: there are more than 1000")
    ) { try folder.names() }
  }
}
