import Testing

@testable import ObjectDetection

@Suite("BoundingBox")
struct BoundingBoxTests {
  private func box(_ xMin: Float, _ yMin: Float, _ xMax: Float, _ yMax: Float) -> BoundingBox {
    BoundingBox(xMin: xMin, yMin: yMin, xMax: xMax, yMax: yMax)
  }

  @Test("centre and size give the corners, and back")
  func center() {
    let made = BoundingBox(centerX: 10, centerY: 20, width: 4, height: 6)
    #expect(made == box(8, 17, 12, 23))
    #expect((made.centerX, made.centerY, made.width, made.height) == (10, 20, 4, 6))
    #expect(made.areaPixels == 24)
  }

  @Test(
    "overlap by hand",
    arguments: [
      // Two squares of 100 that share 50.
      ([0, 0, 10, 10], [5, 0, 15, 10], 1.0 / 3, 0.5),
      // One of 16 inside one of 100.
      ([0, 0, 10, 10], [2, 2, 6, 6], 0.16, 1),
      // Only a corner, only an edge, nothing.
      ([0, 0, 10, 10], [10, 10, 20, 20], 0, 0),
      ([0, 0, 10, 10], [10, 0, 20, 10], 0, 0),
      ([0, 0, 10, 10], [30, 30, 40, 40], 0, 0),
      // Without area there is no overlap.
      ([5, 0, 5, 10], [0, 0, 10, 10], 0, 0),
      ([5, 5, 5, 5], [5, 5, 5, 5], 0, 0),
    ] as [([Float], [Float], Double, Double)])
  func overlap(left: [Float], right: [Float], iou: Double, ios: Double) {
    let one = box(left[0], left[1], left[2], left[3])
    let other = box(right[0], right[1], right[2], right[3])
    for (a, b) in [(one, other), (other, one)] {
      #expect(abs(a.overlap(with: b, metric: .iou, in: Double.self) - iou) < 1e-12)
      #expect(abs(a.overlap(with: b, metric: .ios, in: Double.self) - ios) < 1e-12)
      #expect(abs(a.overlap(with: b) - Float(iou)) < 1e-6)
    }
  }

  @Test("clipping moves corners to the image's border; what is outside becomes empty")
  func clipping() {
    #expect(box(-5, -5, 50, 8).clipped(toWidth: 20, height: 10) == box(0, 0, 20, 8))
    #expect(box(30, 2, 40, 8).clipped(toWidth: 20, height: 10).isEmpty)
    #expect(box(-9, 2, -1, 8).clipped(toWidth: 20, height: 10).isEmpty)
    #expect(box(.nan, 2, 9, 8).clipped(toWidth: 20, height: 10).isEmpty)
  }

  @Test("a box without area, inverted or with a corner that is not a number is empty")
  func emptiness() {
    #expect(box(1, 1, 1, 5).isEmpty)
    #expect(box(1, 5, 4, 5).isEmpty)
    #expect(box(4, 1, 1, 5).isEmpty)
    #expect(box(.nan, 1, 4, 5).isEmpty)
    #expect(box(1, 1, 4, .nan).isEmpty)
    #expect(!box(1, 1, 1.5, 1.5).isEmpty)
  }

  @Test("a union is the smallest box around both")
  func union() {
    #expect(box(0, 5, 3, 9).union(box(2, 1, 8, 6)) == box(0, 1, 8, 9))
    #expect(box(0, 0, 9, 9).union(box(2, 2, 3, 3)) == box(0, 0, 9, 9))
    #expect(box(1, 2, 3, 4).shifted(byX: 10, y: -2) == box(11, 0, 13, 2))
  }
}
