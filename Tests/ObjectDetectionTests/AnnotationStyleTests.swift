import Testing

@testable import ObjectDetection

@Suite("AnnotationStyle")
struct AnnotationStyleTests {
  private func style(
    _ width: Int, _ height: Int, side: Float? = nil, lineWidth: Double? = nil
  ) -> AnnotationStyle {
    let detections = side.map { [Detection(row: [0, 0, $0, 2 * $0, 0.5, 0])] } ?? []
    return AnnotationStyle(
      width: width, height: height, detections: detections,
      options: AnnotationOptions(lineWidth: lineWidth))
  }

  @Test(
    "lines grow with the picture, between 2 and 12 pixels",
    arguments: [(64, 64, 2), (1000, 1000, 2), (3000, 2000, 4.5), (8192, 8192, 12)])
  func lines(width: Int, height: Int, expected: Double) {
    #expect(abs(style(width, height).lineWidth - expected) < 1e-9)
  }

  @Test("a line width that is asked for is used")
  func chosenLine() {
    #expect(style(64, 64, lineWidth: 30).lineWidth == 30)
  }

  @Test(
    "text grows with the picture, but not beyond the objects, and stays legible",
    arguments: [
      (1000, nil, 12), (1000, 200, 12), (1000, 25, 10), (1000, 5, 9), (100, 50, 9),
      (8192, 4000, 64),
    ] as [(Int, Float?, Double)])
  func text(side: Int, object: Float?, expected: Double) {
    #expect(abs(style(side, side, side: object).fontSize - expected) < 1e-6)
  }

  @Test("a class has one colour in every picture; colours repeat after the last")
  func colours() {
    let count = AnnotationStyle.palette.count
    #expect(Set(AnnotationStyle.palette).count == count)
    for classID in [0, 3, count - 1] {
      #expect(
        AnnotationStyle.colour(ofClass: classID)
          == AnnotationStyle.colour(ofClass: classID + count))
    }
  }

  @Test("hexadecimal colours have their components and luminance")
  func hexadecimal() {
    let colour = Colour(hex: 0xFF_80_00)
    #expect((colour.red, colour.green, colour.blue) == (1, 128.0 / 255, 0))
    #expect(abs(Colour(hex: 0xFFFFFF).luminance - 1) < 1e-12)
    #expect(Colour(hex: 0).luminance == 0)
    #expect(abs(Colour(hex: 0x00FF00).luminance - 0.7152) < 1e-12)
  }
}
