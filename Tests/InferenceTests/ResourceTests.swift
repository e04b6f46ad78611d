import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

/// Each in a process of its own, so that nobody else's memory and files are counted.
@Suite("Memory, files and cancellation", .serialized)
struct ResourceTests {
  @Test("thirty loads of a model in a row keep neither memory nor files")
  func loads() async {
    await #expect(processExitsWith: .success) {
      let path = Checkout.model("tree-crowns.onnx")
      // The allocator's and OpenVINO's own pools fill during the first loads.
      for _ in 0..<10 { _ = try await EngineFixture.detector(path) }
      let before = try ProcessResources.now()
      for _ in 0..<30 { _ = try await EngineFixture.detector(path) }
      // The model's weights have 10 MB: kept copies would make 300 MiB.
      try before.expectNoGrowth(allowing: 60)
    }
  }

  @Test("a hundred refused models and damaged pictures keep neither memory nor files")
  func refusals() async {
    await #expect(processExitsWith: .success) {
      func refuse() async throws {
        for model in ["classify.onnx", "batch4.onnx", "output-rank2.onnx"] {
          let error = await detectionError {
            _ = try await EngineFixture.detector(Checkout.modelFixture(model))
          }
          #expect(error != nil)
        }
        for picture in VipsImageDecoderTests.hostile {
          let error = await detectionError {
            _ = try await EngineFixture.decode(Checkout.imageFixture(picture.file))
          }
          #expect(error != nil)
        }
      }
      for _ in 0..<5 { try await refuse() }
      let before = try ProcessResources.now()
      for _ in 0..<100 { try await refuse() }
      try before.expectNoGrowth(allowing: 32)
    }
  }

  @Test("five hundred pictures keep neither memory nor files")
  func decoding() async {
    await #expect(processExitsWith: .success) {
      func decodeAll() async throws {
        for name in ["jpeg-420.jpg", "png-rgba8.png", "tiff-deflate.tif", "tiff-alpha.tif"] {
          _ = try await EngineFixture.decode(Checkout.imageFixture(name))
        }
        // 3.9 MB of pixels.
        _ = try await EngineFixture.decode(Checkout.sample("yell-541000.jpg"))
      }
      // The allocator keeps what several threads gave back; it stops growing after some rounds.
      for _ in 0..<60 { try await decodeAll() }
      let before = try ProcessResources.now()
      for _ in 0..<100 { try await decodeAll() }
      try before.expectNoGrowth(allowing: 24)
    }
  }

  @Test(
    "a detection that is cancelled at any slice ends at once, keeps nothing, and the next one works"
  )
  func cancellations() async {
    await #expect(processExitsWith: .success) {
      let detector = try await EngineFixture.detector(Checkout.model("tree-crowns.onnx"))
      let pipeline = DetectionPipeline(detector: detector)
      let large = PixelBuffer(patternOfWidth: 3000, height: 3000)

      /// Cancels itself after that many slices.
      func cancelled(after slices: Int) async throws {
        let task = Task {
          if slices == 0 { withUnsafeCurrentTask { $0?.cancel() } }
          _ = try await pipeline.detect(
            in: large, options: DetectionOptions(), lane: ImageLane(id: UInt64(slices))
          ) { progress in
            // 37 regions: the cancellation leaves most of them undone.
            #expect(progress.finished < 20)
            if progress.finished == slices { withUnsafeCurrentTask { $0?.cancel() } }
          }
        }
        await #expect(throws: CancellationError.self) { try await task.value }
      }
      _ = try await EngineFixture.detectTrees(with: detector)
      for slices in 0..<5 { try await cancelled(after: slices) }
      let before = try ProcessResources.now()
      for round in 0..<25 { try await cancelled(after: round % 5) }
      try before.expectNoGrowth(allowing: 48)
      let found = try await EngineFixture.detectTrees(with: detector)
      #expect((190...200).contains(found.detections.count))
    }
  }

  @Test("a cancelled picture does not disturb another one that is under way")
  func neighbours() async throws {
    let detector = try await EngineFixture.detector(Checkout.model("tree-crowns.onnx"))
    let alone = try await EngineFixture.detectTrees(with: detector).detections
    let large = PixelBuffer(patternOfWidth: 2000, height: 2000)
    async let neighbour = EngineFixture.detectTrees(with: detector, lane: 1)
    for round in 0..<5 {
      let task = Task {
        _ = try await DetectionPipeline(detector: detector).detect(
          in: large, options: DetectionOptions(), lane: ImageLane(id: 2)
        ) { progress in
          if progress.finished > round % 2 { withUnsafeCurrentTask { $0?.cancel() } }
        }
      }
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    #expect(try await neighbour.detections == alone)
  }
}
