import Testing

@testable import ObjectDetection

@Suite("YOLO labels")
struct YOLOLabelsTests {
  private func yoloLabels(_ image: ImageResult) -> String {
    ResultFormat.yolo.document(ResultSet(model: ResultSamples.model, images: [image]))
  }

  @Test("a plain box is class, centre, size and confidence with six decimals")
  func plain() {
    let text = yoloLabels(ResultSamples.image([ResultSamples.plain]))
    #expect(text == "1 0.302500 0.402500 0.500000 0.400000 0.950000\n")
  }

  @Test("an oriented box is class, four corners and confidence")
  func oriented() {
    let text = yoloLabels(ResultSamples.image([ResultSamples.oriented]))
    #expect(
      text == "0 0.450000 0.700000 0.550000 0.700000 0.550000 0.300000 0.450000 0.300000 0.500000\n"
    )
  }

  @Test("a line a detection; failed and empty images have no lines")
  func lines() {
    let two = yoloLabels(ResultSamples.image([ResultSamples.plain, ResultSamples.oriented]))
    #expect(two.split(separator: "\n").count == 2)
    #expect(yoloLabels(ResultSamples.failed) == "")
    #expect(yoloLabels(ResultSamples.image([])) == "")
    #expect(
      ResultFormat.yolo.document(ResultSamples.results)
        == yoloLabels(ResultSamples.results.images[0])
        + yoloLabels(ResultSamples.results.images[3]))
  }

  @Test("labels are read back as ground truth")
  func roundTrip() throws {
    let text = yoloLabels(ResultSamples.image([ResultSamples.plain, ResultSamples.oriented]))
    let truths = try GroundTruth.yolo(text, file: "a.txt", width: 200, height: 100)
    try #require(truths.count == 2)
    let plain = truths[0].box
    #expect(
      agree(
        [[plain.xMin, plain.yMin, plain.xMax, plain.yMax]], [[10.5, 20.25, 110.5, 60.25]],
        within: 1e-3))
    let found = try #require(ResultSamples.oriented.orientedBox)
    #expect(try #require(truths[1].orientedBox).polygonIoU(with: found) > 0.999)
  }
}
