import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

@Suite("MaskPrototypes")
struct MaskPrototypesTests {
  private func prototypes(
    _ values: [Float], shape: [Int], factors: [[Float]], of candidates: [Int]
  ) throws -> MaskPrototypes {
    try values.withUnsafeBufferPointer {
      try MaskPrototypes(
        OutputTensor(values: $0, shape: shape), factors: factors, of: candidates)
    }
  }

  private func letterbox(_ width: Int, _ height: Int, input: Int = 8) -> Letterbox {
    Letterbox(sourceWidth: width, sourceHeight: height, inputWidth: input, inputHeight: input)
  }

  private func box(_ xMin: Float, _ yMin: Float, _ xMax: Float, _ yMax: Float) -> BoundingBox {
    BoundingBox(xMin: xMin, yMin: yMin, xMax: xMax, yMax: yMax)
  }

  /// One mask of two columns, -1 and 1: over 8 pixels the middles of the samples are at 2 and 6, zero is at 4. Pixel 3,
  /// whose middle is 3.5, has -1/4.
  private func halves(factors: [[Float]] = [[1]]) throws -> MaskPrototypes {
    try prototypes(
      [-1, 1, -1, 1], shape: [1, 1, 2, 2], factors: factors, of: Array(factors.indices))
  }

  @Test(
    "a pixel is the object's where the interpolated mixture is above zero and it lies in the box")
  func halfPlane() throws {
    let region = PixelRegion(x: 0, y: 0, width: 8, height: 8)
    let prototypes = try halves(factors: [[2], [-1], [0]])
    let placement = MaskPlacement(letterbox(8, 8), of: region, prototypes: prototypes)
    let right = prototypes.mask(of: 0, in: box(0, 0, 8, 8), placement)
    #expect(right?.bounds == box(4, 0, 8, 8))
    #expect(right?.areaPixels == 32)
    let left = prototypes.mask(of: 1, in: box(0, 0, 8, 8), placement)
    #expect(left?.bounds == box(0, 0, 4, 8))
    // Columns 1 <= x < 6.5 and rows 2.5 <= y < 4.
    #expect(
      prototypes.mask(of: 0, in: box(1, 2.5, 6.5, 4), placement)?.bounds == box(4, 3, 7, 4))
    #expect(prototypes.mask(of: 0, in: box(0, 0, 4, 8), placement) == nil)
    #expect(prototypes.mask(of: 2, in: box(0, 0, 8, 8), placement) == nil)
    #expect(prototypes.mask(of: 3, in: box(0, 0, 8, 8), placement) == nil, "no such candidate")
  }

  @Test("a slice's masks lie where the slice does")
  func shifted() throws {
    let region = PixelRegion(x: 100, y: 50, width: 8, height: 8)
    let prototypes = try halves()
    let placement = MaskPlacement(letterbox(8, 8), of: region, prototypes: prototypes)
    #expect(
      prototypes.mask(of: 0, in: box(100, 50, 108, 58), placement)?.bounds
        == box(104, 50, 108, 58))
  }

  @Test("a letterboxed picture's masks are its own pixels, without the bars")
  func letterboxed() throws {
    // 32 x 16 pixels are 8 x 4 of the input, with bars of 2 above and below.
    let region = PixelRegion(x: 0, y: 0, width: 32, height: 16)
    let across = try halves()
    let placement = MaskPlacement(letterbox(32, 16), of: region, prototypes: across)
    // Zero is at 4 * 4 = 16 from the left, between two pixels.
    #expect(
      across.mask(of: 0, in: box(0, 0, 32, 16), placement)?.bounds == box(16, 0, 32, 16))
    // Two rows, -1 and 1: zero is in the input's middle, which is the picture's.
    let down = try prototypes(
      [-1, -1, 1, 1], shape: [1, 1, 2, 2], factors: [[1]], of: [0])
    #expect(down.mask(of: 0, in: box(0, 0, 32, 16), placement)?.bounds == box(0, 8, 32, 16))
  }

  @Test("prototypes are mixed by the candidate's own factors")
  func mixture() throws {
    // Left half and right half; candidates are found by their number, not by their place.
    let prototypes = try prototypes(
      [1, -1, 1, -1, -1, 1, -1, 1], shape: [1, 2, 2, 2], factors: [[1, 0.5], [0.25, 1]],
      of: [7, 9])
    let region = PixelRegion(x: 0, y: 0, width: 8, height: 8)
    let placement = MaskPlacement(letterbox(8, 8), of: region, prototypes: prototypes)
    #expect(prototypes.mask(of: 7, in: box(0, 0, 8, 8), placement)?.bounds.xMin == 0)
    #expect(prototypes.mask(of: 9, in: box(0, 0, 8, 8), placement)?.bounds.xMin == 4)
  }

  @Test("boxes that are no boxes have no mask, and none leaves the rows that a mask can have")
  func impossible() throws {
    let prototypes = try halves()
    let region = PixelRegion(x: 0, y: 0, width: 8, height: 8)
    let placement = MaskPlacement(letterbox(8, 8), of: region, prototypes: prototypes)
    for box in [box(.nan, 0, 8, 8), box(4, 4, 4, 4), box(8, 8, 1, 1), box(0, 0, .nan, 8)] {
      _ = prototypes.mask(of: 0, in: box, placement)
    }
    let wide = prototypes.mask(of: 0, in: box(0, 0, .infinity, 2), placement)
    #expect(wide?.bounds.xMax == Float(UInt16.max))
  }

  @Test("a tensor of another shape is an error")
  func shapes() {
    for shape in [[1, 4], [2, 1, 1, 2], [1, 1, 2, 3], [1, 0, 2, 2], [1, 1, 4, 0]] {
      #expect(throws: DetectionError.self) {
        try prototypes([1, 1, 1, 1], shape: shape, factors: [], of: [])
      }
    }
  }

  @Test("masks are those of Ultralytics' process_mask_native", arguments: try PeerMasks.load())
  private func peer(_ peer: PeerMasks.Case) throws {
    let prototypes = try prototypes(
      peer.prototypes, shape: peer.shape, factors: peer.masks.map(\.factors),
      of: Array(peer.masks.indices))
    let (width, height) = (peer.size[0], peer.size[1])
    let letterbox = Letterbox(
      sourceWidth: width, sourceHeight: height, inputWidth: peer.input[0],
      inputHeight: peer.input[1])
    let placement = MaskPlacement(
      letterbox, of: PixelRegion(x: 0, y: 0, width: width, height: height),
      prototypes: prototypes)
    var (common, either) = (0, 0)
    for (candidate, mask) in peer.masks.enumerated() {
      let theirs = MaskSamples.pixels(
        InstanceMask(
          stride(from: 0, to: mask.runs.count, by: 3).map {
            InstanceMask.Run(
              row: mask.runs[$0], start: mask.runs[$0 + 1], end: mask.runs[$0 + 2])
          }))
      let ours = MaskSamples.pixels(
        prototypes.mask(
          of: candidate, in: box(mask.box[0], mask.box[1], mask.box[2], mask.box[3]), placement))
      common += ours.intersection(theirs).count
      either += ours.union(theirs).count
    }
    // Equal but for rounding; where the letterbox has bars, it cuts them off before it scales, and the outermost pixels differ.
    let isPlain = width == height
    #expect(Double(common) >= (isPlain ? 0.9999 : 0.98) * Double(either), "\(common) of \(either)")
    #expect(common > 500)
  }
}

/// Tests/Fixtures/segmentation/masks.json.
private struct PeerMasks: Decodable {
  struct Mask: Decodable, Sendable {
    var factors: [Float]
    var box: [Float]
    var runs: [UInt16]
  }

  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    var size: [Int]
    var input: [Int]
    var shape: [Int]
    var prototypes: [Float]
    var masks: [Mask]
    var testDescription: String { "\(size) in \(input)" }
  }

  var cases: [Case]

  static func load() throws -> [Case] {
    try JSONDecoder().decode(
      PeerMasks.self, from: Checkout.data(Checkout.path("Tests/Fixtures/segmentation/masks.json"))
    ).cases
  }
}
