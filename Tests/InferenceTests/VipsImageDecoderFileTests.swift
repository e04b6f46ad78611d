import Foundation
import Inference
import NIOPosix
import ObjectDetection
import TestSupport
import Testing

@Suite("VipsImageDecoder: files, limits and cancellation")
struct VipsImageDecoderFileTests {
  /// 96x72 pixels.
  private let picture = Checkout.imageFixture("png-rgb8.png")

  private func code(_ path: String, _ limits: ImageLimits = ImageLimits()) async
    -> DetectionError.Code?
  {
    await detectionError { _ = try await EngineFixture.decode(path, limits: limits) }?.code
  }

  @Test("a file of exactly the allowed bytes is read, one byte more is not")
  func byteLimit() async throws {
    let size = try Checkout.data(picture).count
    _ = try await EngineFixture.decode(picture, limits: ImageLimits(maxBytes: size))
    #expect(await code(picture, ImageLimits(maxBytes: size - 1)) == .fileTooLarge)
  }

  @Test("sides of exactly the limits are read, one pixel more or less is not")
  func sideLimits() async throws {
    _ = try await EngineFixture.decode(picture, limits: ImageLimits(minSide: 72, maxSide: 96))
    #expect(await code(picture, ImageLimits(minSide: 73)) == .invalidDimensions)
    #expect(await code(picture, ImageLimits(maxSide: 95)) == .invalidDimensions)
  }

  @Test("the size in a message is that of the upright picture")
  func uprightSize() async throws {
    let path = Checkout.imageFixture("jpeg-orientation-6.jpg")
    let error = await detectionError {
      _ = try await EngineFixture.decode(path, limits: ImageLimits(maxSide: 80))
    }
    #expect(error?.message.contains("96x72") == true)
  }

  @Test("what is no readable file is not found", arguments: ["nothing.jpg", "folder.jpg", "fifo"])
  func notAFile(_ name: String) async throws {
    let folder = try TemporaryFolder()
    let path = folder.path(name)
    if name == "folder.jpg" {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    if name == "fifo" { #expect(mkfifo(path, 0o600) == 0) }
    let error = await detectionError { _ = try await EngineFixture.decode(path) }
    #expect(error?.code == .fileNotFound)
    #expect(error?.message.contains(name) == true)
  }

  @Test("a file without permission is not found", .enabled(if: geteuid() != 0, "root may read all"))
  func unreadable() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.copy(picture, to: "secret.png")
    #expect(chmod(path, 0) == 0)
    #expect(await code(path) == .fileNotFound)
  }

  @Test("a read that fails becomes an error of the decoder")
  func readError() async throws {
    // A regular file whose first byte cannot be read, also by root: nothing is mapped at address 0.
    #expect(await code("/proc/self/mem") == .fileNotFound)
  }

  @Test(
    "a file's name is only a name",
    arguments: ["brackets [shrink=2].png", "colon:page=1.png", "día 1 %d.png", "'q\"uote.png"])
  func oddNames(_ name: String) async throws {
    let folder = try TemporaryFolder()
    let image = try await EngineFixture.decode(try folder.copy(picture, to: name))
    #expect(image.width == 96)
  }

  @Test("a file that was replaced is read anew")
  func noStalePixels() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.copy(picture, to: "picture.png")
    let first = try await EngineFixture.decode(path)
    #expect(first.pixel(0, 0) == [220, 40, 30])
    try folder.copy(Checkout.imageFixture("png-grey8.png"), to: "picture.png")
    let second = try await EngineFixture.decode(path)
    #expect(second.pixel(0, 0) == [93, 93, 93])
  }

  @Test("a cancelled task reads nothing")
  func cancelledBefore() async throws {
    let decoder = try EngineFixture.decoder()
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      _ = try await decoder.decode(path: "/nowhere", limits: ImageLimits())
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test("a task that is cancelled while it waits for the thread reads nothing")
  func cancelledWhileWaiting() async throws {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let isBusy = AsyncStream<Never>.makeStream()
    let gate = DispatchSemaphore(value: 0)
    pool.submit { _ in
      isBusy.continuation.finish()
      gate.wait()
    }
    for await _ in isBusy.stream {}
    let decoder = try EngineFixture.decoder(on: pool)
    let task = Task { _ = try await decoder.decode(path: "/nowhere", limits: ImageLimits()) }
    task.cancel()
    gate.signal()
    await #expect(throws: CancellationError.self) { try await task.value }
    try await pool.shutdownGracefully()
  }

  @Test("a cancellation at any moment ends in a picture or a CancellationError")
  func cancelledWhileDecoding() async throws {
    let decoder = try EngineFixture.decoder()
    let path = Checkout.sample("scene-large.jpg")
    for round in 0..<20 {
      let task = Task { try await decoder.decode(path: path, limits: ImageLimits()) }
      for _ in 0..<round * 40 { await Task.yield() }
      task.cancel()
      do {
        let image = try await task.value
        #expect(image.width == 2560)
      } catch {
        #expect(error is CancellationError, "\(error)")
      }
    }
  }

  @Test("pictures that are decoded side by side equal those that are decoded alone")
  func sideBySide() async throws {
    let names = ["jpeg-420.jpg", "png-rgb16.png", "tiff-tiles.tif", "jpeg-orientation-7.jpg"]
    let alone = try await bytes(of: names[...])
    let together = try await withThrowingTaskGroup(of: [[UInt8]].self) { group in
      for _ in 0..<6 { group.addTask { try await bytes(of: names[...]) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(together.allSatisfy { $0 == alone })
  }

  private func bytes(of names: ArraySlice<String>) async throws -> [[UInt8]] {
    var found: [[UInt8]] = []
    for name in names {
      found.append(try await EngineFixture.decode(Checkout.imageFixture(name)).bytes)
    }
    return found
  }
}
