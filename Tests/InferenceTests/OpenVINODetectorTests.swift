import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("OpenVINODetector")
struct OpenVINODetectorTests {
  @Test(
    "a model gives the rows that ONNX Runtime gives, with pixels as RGB from 0 to 1",
    arguments: try ModelManifest.accepted())
  func rows(_ entry: ModelManifest.Entry) async throws {
    let detector = try await EngineFixture.detector(Checkout.modelFixture(entry.file))
    #expect(detector.model.layout.rawValue == entry.layout)
    #expect(detector.model.classNames == entry.names ?? ["class0", "class1", "class2"])
    #expect(
      [detector.model.inputSize.height, detector.model.inputSize.width] == entry.input)
    let found = try await candidates(detector, Checkout.imageFixture("png-rgb8.png"))
    let expected = try #require(entry.rows)
    try #require(found.count == expected.count)
    for (row, detection) in zip(expected, found) {
      let numbers = numbers(detection)
      let difference = zip(row, numbers).map { abs($0 - $1) }.max() ?? .infinity
      #expect(difference < 1e-3, "expected is \(row), found \(numbers)")
    }
  }

  /// What the head decodes above 0.25, before any suppression.
  private func candidates(_ detector: OpenVINODetector, _ path: String) async throws -> [Detection]
  {
    let image = try await EngineFixture.decode(path)
    let model = detector.model
    let letterbox = Letterbox(
      sourceWidth: image.width, sourceHeight: image.height, inputWidth: model.inputSize.width,
      inputHeight: model.inputSize.height)
    let region = PixelRegion(x: 0, y: 0, width: image.width, height: image.height)
    let head = DetectionHead(model)
    return try await detector.infer(for: ImageLane(id: 0)) { input in
      letterbox.fill(input, from: image, region: region)
    } read: { outputs in
      try head.decode(outputs, threshold: 0.25)
    }
  }

  /// As the manifest's rows: corners, or centre, size and angle; then confidence and class.
  private func numbers(_ detection: Detection) -> [Double] {
    let box = detection.box
    let place =
      detection.orientedBox.map { [$0.centerX, $0.centerY, $0.width, $0.height, $0.angle] }
      ?? [box.xMin, box.yMin, box.xMax, box.yMax]
    return (place + [detection.confidence, Float(detection.classID)]).map(Double.init)
  }

  @Test(
    "a model that cannot be used is not loaded either",
    arguments: ModelFileTests.unsupported.map(\.file))
  func refuses(_ file: String) async throws {
    let error = await detectionError {
      _ = try await EngineFixture.detector(Checkout.modelFixture(file))
    }
    #expect(error?.code == .modelLoadError)
    #expect(error?.message.contains(file) == true)
  }

  @Test("int8 on a model that is not quantized is a wrong setting; on a quantized one it runs")
  func int8() async throws {
    let options = OpenVINOOptions(precision: .int8)
    let error = await detectionError {
      _ = try await EngineFixture.detector(
        Checkout.modelFixture("v8-detect.onnx"), options: options)
    }
    #expect(error?.code == .invalidConfig)
    #expect(error?.message.contains("v8-detect") == true)
    guard try EngineFixture.runtime().supports(.int8, on: "CPU") else { return }
    let detector = try await EngineFixture.detector(
      Checkout.modelFixture("quantized-qdq.onnx"), options: options)
    #expect(
      try await candidates(detector, Checkout.imageFixture("png-rgb8.png")).count == 8)
  }

  @Test("bf16 finds the trees too, or is a wrong setting where the processor has none")
  func bf16() async throws {
    let options = OpenVINOOptions(precision: .bf16)
    let path = Checkout.model("tree-crowns.onnx")
    if try EngineFixture.runtime().supports(.bf16, on: "CPU") {
      let detector = try await EngineFixture.detector(path, options: options)
      let found = try await EngineFixture.detectTrees(with: detector).detections.count
      // The reference finds 194; bf16 moves some over the threshold.
      #expect((174...214).contains(found))
    } else {
      let error = await detectionError {
        _ = try await EngineFixture.detector(path, options: options)
      }
      #expect(error?.code == .invalidConfig)
    }
  }

  @Test("a device that is not there is a wrong setting", arguments: ["TPU", "GPU.7", "", "cpu "])
  func unknownDevice(_ device: String) async throws {
    let error = await detectionError {
      _ = try await EngineFixture.detector(
        Checkout.modelFixture("v8-detect.onnx"), options: OpenVINOOptions(device: device))
    }
    #expect(error?.code == .invalidConfig)
    #expect(error.map { !$0.description.contains("\n") } == true)
  }

  @Test("libraries that are not there say how to install them")
  func noLibraries() async {
    // In a process of its own: this one has them loaded, and the loader finds them by their name.
    await #expect(processExitsWith: .success) {
      let error = try #require(throws: DetectionError.self) {
        _ = try OpenVINORuntime(searching: ["/nowhere"])
      }
      #expect(error.code == .modelLoadError)
      #expect(error.message.contains("scripts/setup"))
    }
  }

  @Test("an error of the reader reaches the caller, and the request works again")
  func readerThrows() async throws {
    struct Refusal: Error {}
    let detector = try await EngineFixture.detector(Checkout.modelFixture("v8-detect.onnx"))
    for _ in 0..<2 * detector.concurrency {
      await #expect(throws: Refusal.self) {
        try await detector.infer(for: ImageLane(id: 0)) { _ in
        } read: { _ -> Int in
          throw Refusal()
        }
      }
    }
    #expect(try await candidates(detector, Checkout.imageFixture("png-rgb8.png")).count == 8)
  }

  @Test("eight pictures at once give exactly what one alone gives")
  func sideBySide() async throws {
    let detector = try await EngineFixture.detector(Checkout.model("tree-crowns.onnx"))
    let alone = try await EngineFixture.detectTrees(with: detector).detections
    #expect((190...200).contains(alone.count))
    let together = try await withThrowingTaskGroup(of: [Detection].self) { group in
      for lane in 0..<8 {
        group.addTask {
          try await EngineFixture.detectTrees(with: detector, lane: UInt64(lane)).detections
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(together.count == 8)
    #expect(together.allSatisfy { $0 == alone })
  }
}
