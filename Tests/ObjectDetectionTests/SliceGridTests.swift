import TestSupport
import Testing

@testable import ObjectDetection

/// What `sahi.slicing.get_slice_bboxes` 0.12.8 gives for one image.
private struct SliceGridCase: Decodable, Sendable, CustomTestStringConvertible {
  var image: [Int]
  var slice: [Int]
  var overlap: Double
  var boxes: [[Int]]

  var testDescription: String { "\(image) in slices of \(slice), overlap \(overlap)" }
}

@Suite("SliceGrid")
struct SliceGridTests {
  private func grid(
    _ width: Int, _ height: Int, slice: (Int, Int), overlap: Double, full: Bool = false
  ) -> SliceGrid {
    SliceGrid(
      imageWidth: width, imageHeight: height,
      slicing: Slicing(
        width: slice.0, height: slice.1, overlapRatio: overlap, includesFullImage: full))
  }

  private func corners(_ regions: some Sequence<PixelRegion>) -> [[Int]] {
    regions.map { [$0.x, $0.y, $0.x + $0.width, $0.y + $0.height] }
  }

  @Test(
    "slices are SAHI's, in its order",
    arguments: try Fixtures.cases(SliceGridCase.self, of: "slice-grid.json"))
  private func slices(expected: SliceGridCase) {
    let grid = grid(
      expected.image[0], expected.image[1], slice: (expected.slice[0], expected.slice[1]),
      overlap: expected.overlap)
    #expect(corners(grid.regions) == expected.boxes)
    #expect(grid.sliceCount == expected.boxes.count)
  }

  @Test("slices go row by row, the last ones of a row move back, the full image comes last")
  func order() {
    // A step of 10 - 2 = 8 pixels: 0 and 8 start slices that do not reach 20, then 20 - 10.
    let grid = grid(20, 15, slice: (10, 10), overlap: 0.2, full: true)
    #expect(
      corners(grid.regions) == [
        [0, 0, 10, 10], [8, 0, 18, 10], [10, 0, 20, 10],
        [0, 5, 10, 15], [8, 5, 18, 15], [10, 5, 20, 15],
        [0, 0, 20, 15],
      ])
    #expect(grid.sliceCount == 6)
  }

  @Test("without slicing the full image is the only region")
  func noSlicing() {
    let grid = SliceGrid(imageWidth: 1000, imageHeight: 700, slicing: nil)
    #expect(grid.regions == [PixelRegion(x: 0, y: 0, width: 1000, height: 700)])
    #expect(grid.sliceCount == 1)
  }

  @Test(
    "an image that fits into one slice is looked at once",
    arguments: [(10, 10), (9, 10), (10, 3), (1, 1)])
  func smallImage(width: Int, height: Int) {
    let grid = grid(width, height, slice: (10, 10), overlap: 0.5, full: true)
    #expect(corners(grid.regions) == [[0, 0, width, height]])
    #expect(grid.sliceCount == 1)
  }

  @Test("an image lower than a slice gives one row of lower slices")
  func lowImage() {
    let grid = grid(25, 6, slice: (10, 10), overlap: 0)
    #expect(corners(grid.regions) == [[0, 0, 10, 6], [10, 0, 20, 6], [15, 0, 25, 6]])
  }

  @Test("one pixel more than a slice makes a second slice")
  func onePixelMore() {
    let grid = grid(11, 10, slice: (10, 10), overlap: 0.2, full: true)
    #expect(corners(grid.regions) == [[0, 0, 10, 10], [1, 0, 11, 10], [0, 0, 11, 10]])
  }

  @Test("every pixel is in a slice, whatever the sizes", arguments: UInt64(1)...8)
  func cover(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let width = Int.random(in: 1...200, using: &random)
    let height = Int.random(in: 1...200, using: &random)
    let slice = (Int.random(in: 8...90, using: &random), Int.random(in: 8...90, using: &random))
    let overlap = Double.random(in: 0...0.5, using: &random)
    var isSeen = [Bool](repeating: false, count: width * height)
    for region in grid(width, height, slice: slice, overlap: overlap).regions {
      for y in region.y..<(region.y + region.height) {
        for x in region.x..<(region.x + region.width) { isSeen[y * width + x] = true }
      }
    }
    #expect(!isSeen.contains(false), "\(width)x\(height), slices \(slice), overlap \(overlap)")
  }
}
