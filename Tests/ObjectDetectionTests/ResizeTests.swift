import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

/// One picture of noise that Pillow and torchvision resized.
private struct ResizeCase: Decodable, Sendable, CustomTestStringConvertible {
  var seed: UInt32
  var source: [Int]
  var target: [Int]
  var pillow: Data
  var torchvision: Data
  var unrounded: Data

  var testDescription: String { "\(source) to \(target)" }

  var noise: PixelBuffer {
    PixelBuffer(width: source[0], height: source[1]) { bytes in
      var value = seed
      for index in bytes.indices {
        value = value &* 1_664_525 &+ 1_013_904_223
        bytes[index] = UInt8(value >> 24)
      }
    }
  }

  /// The stretched picture, of a tensor that held rubbish before.
  func filled(_ interpolation: InputPreparation.Interpolation, bytesPerValue: Int = 1) -> [UInt8] {
    let letterbox = Letterbox(
      sourceWidth: source[0], sourceHeight: source[1], inputWidth: target[0],
      inputHeight: target[1], fit: .stretched, interpolation: interpolation)
    var input = [UInt8](repeating: 0xCD, count: target[0] * target[1] * 3 * bytesPerValue)
    input.withUnsafeMutableBytes {
      letterbox.fill(
        $0, from: noise, region: PixelRegion(x: 0, y: 0, width: source[0], height: source[1]))
    }
    return input
  }
}

@Suite("Letterbox: the resizing of transformers")
struct ResizeTests {
  @Test(
    "bytes are those of Pillow; for tall pictures, where Pillow 13 takes rows first, within a level",
    arguments: try Fixtures.cases(ResizeCase.self, of: "resizes.json"))
  private func pillow(expected: ResizeCase) {
    let bytes = expected.filled(.pillow)
    let isTall = expected.source[1] > 3 * expected.source[0]
    let allowed = isTall ? 1 : 0
    #expect(bytes.count == expected.pillow.count)
    #expect(zip(bytes, expected.pillow).allSatisfy { abs(Int($0) - Int($1)) <= allowed })
  }

  @Test(
    "bytes are those of torchvision, whose weights are shorter",
    arguments: try Fixtures.cases(ResizeCase.self, of: "resizes.json"))
  private func torchvision(expected: ResizeCase) {
    #expect(expected.filled(.torchvision).elementsEqual(expected.torchvision))
  }

  @Test("Pillow and torchvision differ somewhere, so that the two tests differ")
  func differ() throws {
    let cases = try Fixtures.cases(ResizeCase.self, of: "resizes.json")
    #expect(cases.contains { $0.pillow != $0.torchvision })
  }

  @Test(
    "floats are those of torchvision, unrounded",
    arguments: try Fixtures.cases(ResizeCase.self, of: "resizes.json"))
  private func unrounded(expected: ResizeCase) {
    let floats = expected.filled(.unrounded, bytesPerValue: 4).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
    let theirs = [UInt8](expected.unrounded).withUnsafeBytes {
      Array($0.bindMemory(to: Float.self))
    }
    #expect(floats.count == theirs.count)
    // A weight has 24 bits: a hundredth of a level is more than what their order of operations may cost.
    #expect(zip(floats, theirs).allSatisfy { abs($0 - $1) < 0.01 })
  }
}

@Suite("Letterbox: other fits")
struct LetterboxFitTests {
  private let box = BoundingBox(xMin: 32, yMin: 64, xMax: 128, yMax: 96)

  @Test(
    "in the top left corner sides are cut to whole pixels, and boxes go back by the ratio itself")
  func topLeft() {
    // YOLOX' preproc for 1249 x 1035 in 256 x 256: 256 / 1249 times 1249 is a little less than 256 in 64 bits.
    let letterbox = Letterbox(
      sourceWidth: 1249, sourceHeight: 1035, inputWidth: 256, inputHeight: 256, fit: .topLeft)
    #expect(letterbox.scaledWidth == 255 && letterbox.scaledHeight == 212)
    #expect(letterbox.left == 0 && letterbox.top == 0)
    let back = letterbox.inverse(box)
    let ratio: Float = 256 / 1249
    #expect(abs(back.xMin - 32 / ratio) < 1e-3 && abs(back.yMax - 96 / ratio) < 1e-3)
  }

  @Test("what the corner leaves over is grey, to the right and below")
  func topLeftPadding() {
    let white = PixelBuffer(width: 2, height: 1) {
      $0.initializeMemory(as: UInt8.self, repeating: 255)
    }
    let letterbox = Letterbox(
      sourceWidth: 2, sourceHeight: 1, inputWidth: 3, inputHeight: 2, fit: .topLeft)
    // The ratio is 1.5: 3 x 1 pixels.
    var input = [UInt8](repeating: 0, count: 18)
    input.withUnsafeMutableBytes {
      letterbox.fill($0, from: white, region: PixelRegion(x: 0, y: 0, width: 2, height: 1))
    }
    #expect(input == [UInt8](repeating: 255, count: 9) + [UInt8](repeating: 114, count: 9))
  }

  @Test("stretched, each axis has its own factor and nothing is left over")
  func stretched() {
    let letterbox = Letterbox(
      sourceWidth: 512, sourceHeight: 128, inputWidth: 256, inputHeight: 256, fit: .stretched)
    #expect(letterbox.scaledWidth == 256 && letterbox.scaledHeight == 256)
    // Twice as wide and half as high as in the input.
    #expect(letterbox.inverse(box) == BoundingBox(xMin: 64, yMin: 32, xMax: 256, yMax: 48))
  }

  @Test("the smallest result is a pixel, also in the corner")
  func thin() {
    let letterbox = Letterbox(
      sourceWidth: 1000, sourceHeight: 2, inputWidth: 100, inputHeight: 100, fit: .topLeft)
    #expect(letterbox.scaledWidth == 100 && letterbox.scaledHeight == 1)
  }
}
