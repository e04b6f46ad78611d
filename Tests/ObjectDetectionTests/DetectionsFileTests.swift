import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Detections file")
struct DetectionsFileTests {
  private static let mixed = ImageDetections(
    width: 8192, height: 4096,
    detections: [
      ResultSamples.plain, ResultSamples.oriented,
      Detection(
        classID: -1, confidence: .leastNonzeroMagnitude,
        box: BoundingBox(xMin: -0.0, yMin: 0.1, xMax: 8192, yMax: Float(4096).nextDown)),
      Detection(
        classID: .max, confidence: 1, box: BoundingBox(xMin: 0, yMin: 0, xMax: 1, yMax: 1),
        orientedBox: OrientedBox(
          centerX: -3.5, centerY: 1e7, width: 1 / 3, height: 2.5, angle: -.pi)),
    ],
    regionCount: 173, cappedRegionCount: 2, droppedByMaxDetections: 1 << 40,
    inference: .milliseconds(1250), merging: .seconds(3))

  private func bits(_ detections: [Detection]) -> [[UInt32]] {
    detections.map { detection in
      let box = detection.box
      let oriented = detection.orientedBox.map {
        [$0.centerX, $0.centerY, $0.width, $0.height, $0.angle]
      }
      return ([detection.confidence, box.xMin, box.yMin, box.xMax, box.yMax] + (oriented ?? []))
        .map(\.bitPattern)
    }
  }

  @Test("a result is read back as it was, bit for bit")
  func roundTrip() throws {
    let read = try DetectionsFile.decode(
      DetectionsFile.encode(Self.mixed, model: ResultSamples.model))
    #expect(read.model == ResultSamples.model.identity)
    #expect(read.image.detections == Self.mixed.detections)
    #expect(bits(read.image.detections) == bits(Self.mixed.detections))
    #expect(read.image.width == 8192)
    #expect(read.image.height == 4096)
    #expect(read.image.regionCount == 173)
    #expect(read.image.cappedRegionCount == 2)
    #expect(read.image.droppedByMaxDetections == 1 << 40)
    #expect(read.image.inference == .milliseconds(1250))
  }

  @Test("the bytes are those that the layout says")
  func layout() {
    var model = ResultSamples.model
    (model.name, model.sha256, model.classNames) = ("m", "0f", ["é"])
    let image = ImageDetections(
      width: 640, height: 258,
      detections: [
        Detection(
          classID: 2, confidence: 0.5, box: BoundingBox(xMin: 1, yMin: 2, xMax: 3, yMax: 4))
      ], regionCount: 1, inference: .milliseconds(1500))
    // Header: 8 + 4 + 4 + 4 + 5 * 4 + 8 + 8 = 56, then texts: 4 + 6, 4 + 1, 4 + 2, and 4, 4 + 2.
    let expected: [UInt8] =
      [0x89, 0x48, 0x44, 0x45, 0x54, 0x0d, 0x0a, 0x1a, 1, 0, 0, 0, 87, 0, 0, 0]
      + [0, 0, 0, 0, 1, 0, 0, 0, 0x80, 2, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
      + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f]
      + [6, 0, 0, 0] + Array("detect".utf8) + [1, 0, 0, 0, 0x6d, 2, 0, 0, 0, 0x30, 0x66]
      + [1, 0, 0, 0, 2, 0, 0, 0, 0xc3, 0xa9]
      + [2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3f]
      + [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40]
    #expect(DetectionsFile.encode(image, model: model) == expected)
  }

  @Test("no other time than the inference's is in the bytes")
  func purity() {
    var slower = Self.mixed
    slower.merging = .seconds(9)
    #expect(
      DetectionsFile.encode(slower, model: ResultSamples.model)
        == DetectionsFile.encode(Self.mixed, model: ResultSamples.model))
  }

  @Test("pieces are the whole", arguments: [1, 2, 3, 4])
  func pieces(size: Int) throws {
    let bytes = DetectionsFile.encode(Self.mixed, model: ResultSamples.model)
    let headerBytes = try DetectionsFile.headerByteCount(leading: Array(bytes[..<16]))
    let file = try DetectionsFile(
      header: Array(bytes[..<headerBytes]), fileByteCount: bytes.count)
    var detections: [Detection] = []
    for first in stride(from: 0, to: 4, by: size) {
      let range = file.byteRange(of: first..<min(first + size, 4))
      detections += try file.detections(in: Array(bytes[range]))
    }
    #expect(detections == Self.mixed.detections)
  }

  @Test("a file without detections, or of a model without names, is whole")
  func empty() throws {
    var model = ResultSamples.model
    model.classNames = []
    let image = ImageDetections(width: 64, height: 64, detections: [])
    let read = try DetectionsFile.decode(DetectionsFile.encode(image, model: model))
    #expect(read.image.detections.isEmpty)
    #expect(read.model == model.identity)
  }

  private func expectDamaged(_ bytes: [UInt8], _ comment: Comment) {
    #expect(comment) {
      try DetectionsFile.decode(bytes)
    } throws: { ($0 as? DetectionError)?.code == .storageError }
  }

  @Test("a file that ends early, goes on too long or is none is an error")
  func truncated() {
    let bytes = DetectionsFile.encode(Self.mixed, model: ResultSamples.model)
    for count in bytes.indices { expectDamaged(Array(bytes[..<count]), "\(count) bytes") }
    expectDamaged(bytes + [0], "a byte more")
    expectDamaged([], "no bytes")
    expectDamaged(Array(repeating: 0xff, count: 4096), "garbage")
  }

  @Test("numbers that cannot be are an error")
  func impossible() {
    let boxes: [BoundingBox] = [
      BoundingBox(xMin: .nan, yMin: 0, xMax: 1, yMax: 1),
      BoundingBox(xMin: 0, yMin: 0, xMax: .infinity, yMax: 1),
      BoundingBox(xMin: 0, yMin: 0, xMax: 1e30, yMax: 1),
    ]
    for box in boxes {
      let image = ImageDetections(
        width: 64, height: 64, detections: [Detection(classID: 0, confidence: 0.5, box: box)])
      expectDamaged(DetectionsFile.encode(image, model: ResultSamples.model), "\(box)")
    }
  }

  @Test("another version is named as such")
  func version() {
    var bytes = DetectionsFile.encode(Self.mixed, model: ResultSamples.model)
    bytes[8] = 3
    #expect {
      try DetectionsFile.decode(bytes)
    } throws: { ($0 as? DetectionError)?.message.contains("another version") == true }
  }

  @Test(
    "bytes that were changed are an error or other detections, never a trap",
    arguments: [1, UInt64.random(in: 0 ... .max)])
  func fuzz(seed: UInt64) throws {
    let bytes = DetectionsFile.encode(Self.mixed, model: ResultSamples.model)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<changed.count, using: &generator)
        changed[index] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        let read = try DetectionsFile.decode(changed)
        let results = ResultSet(
          model: ResultSamples.model,
          images: [ImageResult(filename: "a", outcome: .found(read.image))])
        _ = ResultFormat.voc.document(results)
      } catch {
        #expect((error as? DetectionError)?.code == .storageError)
      }
    }
  }
}
