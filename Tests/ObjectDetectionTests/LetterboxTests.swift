import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

/// One picture that Ultralytics' `LetterBox(auto=False, scaleup=True)` scaled with OpenCV 5.0.
private struct LetterboxCase: Decodable, Sendable, CustomTestStringConvertible {
  var note: String
  var seed: UInt32
  var source: [Int]
  var target: [Int]
  var resized: [Int]
  var left: Int
  var top: Int
  var right: Int
  var bottom: Int
  var firstSourceBytes: [UInt8]
  var output: Data

  var testDescription: String { "\(note): \(source) to \(target)" }

  var letterbox: Letterbox {
    Letterbox(
      sourceWidth: source[0], sourceHeight: source[1], inputWidth: target[0],
      inputHeight: target[1])
  }

  /// The noise that the fixture's `rule` describes.
  var noise: [UInt8] {
    var value = seed
    return (0..<(source[0] * source[1] * 3)).map { _ in
      value = value &* 1_664_525 &+ 1_013_904_223
      return UInt8(value >> 24)
    }
  }
}

/// The letterboxed region, of a tensor that held rubbish before.
private func filled(
  _ letterbox: Letterbox, from image: PixelBuffer, region: PixelRegion
) -> [UInt8] {
  var input = [UInt8](
    repeating: 0xCD, count: letterbox.inputWidth * letterbox.inputHeight * 3)
  input.withUnsafeMutableBytes { letterbox.fill($0, from: image, region: region) }
  return input
}

private func picture(width: Int, height: Int, _ bytes: [UInt8]) -> PixelBuffer {
  PixelBuffer(width: width, height: height) { $0.copyBytes(from: bytes) }
}

@Suite("Letterbox")
struct LetterboxTests {
  @Test(
    "bytes and padding are those of Ultralytics and OpenCV",
    arguments: try Fixtures.cases(LetterboxCase.self, of: "letterbox.json"))
  private func bytes(expected: LetterboxCase) {
    let letterbox = expected.letterbox
    let noise = expected.noise
    #expect(Array(noise.prefix(3)) == expected.firstSourceBytes)
    #expect([letterbox.scaledWidth, letterbox.scaledHeight] == expected.resized)
    #expect(letterbox.left == expected.left)
    #expect(letterbox.top == expected.top)
    #expect(letterbox.inputWidth - letterbox.left - letterbox.scaledWidth == expected.right)
    #expect(letterbox.inputHeight - letterbox.top - letterbox.scaledHeight == expected.bottom)
    let (width, height) = (expected.source[0], expected.source[1])
    let output = filled(
      letterbox, from: picture(width: width, height: height, noise),
      region: PixelRegion(x: 0, y: 0, width: width, height: height))
    #expect(output.elementsEqual(expected.output))
  }

  @Test(
    "a region sees nothing of its neighbours",
    arguments: try Fixtures.cases(LetterboxCase.self, of: "letterbox.json"))
  private func regionOfLargerImage(expected: LetterboxCase) {
    let (width, height) = (expected.source[0], expected.source[1])
    let margin = 3
    let noise = expected.noise
    let region = PixelRegion(x: margin, y: margin, width: width, height: height)
    for surrounding: UInt8 in [0, 255] {
      let stride = width + 2 * margin
      var bytes = [UInt8](repeating: surrounding, count: stride * (height + 2 * margin) * 3)
      for row in 0..<height {
        let target = ((row + margin) * stride + margin) * 3
        let source = row * width * 3
        bytes.replaceSubrange(
          target..<(target + width * 3), with: noise[source..<(source + width * 3)])
      }
      let image = picture(width: stride, height: height + 2 * margin, bytes)
      let output = filled(expected.letterbox, from: image, region: region)
      #expect(output.elementsEqual(expected.output), "neighbours of \(surrounding)")
    }
  }

  @Test("a region of the input's size is copied byte for byte")
  func identity() {
    let bytes = [UInt8](0..<105)
    let letterbox = Letterbox(sourceWidth: 4, sourceHeight: 3, inputWidth: 4, inputHeight: 3)
    let output = filled(
      letterbox, from: picture(width: 7, height: 5, bytes),
      region: PixelRegion(x: 2, y: 1, width: 4, height: 3))
    // Rows of 21 bytes; the region starts 6 bytes into row 1 and is 12 bytes wide.
    let rows: [ClosedRange<UInt8>] = [27...38, 48...59, 69...80]
    #expect(output == rows.flatMap { Array($0) })
  }

  @Test("padding is 114 on every side, an odd pixel of it to the right and below")
  func padding() {
    let white = picture(width: 2, height: 1, [UInt8](repeating: 255, count: 6))
    let letterbox = Letterbox(sourceWidth: 2, sourceHeight: 1, inputWidth: 2, inputHeight: 4)
    let output = filled(
      letterbox, from: white, region: PixelRegion(x: 0, y: 0, width: 2, height: 1))
    // Three rows are free: one above, two below.
    let grey = [UInt8](repeating: 114, count: 6)
    #expect(output == grey + [UInt8](repeating: 255, count: 6) + grey + grey)
  }
}

@Suite("Letterbox, back to the image")
struct LetterboxInverseTests {
  /// A box in input pixels, and what Ultralytics' `scale_boxes` 8.4.190 makes of it before clipping:
  /// (x - pad) / (rounded size / source size), written out by hand.
  struct Example: Sendable {
    var source: (Int, Int)
    var input: (Int, Int)
    var box: [Float]
    var expected: [Double]
  }

  @Test(
    "boxes go through scale_boxes' formula",
    arguments: [
      // Nothing is scaled or padded.
      Example(source: (640, 640), input: (640, 640), box: [1, 2, 3, 4], expected: [1, 2, 3, 4]),
      // Scaled to 640 x 360: gain 1/3, 140 rows above.
      Example(
        source: (1920, 1080), input: (640, 640), box: [0, 140, 640, 500],
        expected: [0, 0, 1920, 1080]),
      Example(
        source: (1920, 1080), input: (640, 640), box: [10, 150, 20, 170],
        expected: [30, 30, 60, 90]),
      // 500 x 333 becomes 640 x 426 (426.24 rounded), 107 rows above: each axis has its own gain.
      Example(
        source: (500, 333), input: (640, 640), box: [64, 107, 128, 533],
        expected: [50, 0, 100, 333]),
      Example(
        source: (500, 333), input: (640, 640), box: [0, 120, 640, 320],
        expected: [0, 13 * 333 / 426.0, 500, 213 * 333 / 426.0]),
      // 27 x 32 becomes 14 x 16 (13.5 rounded to even), one column to the left.
      Example(
        source: (27, 32), input: (16, 16), box: [1, 0, 8, 8], expected: [0, 0, 13.5, 16]),
      // One pixel wide: 2 x 150 becomes 1 x 24, 11 columns to the left, gain 1/2 and 24/150.
      Example(
        source: (2, 150), input: (24, 24), box: [11, 0, 12, 12], expected: [0, 0, 2, 75]),
    ])
  func boxes(example: Example) {
    let letterbox = Letterbox(
      sourceWidth: example.source.0, sourceHeight: example.source.1, inputWidth: example.input.0,
      inputHeight: example.input.1)
    let box = letterbox.inverse(
      BoundingBox(
        xMin: example.box[0], yMin: example.box[1], xMax: example.box[2], yMax: example.box[3]))
    let found = [box.xMin, box.yMin, box.xMax, box.yMax]
    #expect(agree([found], [example.expected.map(Float.init)], within: 1e-3))
  }

  @Test("oriented boxes are scaled, their angle stays")
  func orientedBoxes() {
    let letterbox = Letterbox(
      sourceWidth: 1920, sourceHeight: 1080, inputWidth: 640, inputHeight: 640)
    let box = letterbox.inverse(
      OrientedBox(centerX: 100, centerY: 240, width: 30, height: 10, angle: 0.5))
    let found = [box.centerX, box.centerY, box.width, box.height, box.angle]
    #expect(agree([found], [[300, 300, 90, 30, 0.5]], within: 1e-3))
  }
}
