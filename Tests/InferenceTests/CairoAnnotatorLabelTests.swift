import ObjectDetection
import Testing

@testable import Inference

@Suite("CairoAnnotator: labels")
struct CairoAnnotatorLabelTests {
  private func label(
    _ before: Float?, _ after: Float, labels: Bool = true, confidence: Bool = true
  ) -> String {
    let detection = Detection(
      classID: 0, confidence: after, box: BoundingBox(xMin: 0, yMin: 0, xMax: 9, yMax: 9))
    let options = AnnotationOptions(showsLabels: labels, showsConfidence: confidence)
    return LabelText(detection, className: "ship", before: before, options: options).pieces
      .joined()
  }

  @Test("a label tells the confidence before and after, and which way it went")
  func changed() {
    #expect(label(0.6, 0.75) == "ship 0.60↑0.75")
    #expect(label(0.8, 0.16) == "ship 0.80↓0.16")
    #expect(label(0.6, 0.75, labels: false) == "0.60↑0.75")
    #expect(label(0.8, 0.16, labels: false) == "0.80↓0.16")
  }

  @Test("without confidences there is only the arrow")
  func arrow() {
    #expect(label(0.6, 0.75, confidence: false) == "ship ↑")
    #expect(label(0.8, 0.16, confidence: false) == "ship ↓")
  }

  @Test(
    "a detection that rules left, or brought back to what it was, has no arrow",
    arguments: [nil, 0.75] as [Float?])
  func unchanged(_ before: Float?) {
    #expect(label(before, 0.75) == "ship 0.75")
    #expect(label(before, 0.75, labels: false) == "0.75")
    #expect(label(before, 0.75, confidence: false) == "ship")
  }

  @Test("without label and confidence there is no text", arguments: [nil, 0.6] as [Float?])
  func nothing(_ before: Float?) {
    #expect(label(before, 0.75, labels: false, confidence: false).isEmpty)
  }

  @Test("a picture's labels share their pieces, so that few are laid out")
  func pieces() {
    var pieces: Set<String> = []
    for before in 0...100 {
      for after in 0...100 {
        let detection = Detection(
          classID: 0, confidence: Float(after) / 100,
          box: BoundingBox(xMin: 0, yMin: 0, xMax: 9, yMax: 9))
        pieces.formUnion(
          LabelText(
            detection, className: "ship", before: Float(before) / 100, options: AnnotationOptions()
          ).pieces)
      }
    }
    // 101 of the class, and an arrow either way to each number but up to 0.00 and down to 1.00.
    #expect(pieces.count == 301)
  }
}
