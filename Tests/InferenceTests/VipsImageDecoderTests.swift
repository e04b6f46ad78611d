import Foundation
import Inference
import NIOPosix
import ObjectDetection
import TestSupport
import Testing

@Suite("VipsImageDecoder")
struct VipsImageDecoderTests {
  @Test("the manifest holds the pictures that these tests are about")
  func manifestIsComplete() throws {
    let manifest = try ImageManifest.load()
    #expect(manifest.images.count == 52)
    #expect(manifest.refused.count == 7)
    #expect(Set(manifest.hostile.map(\.file)) == Set(Self.hostile.map(\.file)))
  }

  @Test(
    "a picture is upright RGB of the size and colours that other readers see",
    arguments: try ImageManifest.load().images)
  func decodes(_ expected: ImageManifest.Accepted) async throws {
    let image = try await EngineFixture.decode(Checkout.imageFixture(expected.file))
    #expect(image.width == expected.width)
    #expect(image.height == expected.height)
    for sample in expected.samples {
      let found = image.pixel(sample.x, sample.y)
      let difference = zip(found, sample.colour).map { abs($0 - $1) }.max() ?? 255
      #expect(
        difference <= expected.tolerance,
        "at \(sample.x), \(sample.y): \(found), expected is \(sample.colour)")
    }
  }

  @Test(
    "samples that are no 8 or 16 bit unsigned integers are refused, naming the file",
    arguments: try ImageManifest.load().refused)
  func refusesSamples(_ picture: ImageManifest.Refused) async throws {
    let error = try #require(
      await detectionError {
        _ = try await EngineFixture.decode(Checkout.imageFixture(picture.file))
      })
    #expect(error.code == .invalidFormat)
    #expect(error.message.contains(picture.file))
  }

  struct Hostile: Sendable, CustomTestStringConvertible {
    var file: String
    var code: DetectionError.Code
    var testDescription: String { "\(file): \(code.rawValue)" }
  }

  static let hostile: [Hostile] = [
    Hostile(file: "hostile/text.jpg", code: .invalidFormat),
    Hostile(file: "hostile/empty.png", code: .invalidFormat),
    Hostile(file: "hostile/gif.png", code: .invalidFormat),
    Hostile(file: "hostile/webp.png", code: .invalidFormat),
    Hostile(file: "hostile/bmp.png", code: .invalidFormat),
    Hostile(file: "hostile/svg.png", code: .invalidFormat),
    Hostile(file: "hostile/png-50000.png", code: .invalidDimensions),
    Hostile(file: "hostile/png-200000.png", code: .invalidDimensions),
    Hostile(file: "hostile/jpeg-65500.jpg", code: .invalidDimensions),
    Hostile(file: "hostile/png-63x64.png", code: .invalidDimensions),
    Hostile(file: "hostile/tiff-100000.tif", code: .invalidDimensions),
    Hostile(file: "hostile/tiff-ifd-loop.tif", code: .invalidDimensions),
    Hostile(file: "hostile/jpeg-garbage-scan.jpg", code: .corruptedFile),
    Hostile(file: "hostile/tiff-offset-past-end.tif", code: .corruptedFile),
  ]

  @Test("a hostile file becomes the right error in one line, naming the file", arguments: hostile)
  func refusesHostile(_ picture: Hostile) async throws {
    let error = try #require(
      await detectionError {
        _ = try await EngineFixture.decode(Checkout.imageFixture(picture.file))
      })
    #expect(error.code == picture.code)
    #expect(error.message.contains((picture.file as NSString).lastPathComponent))
    #expect(!error.description.contains("\n"))
  }

  @Test(
    "a file that was cut short never becomes a picture",
    arguments: [
      "Samples/scene-1.jpg", "Tests/Fixtures/images/jpeg-progressive.jpg",
      "Tests/Fixtures/images/png-rgb8.png", "Tests/Fixtures/images/png-rgb8-interlaced.png",
      "Tests/Fixtures/images/tiff-strips.tif", "Tests/Fixtures/images/tiff-tiles.tif",
      "Tests/Fixtures/images/tiff-deflate.tif", "Tests/Fixtures/images/tiff-bigtiff.tif",
    ], [0.02, 0.3, 0.6, 0.9])
  func truncated(_ file: String, _ share: Double) async throws {
    let whole = try Checkout.data(Checkout.path(file))
    let folder = try TemporaryFolder()
    // At least the eight bytes by which the format is told.
    let count = max(8, Int(Double(whole.count) * share))
    let path = try folder.write(whole.prefix(count), to: "cut.\((file as NSString).pathExtension)")
    let error = try #require(
      await detectionError { _ = try await EngineFixture.decode(path) }, "\(count) bytes")
    #expect(error.code == .corruptedFile || error.code == .invalidFormat)
    #expect(error.message.contains("cut."))
  }

  @Test("fewer bytes than a format's first eight are no picture", arguments: 0..<8)
  func headOnly(_ count: Int) async throws {
    let folder = try TemporaryFolder()
    let head = try Checkout.data(Checkout.imageFixture("png-rgb8.png")).prefix(count)
    let path = try folder.write(head, to: "head.png")
    let error = await detectionError { _ = try await EngineFixture.decode(path) }
    #expect(error?.code == .invalidFormat)
  }

  @Test("random bytes behind a right start never crash", arguments: 0..<24)
  func garbage(_ round: Int) async throws {
    let seed = UInt64.random(in: .min ... .max)
    var generator = SeededGenerator(seed: seed)
    let sources = ["jpeg-420.jpg", "png-rgb8.png", "tiff-deflate.tif"]
    var bytes = try Checkout.data(Checkout.imageFixture(sources[round % 3]))
    for _ in 0..<20 {
      bytes[Int.random(in: 8..<bytes.count, using: &generator)] = UInt8.random(
        in: 0...255, using: &generator)
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "noise.bin")
    do {
      let image = try await EngineFixture.decode(path)
      #expect(image.width <= 8192 && image.height <= 8192, "seed \(seed)")
    } catch {
      #expect(error is DetectionError, "seed \(seed): \(error)")
    }
  }
}
