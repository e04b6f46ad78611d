import TestSupport
import Testing

@testable import ObjectDetection

/// Expected values by hand: boxes of 10 x 10 pixels that are shifted by `n` of them have an IoU of (10 - n) / (10 + n).
@Suite("Golden score")
struct GoldenScoreTests {
  private let labels = ["ship", "plane"]

  private func found(
    _ x: Float, _ confidence: Float = 0.9, classID: Int = 0, width: Float = 10
  ) -> Detection {
    Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: x, yMin: 0, xMax: x + width, yMax: 10))
  }

  private func expected(_ x: Float, _ label: String = "ship") -> ExpectedBox {
    ExpectedBox(label: label, box: BoundingBox(xMin: x, yMin: 0, xMax: x + 10, yMax: 10))
  }

  private func score(
    _ expected: [ExpectedBox], _ found: [Detection], judged: Set<String> = ["ship", "plane"]
  ) -> GoldenScore {
    GoldenScore(expected: [expected], found: [found], labels: labels, judged: judged)
  }

  @Test("what is expected and found counts for both shares")
  func shares() {
    let score = score(
      [expected(0), expected(50), expected(100)], [found(0), found(50), found(200)])
    #expect(score.total == GoldenScore.Counts(expected: 3, found: 3, matched: 2))
    #expect(score.total.recall == 2.0 / 3)
    #expect(score.total.precision == 2.0 / 3)
  }

  @Test("an overlap of a half is enough, and less is not", arguments: [(3, 1), (4, 0)])
  func overlap(shift: Int, matched: Int) {
    // 7/13 is above a half, 6/14 below.
    #expect(score([expected(0)], [found(Float(shift))]).total.matched == matched)
    // 5 of 10 pixels wide: exactly a half.
    #expect(score([expected(0)], [found(0, width: 5)]).total.matched == 1)
  }

  @Test("a box that is found twice is found once, and the other one is too much")
  func twice() {
    #expect(
      score([expected(0)], [found(0, 0.9), found(1, 0.8)]).total
        == GoldenScore.Counts(expected: 1, found: 2, matched: 1))
  }

  @Test("the most confident detection chooses first, and takes what it overlaps most")
  func greedy() {
    // The weaker one would have 3 alone; the stronger one overlaps 0 by 8/12 and 3 by 9/11, and takes 3.
    let strongFirst = score([expected(0), expected(3)], [found(4, 0.5), found(2, 0.9)])
    #expect(strongFirst.total.matched == 1)
    // Now the other one chooses first: 3, by 9/11. For the second 0 is left, by 8/12.
    let weakFirst = score([expected(0), expected(3)], [found(4, 0.9), found(2, 0.5)])
    #expect(weakFirst.total.matched == 2)
  }

  @Test("another label does not match, and is missing and too much")
  func otherLabel() {
    let score = score([expected(0)], [found(0, classID: 1)])
    #expect(score.classes["ship"] == GoldenScore.Counts(expected: 1, found: 0, matched: 0))
    #expect(score.classes["plane"] == GoldenScore.Counts(expected: 0, found: 1, matched: 0))
    #expect(score.total.recall == 0 && score.total.precision == 0)
  }

  @Test("what nobody has marked anywhere is neither right nor wrong")
  func notJudged() {
    let score = score([expected(0)], [found(0), found(0, classID: 1)], judged: ["ship"])
    #expect(score.total == GoldenScore.Counts(expected: 1, found: 1, matched: 1))
    #expect(score.classes["plane"] == nil)
  }

  @Test("a class id beyond the names has the label that results give it")
  func unnamed() {
    #expect(
      score([expected(0, "class7")], [found(0, classID: 7)], judged: ["class7"]).total.matched == 1)
  }

  @Test("nothing to find and nothing found is all right; pictures and labels add up")
  func sums() {
    let empty = GoldenScore(expected: [[]], found: [[]], labels: labels, judged: ["ship"])
    #expect(empty.total.recall == 1 && empty.total.precision == 1)
    let score = GoldenScore(
      expected: [[expected(0)], [], [expected(0), expected(50, "plane")]],
      found: [[found(0)], [found(0)], []], labels: labels, judged: ["ship", "plane"])
    #expect(
      score.pictures == [
        GoldenScore.Counts(expected: 1, found: 1, matched: 1),
        GoldenScore.Counts(expected: 0, found: 1, matched: 0),
        GoldenScore.Counts(expected: 2, found: 0, matched: 0),
      ])
    #expect(score.classes["ship"] == GoldenScore.Counts(expected: 2, found: 2, matched: 1))
    #expect(score.total == GoldenScore.Counts(expected: 3, found: 2, matched: 1))
  }

  @Test("oriented boxes match by their polygons, not by the boxes around them")
  func oriented() {
    // A bar of 40 x 4 turned by 45 degrees and the one across it: the boxes around them are the same.
    let bar = OrientedBox(centerX: 50, centerY: 50, width: 40, height: 4, angle: .pi / 4)
    let across = OrientedBox(centerX: 50, centerY: 50, width: 40, height: 4, angle: -.pi / 4)
    func detection(_ box: OrientedBox) -> Detection {
      Detection(classID: 0, confidence: 0.9, box: box.enclosingBox, orientedBox: box)
    }
    let wanted = ExpectedBox(label: "ship", box: bar.enclosingBox, orientedBox: bar)
    #expect(score([wanted], [detection(across)]).total.matched == 0)
    #expect(score([wanted], [detection(bar)]).total.matched == 1)
    // Where one side has a plain box, boxes are compared.
    let plain = ExpectedBox(label: "ship", box: bar.enclosingBox)
    #expect(score([plain], [detection(across)]).total.matched == 1)
  }

  @Test(
    "on crowded pictures the matching is that of average precision",
    arguments: [1, 2, 3] as [UInt64])
  func asAveragePrecision(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<20 {
      let wanted = (0..<60).map { _ in expected(Float.random(in: 0..<200, using: &generator)) }
      let boxes = (0..<60).map { index in
        found(Float.random(in: 0..<200, using: &generator), 0.9 - Float(index) / 1000)
      }
      let truths = wanted.map { GroundTruth(classID: 0, box: $0.box) }
      let report = EvaluationReport([EvaluationImage(truths: truths, detections: boxes)])
      let total = score(wanted, boxes).total
      // All confidences count: the last point of that curve, unless an earlier one is better.
      let best = try #require(report.classes.first)
      #expect(total.recall >= best.recall - 1e-9)
      let harmonic = { (p: Double, r: Double) in p + r > 0 ? 2 * p * r / (p + r) : 0 }
      #expect(
        harmonic(total.precision, total.recall) <= harmonic(best.precision, best.recall) + 1e-9)
    }
  }
}

@Suite("Labels in COCO's JSON")
struct COCOLabelsTests {
  private func labels(_ text: String) throws -> COCOLabels {
    try COCOLabels(json: Array(text.utf8))
  }

  private func file(_ annotation: String, images: String = #"{"id": 7, "file_name": "a/b.jpg"}"#)
    -> String
  {
    """
    {"info": {}, "images": [\(images)],
     "categories": [{"id": 3, "name": "ship"}, {"id": 4, "name": "plane", "supercategory": "x"}],
     "annotations": [\(annotation)]}
    """
  }

  @Test("boxes, oriented boxes and outlines are read, by the names of their categories")
  func read() throws {
    let read = try labels(
      file(
        #"""
        {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 20, 30.5, 40], "iscrowd": 0},
        {"image_id": 7, "category_id": 4, "bbox": [0, 0, 1, 1],
         "segmentation": [[10, 0, 20, 10, 10, 20, 0, 10]]},
        {"image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4],
         "segmentation": [[1, 2, 4, 2, 4, 6, 3, 6, 1, 6]]}
        """#, images: #"{"id": 7, "file_name": "a/b.jpg", "width": 640, "height": 480}"#))
    #expect(read.labels == ["ship", "plane"])
    let image = try #require(read.images.first)
    #expect(read.images.count == 1)
    #expect(image.filename == "a/b.jpg")
    #expect(image.size == PixelSize(width: 640, height: 480))
    #expect(
      image.boxes[0]
        == ExpectedBox(label: "ship", box: BoundingBox(xMin: 10, yMin: 20, xMax: 40.5, yMax: 60)))
    // A square of side sqrt(200) that stands on its corner.
    let oriented = try #require(image.boxes[1].orientedBox)
    #expect(abs(oriented.areaPixels - 200) < 1e-3)
    #expect(abs(oriented.centerX - 10) < 1e-4 && abs(oriented.centerY - 10) < 1e-4)
    #expect(image.boxes[1].label == "plane")
    // As somebody drew it, not the box around the corners.
    #expect(image.boxes[1].box == BoundingBox(xMin: 0, yMin: 0, xMax: 1, yMax: 1))
    #expect(image.boxes[2].orientedBox == nil)
    #expect(image.boxes[2].box == BoundingBox(xMin: 1, yMin: 2, xMax: 4, yMax: 6))
  }

  @Test("an oriented box without another one has the box around its corners")
  func withoutBox() throws {
    let read = try labels(
      file(
        #"{"image_id": 7, "category_id": 4, "segmentation": [[10, 0, 20, 10, 10, 20, 0, 10]]}"#))
    let found = try #require(read.images.first?.boxes.first)
    #expect(found.box == found.orientedBox?.enclosingBox)
    #expect(abs(found.box.xMin) < 1e-4 && abs(found.box.xMax - 20) < 1e-4)
  }

  @Test("what cannot be read is named")
  func faults() throws {
    let box = #""bbox": [0, 0, 1, 1]"#
    let cases: [(String, String)] = [
      ("[]", "no object"), ("{", "no JSON"), (#"{"images": []}"#, "categories"),
      (file(#"{"image_id": 8, "category_id": 3, \#(box)}"#), "annotations[0].image_id"),
      (file(#"{"image_id": 7, "category_id": 5, \#(box)}"#), "annotations[0].category_id"),
      (file(#"{"image_id": 7, "category_id": 3}"#), "annotations[0].bbox"),
      (file(#"{"image_id": 7, "category_id": 3, "bbox": [0, 0, 0, 1]}"#), "no area"),
      (file(#"{"image_id": 7, "category_id": 3, "bbox": [0, 0, 1, 1e9]}"#), "pixels"),
      (file(#"{"image_id": 7, "category_id": 3, \#(box), "iscrowd": 1}"#), "crowd"),
      (
        file("", images: #"{"id": 7, "file_name": "a"}, {"id": 7, "file_name": "b"}"#),
        "images[1].id"
      ),
      (file("", images: #"{"id": 7, "file_name": "a", "width": 5}"#), "images[0].height"),
      (
        #"{"images": [], "annotations": [], "categories": [{"id": 1, "name": ""}]}"#,
        "categories[0].name"
      ),
    ]
    for (text, words) in cases {
      let error = #expect(throws: DetectionError.self, "\(text)") { try labels(text) }
      #expect(error?.code == .invalidFormat)
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "") of \(text)")
    }
  }
}
