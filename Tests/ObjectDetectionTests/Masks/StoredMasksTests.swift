import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Stored masks")
struct StoredMasksTests {
  private static var masked: Detection {
    var detection = ResultSamples.plain
    detection.mask = MaskSamples.mask("..##\n.#.#\n\n####")
    return detection
  }

  private static let image = ImageDetections(
    width: 200, height: 100,
    detections: [
      masked, ResultSamples.plain, ResultSamples.oriented,
      Detection(
        classID: 0, confidence: 0.25, box: BoundingBox(xMin: 0, yMin: 0, xMax: 9, yMax: 9),
        mask: MaskSamples.mask(MaskSamples.disc(x: 40, y: 50, radius: 30))),
    ])

  private static let reasoned: ImageDetections = {
    var result = image
    result.reasoning = ImageReasoning(
      rules: RuleSetIdentity(name: "dota", sha256: "00"), confidencesBefore: [1: 0.5])
    return result
  }()

  @Test("a mask's runs are rows below, columns further and lengths, seven bits a byte")
  func layout() throws {
    let mask = try #require(
      InstanceMask([
        InstanceMask.Run(row: 2, start: 3, end: 5), InstanceMask.Run(row: 2, start: 9, end: 10),
        InstanceMask.Run(row: 300, start: 0, end: 200),
      ]))
    let bytes: [UInt8] = [3, 2, 3, 2, 0, 4, 1, 0xaa, 0x02, 0, 0xc8, 0x01]
    #expect(MaskBytes.encode(mask) == bytes)
    #expect(try MaskBytes.decode(bytes) == mask)
  }

  @Test("results are read as they were written, with and without reasoning")
  func roundTrip() throws {
    for image in [Self.image, Self.reasoned] {
      let read = try DetectionsFile.decode(
        DetectionsFile.encode(image, model: ResultSamples.model))
      #expect(read.image.detections == image.detections)
      #expect(read.image.reasoning == image.reasoning)
    }
  }

  @Test("a result with masks is of version 2; without, its bytes are those of before")
  func versions() {
    #expect(DetectionsFile.encode(Self.image, model: ResultSamples.model)[8] == 2)
    var plain = Self.image
    for place in plain.detections.indices { plain.detections[place].mask = nil }
    #expect(DetectionsFile.encode(plain, model: ResultSamples.model)[8] == 1)
  }

  @Test("pieces are the whole, with their masks and without", arguments: [1, 2, 3, 4])
  func pieces(size: Int) throws {
    let bytes = DetectionsFile.encode(Self.reasoned, model: ResultSamples.model)
    let headerBytes = try DetectionsFile.headerByteCount(leading: Array(bytes[..<16]))
    let file = try DetectionsFile(
      header: Array(bytes[..<headerBytes]), fileByteCount: bytes.count)
    var detections: [Detection] = []
    for first in stride(from: 0, to: 4, by: size) {
      let piece = Array(bytes[file.byteRange(of: first..<min(first + size, 4))])
      let masks = Array(bytes[try file.maskByteRange(of: piece)])
      detections += try file.detections(in: piece, masks: masks)
      #expect(try file.detections(in: piece).allSatisfy { $0.mask == nil })
    }
    #expect(detections == Self.image.detections)
  }

  @Test("a file that ends early or goes on too long is an error")
  func truncated() {
    let bytes = DetectionsFile.encode(Self.reasoned, model: ResultSamples.model)
    for count in bytes.indices {
      #expect(throws: DetectionError.self, "\(count) bytes") {
        try DetectionsFile.decode(Array(bytes[..<count]))
      }
    }
    #expect(throws: DetectionError.self) { try DetectionsFile.decode(bytes + [0]) }
  }

  @Test("masks that cannot be are an error")
  func impossible() {
    let wrong: [[UInt8]] = [
      [], [0], [1, 0, 0, 0], [1, 0, 5, 1, 9], [2, 0, 0, 1], [1, 0, 0xff, 0xff, 0x7f, 1],
      [1, 0xff, 0xff, 0x7f, 0, 1], [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 1],
    ]
    for bytes in wrong {
      #expect(throws: DetectionError.self, "\(bytes)") { try MaskBytes.decode(bytes) }
    }
  }

  @Test(
    "bytes that were changed are an error or other masks, never a trap",
    arguments: [1, UInt64.random(in: 0 ... .max)])
  func fuzz(seed: UInt64) {
    let bytes = DetectionsFile.encode(Self.reasoned, model: ResultSamples.model)
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<3000 {
      var changed = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let index = Int.random(in: 0..<changed.count, using: &generator)
        changed[index] = UInt8.random(in: 0...255, using: &generator)
      }
      do {
        let read = try DetectionsFile.decode(changed)
        _ = ResultFormat.yolo.document(
          ResultSet(
            model: ResultSamples.model,
            images: [ImageResult(filename: "a", outcome: .found(read.image))]))
      } catch {
        #expect((error as? DetectionError)?.code == .storageError, "seed \(seed)")
      }
    }
  }

  @Test("checkpoints keep masks; those without are as before")
  func checkpoints() throws {
    let model = PipelineSamples.model(.segmented)
    let slices = [
      FinishedSlice(index: 3, detections: Self.image.detections, reachedCap: true),
      FinishedSlice(index: 5, detections: [ResultSamples.plain], reachedCap: false),
      FinishedSlice(index: 6, detections: [], reachedCap: false),
    ]
    let bytes = CheckpointFile.encode(slices, regionCount: 9, model: model)
    #expect(bytes[8] == 2)
    #expect(try CheckpointFile.decode(bytes, regionCount: 9, model: model) == slices)
    for count in bytes.indices {
      #expect(throws: DetectionError.self, "\(count) bytes") {
        try CheckpointFile.decode(Array(bytes[..<count]), regionCount: 9, model: model)
      }
    }
    let plain = CheckpointFile.encode(Array(slices[1...]), regionCount: 9, model: model)
    #expect(plain[8] == 1)
  }
}
