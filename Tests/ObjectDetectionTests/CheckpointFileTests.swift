import TestSupport
import Testing

@testable import ObjectDetection

@Suite("CheckpointFile")
struct CheckpointFileTests {
  private let model = PipelineSamples.model()

  private let slices = [
    FinishedSlice(
      index: 7,
      detections: [
        Detection(
          classID: 3, confidence: 0.1, box: BoundingBox(xMin: 1.1, yMin: 2, xMax: 3, yMax: 4))
      ], reachedCap: true),
    FinishedSlice(index: 2, detections: [], reachedCap: false),
    FinishedSlice(
      index: 80,
      detections: [
        Detection(
          classID: 0, confidence: 1, box: BoundingBox(xMin: 0, yMin: 0, xMax: 9, yMax: 9),
          orientedBox: OrientedBox(centerX: 4, centerY: 5, width: 6, height: 7, angle: 0.3))
      ], reachedCap: false),
  ]

  @Test("slices are read as they were written, to the last bit")
  func roundTrip() throws {
    let bytes = CheckpointFile.encode(slices, regionCount: 81, model: model)
    #expect(try CheckpointFile.decode(bytes, regionCount: 81, model: model) == slices)
  }

  @Test("slices of another grid or another model are none")
  func others() throws {
    let bytes = CheckpointFile.encode(slices, regionCount: 81, model: model)
    #expect(try CheckpointFile.decode(bytes, regionCount: 80, model: model).isEmpty)
    var other = model
    other.sha256 = "another"
    #expect(try CheckpointFile.decode(bytes, regionCount: 81, model: other).isEmpty)
  }

  @Test("a file that was cut, lengthened or is none is an error, never a crash")
  func damaged() throws {
    let bytes = CheckpointFile.encode(slices, regionCount: 81, model: model)
    for count in 0..<bytes.count {
      #expect(throws: DetectionError.self) {
        try CheckpointFile.decode(Array(bytes.prefix(count)), regionCount: 81, model: model)
      }
    }
    #expect(throws: DetectionError.self) {
      try CheckpointFile.decode(bytes + [0], regionCount: 81, model: model)
    }
  }
}
