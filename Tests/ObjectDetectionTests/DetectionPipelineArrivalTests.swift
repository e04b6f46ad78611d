import TestSupport
import Testing

@testable import ObjectDetection

@Suite("DetectionPipeline, rows that arrive")
struct DetectionPipelineArrivalTests {
  private typealias Samples = PipelineSamples

  /// A picture of 64 x 64 pixels that say where they are, as soon as `arrive` is called.
  private func arrive(_ rows: Range<Int>, of image: PixelBuffer) {
    image.withUnfilledBytes { bytes in
      for y in rows {
        for x in 0..<64 {
          let offset = (y * 64 + x) * 3
          bytes[offset] = UInt8(x)
          bytes[offset + 1] = UInt8(y)
          bytes[offset + 2] = 0
        }
      }
    }
    image.advance(toRows: rows.upperBound)
  }

  @Test("a slice is inferred when its last row is there, not earlier")
  func order() async throws {
    let image = PixelBuffer(arrivingWithWidth: 64, height: 64)
    let (starts, continuation) = AsyncStream.makeStream(of: Int.self)
    let detector = ScriptedDetector(model: Samples.model(), concurrency: 4) { call in
      #expect(image.readyRows >= Samples.corner(call).y + 32)
      continuation.yield(Samples.corner(call).y)
      return Samples.yolov8([[16, 16, 8, 8, 0.5]])
    }
    async let found = DetectionPipeline(detector: detector).detect(
      in: image, options: Samples.plainSlices, lane: Samples.lane)
    var started = starts.makeAsyncIterator()
    arrive(0..<31, of: image)
    await Task.yield()
    arrive(31..<32, of: image)
    #expect([await started.next(), await started.next()] == [0, 0])
    arrive(32..<64, of: image)
    let detections = try await found.detections
    #expect(detector.startedCount == 4)
    let whole = try await DetectionPipeline(detector: detector).detect(
      in: Samples.coordinates(width: 64, height: 64), options: Samples.plainSlices,
      lane: Samples.lane)
    #expect(detections == whole.detections)
  }

  @Test("a picture that breaks off ends the run with the decoder's error")
  func brokenPicture() async {
    let image = PixelBuffer(arrivingWithWidth: 64, height: 64)
    let failure = DetectionError(.corruptedFile, "cut off")
    let detector = ScriptedDetector(model: Samples.model()) { _ in
      image.fail(failure)
      return Samples.yolov8([])
    }
    arrive(0..<32, of: image)
    await #expect(throws: failure) {
      try await DetectionPipeline(detector: detector).detect(
        in: image, options: Samples.plainSlices, lane: Samples.lane)
    }
    #expect(detector.startedCount == 2)
  }
}
