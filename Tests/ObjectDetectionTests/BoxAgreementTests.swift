import Testing

@testable import ObjectDetection

/// Expected values by hand.
@Suite("Box agreement")
struct BoxAgreementTests {
  private func box(
    _ x: Float, _ confidence: Float = 0.9, classID: Int = 0, width: Float = 10
  ) -> Detection {
    Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: x, yMin: 0, xMax: x + width, yMax: 10))
  }

  private func agreement(_ reference: [Detection], _ found: [Detection]) -> BoxAgreement.Figures {
    BoxAgreement(reference: [reference], found: [found], threshold: 0.25).total
  }

  @Test("equal boxes agree, and none are off")
  func equal() {
    let figures = agreement([box(0), box(50)], [box(50), box(0)])
    #expect(figures.matched == 2)
    #expect(figures.agreement == 1)
    #expect(figures.maxBoxError == 0)
    #expect(figures.maxScoreError == 0)
    #expect(figures.minIoU == 1)
  }

  @Test("the largest shift of an edge and of a confidence is told, and the overlap")
  func shifted() {
    // 1 of 10 pixels: the common part is 9, the whole 11.
    let figures = agreement([box(0, 0.9), box(50, 0.8)], [box(1, 0.875), box(50, 0.8)])
    #expect(figures.matched == 2)
    #expect(figures.maxBoxError == 1)
    #expect(abs(figures.maxScoreError - 0.025) < 1e-6)
    #expect(abs(figures.minIoU - 9.0 / 11) < 1e-6)
    #expect(abs(figures.meanIoU - (1 + 9.0 / 11) / 2) < 1e-6)
  }

  @Test(
    "boxes without a partner are missing or extra; of three and three with two in common a third is lost"
  )
  func unmatched() {
    let figures = agreement([box(0), box(50), box(100)], [box(0), box(50), box(200)])
    #expect(figures.missing == 1)
    #expect(figures.extra == 1)
    // 2 * 2 / (2 * 2 + 1 + 1)
    #expect(abs(figures.agreement - 2.0 / 3) < 1e-9)
  }

  @Test("the same box of another class is another one")
  func classes() {
    let figures = agreement([box(0, classID: 0)], [box(0, classID: 1)])
    #expect(figures.matched == 0)
    #expect(figures.missing == 1)
    #expect(figures.extra == 1)
  }

  @Test("a box that is as good as at the threshold may be missing on either side")
  func borderline() {
    let figures = agreement([box(0), box(50, 0.255)], [box(0), box(100, 0.26)])
    #expect(figures.borderline == 2)
    #expect(figures.missing == 0)
    #expect(figures.extra == 0)
    #expect(figures.agreement == 1)
    let clear = agreement([box(0), box(50, 0.27)], [box(0)])
    #expect(clear.missing == 1)
  }

  @Test("a box is taken once, by the one that overlaps it most")
  func taken() {
    let figures = agreement([box(0, 0.9), box(1, 0.8)], [box(0, 0.9)])
    #expect(figures.matched == 1)
    #expect(figures.missing == 1)
    #expect(figures.maxBoxError == 0)
  }

  @Test("of boxes at one place each takes the one of its confidence")
  func confidences() {
    let figures = agreement([box(0, 0.9), box(0, 0.4)], [box(0, 0.4), box(0, 0.9)])
    #expect(figures.matched == 2)
    #expect(figures.maxScoreError == 0)
  }

  @Test("masks are compared where both have one")
  func masks() throws {
    func masked(_ columns: Range<UInt16>) throws -> Detection {
      var detection = box(0)
      detection.mask = InstanceMask([
        InstanceMask.Run(row: 0, start: columns.lowerBound, end: columns.upperBound)
      ])
      return detection
    }
    // 8 of 10 pixels in common.
    let figures = agreement([try masked(0..<9)], [try masked(1..<10)])
    #expect(abs(try #require(figures.minMaskIoU) - 0.8) < 1e-9)
    #expect(agreement([box(0)], [try masked(1..<10)]).minMaskIoU == nil)
  }

  @Test("a rectangle written with its sides exchanged is the same oriented box")
  func oriented() {
    func oriented(_ width: Float, _ height: Float, _ angle: Float, x: Float = 100) -> Detection {
      let box = OrientedBox(centerX: x, centerY: 100, width: width, height: height, angle: angle)
      return Detection(classID: 0, confidence: 0.9, box: box.enclosingBox, orientedBox: box)
    }
    let same = agreement([oriented(40, 10, 0.3)], [oriented(10, 40, 0.3 + .pi / 2)])
    #expect(same.matched == 1)
    #expect(same.maxBoxError < 1e-3)
    let moved = agreement([oriented(40, 10, 0.3)], [oriented(40, 10, 0.3, x: 102)])
    #expect(abs(moved.maxBoxError - 2) < 1e-3)
  }

  @Test("pictures without boxes agree, and are no proof")
  func empty() {
    let figures = agreement([], [])
    #expect(figures.agreement == 1)
    #expect(figures.matched == 0)
    #expect(figures.meanIoU == 1)
  }
}
