import Foundation
import TestSupport
import Testing

@Suite("harrier: help, models, doctor")
struct OtherCommandsTests {
  @Test(
    "help is printed on standard output",
    arguments: [
      ["--help"], ["detect", "--help"], ["evaluate", "--help"], ["help", "detect"], ["-h"],
      ["models", "--help"], ["doctor", "--help"], ["rules", "--help"], ["top", "--help"],
    ])
  func help(_ arguments: [String]) async throws {
    let output = try await harrier(arguments: arguments)
    #expect(output.status == 0)
    #expect(output.text.contains("USAGE: harrier"))
    #expect(output.standardError.isEmpty)
  }

  @Test("help names every command and the exit statuses")
  func overview() async throws {
    let text = try await harrier("--help").text
    for word in ["detect", "evaluate", "rules", "models", "doctor", "top", "Exit status"] {
      #expect(text.contains(word), "\(word)")
    }
  }

  @Test("the version is a version")
  func version() async throws {
    let output = try await harrier("--version")
    #expect(output.status == 0)
    #expect(output.text.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
  }

  @Test("completion scripts are made for each shell", arguments: ["bash", "zsh", "fish"])
  func completion(_ shell: String) async throws {
    let output = try await harrier("--generate-completion-script", shell)
    #expect(output.status == 0)
    #expect(output.text.contains("harrier") && output.text.contains("json-lines"))
  }

  @Test("models are listed with their checksums")
  func models() async throws {
    let output = try await harrier("models")
    #expect(output.status == 0)
    // sha256sum Models/*.onnx
    for word in [
      "aerial15-obb\n  task     obb", "tree-crowns\n  task     detect",
      "6d8cc6ee2edaa42ddeee1480315e2e3abd3d6901fcf0da731e244541558f7895",
      "ae909a7013556b49139a0190c9001e153b164c060e867c5840b381af17acb0ce",
    ] {
      #expect(output.text.contains(word), "\(word)")
    }
  }

  @Test("a damaged model among others is named; status 1, the others are listed")
  func damagedModel() async throws {
    let folder = try TemporaryFolder()
    try folder.copy(Checkout.modelFixture("v8-detect.onnx"), to: "good.onnx")
    try folder.write("no model", to: "bad.onnx")
    let output = try await harrier("models", "--models-dir", folder.path)
    #expect(output.status == 1)
    #expect(output.text.contains("good"))
    #expect(output.errorLines.count == 1)
    #expect(output.standardError.contains("bad.onnx"))
  }

  @Test("the doctor finds libraries and models in order")
  func doctor() async throws {
    let output = try await harrier("doctor")
    #expect(output.status == 0)
    #expect(!output.text.contains("FAIL"))
    for word in [
      "libvips", "OpenVINO", "SWI-Prolog: works; rule sets dota\n", "model tree-crowns: loaded",
    ] {
      #expect(output.text.contains(word), "\(word)")
    }
  }

  @Test("the doctor names what is broken; status 1")
  func sickness() async throws {
    let folder = try TemporaryFolder()
    try folder.write("no model", to: "bad.onnx")
    let output = try await harrier("doctor", "--models-dir", folder.path)
    #expect(output.status == 1)
    #expect(output.text.contains("FAIL  model bad"))
    let nowhere = try await harrier(
      "doctor", environment: ["HARRIER_MODELS_DIR": folder.path("nowhere")])
    #expect(nowhere.status == 1)
    #expect(nowhere.text.contains("FAIL  models folder"))
  }

  @Test("a cache folder that cannot be made only costs time")
  func noCache() async throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("", to: "file")
    let output = try await harrier(
      "detect", "-q", Checkout.imageFixture("png-rgb8.png"),
      environment: ["HARRIER_CACHE_DIR": file])
    #expect(output.status == 0)
  }

  @Test("many processes that fill one cache at once all work")
  func sharedCache() async throws {
    let folder = try TemporaryFolder()
    let statuses = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<6 {
        group.addTask {
          try await harrier(
            "detect", "-q", Checkout.imageFixture("png-rgb8.png"),
            environment: ["HARRIER_CACHE_DIR": folder.path]
          ).status
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(statuses == Array(repeating: 0, count: 6))
    // Only what is whole is left: one that was half-written would end the next process that maps it.
    let files = try folder.files()
    #expect(files.contains { $0.hasSuffix(".blob") })
    #expect(!files.contains { $0.contains(".compiling-") })
  }
}

@Suite("harrier evaluate")
struct EvaluateCommandTests {
  private let yell = Checkout.sample("yell-541000.jpg")

  @Test("average precision is that of pycocotools")
  func averagePrecision() async throws {
    let output = try await harrier(
      "evaluate", "--truth", Checkout.path("Samples"), yell, "--slice", "off", "--confidence",
      "0.1", "--iou", "0.7")
    #expect(output.status == 0)
    // Benchmarks/reference/average_precision_peer.py on trees-yell-541000-whole-confidence-01.json.
    let all = try #require(output.text.split(separator: "\n").first { $0.hasPrefix("all") })
    let numbers = all.split(separator: " ").compactMap { Double($0) }
    try #require(numbers.count >= 4)
    #expect(abs(numbers[2] - 0.2915) < 0.0015, "\(all)")
    #expect(abs(numbers[3] - 0.1071) < 0.0015, "\(all)")
  }

  @Test("without any label file it says so; status 2")
  func noLabels() async throws {
    let folder = try TemporaryFolder()
    let output = try await harrier("evaluate", "-q", "--truth", folder.path, yell)
    #expect(output.status == 2)
    #expect(output.errorLines.count == 1)
    #expect(output.standardError.contains(folder.path))
  }

  @Test("labels that cannot be read are named; status 1")
  func badLabels() async throws {
    let folder = try TemporaryFolder()
    try folder.write("0 0.5 nonsense\n", to: "yell-541000.txt")
    let output = try await harrier(
      "evaluate", "-q", "--truth", folder.path, yell, "--slice", "off")
    #expect(output.status == 1)
    #expect(output.standardError.contains("yell-541000.txt"))
  }
}
