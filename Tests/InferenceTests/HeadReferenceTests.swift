import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

/// Tests/Fixtures/models/heads/references.json: what each model's own Python code finds.
private struct HeadReferences: Decodable {
  struct Model: Decodable, Sendable, CustomTestStringConvertible {
    var file: String
    var layout: String
    var names: [String]?
    var threshold: Float
    /// Of the suppression; nil for models that need none.
    var iou: Double?
    var pictures: [Picture]
    var testDescription: String { file }

    var path: String { Checkout.modelFixture("heads/\(file)") }
  }

  struct Picture: Decodable, Sendable {
    var picture: String
    /// x, y, width, height of the part that was looked at; nil for the whole picture.
    var crop: [Int]?
    /// `[x1, y1, x2, y2, confidence, class]`, best first.
    var detections: [[Float]]

    func image() async throws -> PixelBuffer {
      let whole = try await EngineFixture.decode(Checkout.sample(picture))
      guard let crop else { return whole }
      let rowBytes = crop[2] * 3
      return PixelBuffer(width: crop[2], height: crop[3]) { target in
        whole.withBytes { source in
          for y in 0..<crop[3] {
            let start = ((crop[1] + y) * whole.width + crop[0]) * 3
            target[y * rowBytes..<(y + 1) * rowBytes].copyBytes(
              from: source[start..<start + rowBytes])
          }
        }
      }
    }
  }

  var models: [Model]

  static func models() throws -> [Model] {
    try JSONDecoder().decode(
      HeadReferences.self, from: Checkout.data(Checkout.modelFixture("heads/references.json"))
    ).models
  }
}

@Suite("YOLOX, RT-DETR and RF-DETR against their own Python code")
struct HeadReferenceTests {
  @Test("there is a model of every head")
  func complete() throws {
    let layouts = try HeadReferences.models().map(\.layout)
    let expected: [OutputLayout] = [
      .yolox, .yoloxDecoded, .rtdetr, .rtdetrScores, .rtdetrLogits, .rtdetrPostprocessed, .rfdetr,
    ]
    #expect(layouts.sorted() == expected.map(\.rawValue).sorted())
  }

  @Test("the file tells what it is, loaded or not", arguments: try HeadReferences.models())
  private func interpretation(_ expected: HeadReferences.Model) async throws {
    let detector = try await EngineFixture.detector(expected.path)
    #expect(detector.model.layout.rawValue == expected.layout)
    let file = try ModelFile(path: expected.path)
    #expect(try file.interpretation().layout == detector.model.layout)
    if let names = expected.names, detector.model.layout != .yolox,
      detector.model.layout != .yoloxDecoded
    {
      #expect(detector.model.classNames == names)
    }
  }

  @Test(
    "the same boxes within a tenth of a pixel, confidences within 0.0005",
    arguments: try HeadReferences.models())
  private func detections(_ expected: HeadReferences.Model) async throws {
    let detector = try await EngineFixture.detector(expected.path)
    for picture in expected.pictures {
      // A little lower, so that a box at the threshold has its partner.
      let options = DetectionOptions(
        confidenceThreshold: expected.threshold - 0.001,
        merging: Merging(threshold: expected.iou ?? 0.5), slicing: nil)
      var found = try await DetectionPipeline(detector: detector).detect(
        in: picture.image(), options: options, lane: ImageLane(id: 0)
      ).detections.map(\.numbers)
      #expect(picture.detections.count >= 12)
      for row in picture.detections {
        let partner = found.firstIndex { other in
          other[5] == row[5] && abs(other[4] - row[4]) < 5e-4
            && zip(other, row).prefix(4).allSatisfy { abs($0 - $1) < 0.1 }
        }
        let index = try #require(partner, "\(picture.picture) lacks \(row)")
        found.remove(at: index)
      }
      #expect(
        found.allSatisfy { $0[4] < expected.threshold + 5e-4 }, "\(picture.picture): \(found)")
    }
  }

  @Test("slices of the input's size find what the same part of the picture gives alone")
  func sliced() async throws {
    for expected in try HeadReferences.models() {
      let detector = try await EngineFixture.detector(expected.path)
      let picture = HeadReferences.Picture(
        picture: "scene-1.jpg", crop: [0, 0, 512, 256], detections: [])
      let image = try await picture.image()
      var options = DetectionOptions(
        confidenceThreshold: expected.threshold, merging: Merging(method: .none),
        slicing: Slicing(width: 256, height: 256, overlapRatio: 0, includesFullImage: false))
      let sliced = try await DetectionPipeline(detector: detector).detect(
        in: image, options: options, lane: ImageLane(id: 0)
      ).detections
      options.slicing = nil
      // Without slices the one suppression is the merging's.
      options.merging = Merging(threshold: options.sliceSuppression.iouThreshold)
      var parts: [Detection] = []
      for x in [0, 256] {
        let part = HeadReferences.Picture(
          picture: "scene-1.jpg", crop: [x, 0, 256, 256], detections: [])
        parts += try await DetectionPipeline(detector: detector).detect(
          in: part.image(), options: options, lane: ImageLane(id: 0)
        ).detections.map { detection in
          var moved = detection
          moved.box = detection.box.shifted(byX: Float(x), y: 0)
          return moved
        }
        // Farther right floats are coarser: a box of next to no width has none there.
        .filter { !$0.box.isEmpty }
      }
      #expect(!parts.isEmpty, "\(expected.file)")
      #expect(
        sliced.map(\.numbers) == parts.sorted(by: Detection.inResultOrder).map(\.numbers),
        "\(expected.file)")
    }
  }

  @Test("YOLOX and RF-DETR in the ONNX file: outputs, operators and what makes the output are read")
  func operators() throws {
    let raw = try ONNXFile(path: Checkout.modelFixture("heads/yolox.onnx")).signature
    #expect(raw.outputNames == ["output"] && raw.inputNames == ["images"])
    #expect(raw.outputOperators == ["Transpose"] && raw.operators["Exp"] == nil)
    let decoded = try ONNXFile(path: Checkout.modelFixture("heads/yolox-decoded.onnx")).signature
    #expect(decoded.outputOperators == ["Concat"] && decoded.operators["Exp"] == 1)
    let rfdetr = try ONNXFile(path: Checkout.modelFixture("heads/rfdetr.onnx")).signature
    #expect(rfdetr.outputNames == ["dets", "labels"])
  }

  @Test("a transformer whose document does not say what it is is refused, loaded or not")
  func uncertain() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.copy(
      Checkout.modelFixture("heads/rtdetr-logits.onnx"), to: "unknown.onnx")
    let error = await detectionError { _ = try await EngineFixture.detector(path) }
    #expect(error?.code == .modelLoadError)
    #expect(error?.message.contains("{\"head\": \"rtdetr_logits\"}") == true)
    #expect(error?.message.contains("unknown.onnx") == true)
  }
}

extension Detection {
  /// As a reference's row.
  fileprivate var numbers: [Float] {
    [box.xMin, box.yMin, box.xMax, box.yMax, confidence, Float(classID)]
  }
}
