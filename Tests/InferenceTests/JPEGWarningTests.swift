import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

/// What Pillow 13 and OpenCV 5 accept without a word must pass here too, although libjpeg warns.
@Suite("VipsImageDecoder: JPEG files that libjpeg warns of")
struct JPEGWarningTests {
  private let sound: Data
  private let scanHeader: Range<Int>
  private let folder = Result { try TemporaryFolder() }

  init() throws {
    sound = try Checkout.data(Checkout.imageFixture("jpeg-444.jpg"))
    scanHeader = try #require(sound.firstRange(of: Data([0xff, 0xda, 0x00, 0x0c])))
  }

  private func decode(_ bytes: Data) async throws -> PixelBuffer {
    try await EngineFixture.decode(try folder.get().write(bytes, to: "picture.jpg"))
  }

  @Test("extraneous bytes before a marker are passed over")
  func extraneousBytes() async throws {
    // The first segment, APP0, ends at byte 20.
    let image = try await decode(sound.prefix(20) + Data([0, 0, 0]) + sound.dropFirst(20))
    #expect(image.bytes == (try await decode(sound)).bytes)
  }

  @Test("a sequential scan whose last coefficient is not 63 is read, as telephones write it")
  func scanParameters() async throws {
    var bytes = sound
    // FFDA, length, 3 components of 2 bytes, then first and last coefficient: Se is the twelfth byte.
    #expect(bytes[scanHeader.lowerBound + 12] == 63)
    bytes[scanHeader.lowerBound + 12] = 0
    #expect(try await decode(bytes).bytes == (try await decode(sound)).bytes)
  }

  @Test("bytes behind the end are ignored")
  func trailingBytes() async throws {
    #expect(try await decode(sound + Data("rubbish".utf8)).bytes == (try await decode(sound)).bytes)
  }

  @Test("a scan that ends early with a sound end marker is damaged")
  func earlyEnd() async throws {
    let half = (scanHeader.lowerBound + sound.count) / 2
    let error = await detectionError {
      _ = try await decode(sound.prefix(half) + Data([0xff, 0xd9]))
    }
    #expect(error?.code == .corruptedFile)
  }

  @Test("a damaged file is damaged also after one that only caused warnings")
  func warningsOfOthers() async throws {
    _ = try await decode(sound.prefix(20) + Data([0, 0, 0]) + sound.dropFirst(20))
    try await earlyEnd()
  }

  @Test("a missing end marker is damage: Pillow refuses it too")
  func noEndMarker() async throws {
    let error = await detectionError { _ = try await decode(sound.dropLast(2)) }
    #expect(error?.code == .corruptedFile)
  }
}
