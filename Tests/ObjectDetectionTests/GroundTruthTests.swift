import TestSupport
import Testing

@testable import ObjectDetection

@Suite("GroundTruth")
struct GroundTruthTests {
  private func read(_ text: String) throws -> [GroundTruth] {
    try GroundTruth.yolo(text, file: "labels/a.txt", width: 200, height: 100)
  }

  private func rows(_ truths: [GroundTruth]) -> [[Float]] {
    truths.map { [$0.box.xMin, $0.box.yMin, $0.box.xMax, $0.box.yMax, Float($0.classID)] }
  }

  @Test(
    "a label is a class, a centre and a size; a confidence behind them is ignored",
    arguments: ["2 0.5 0.25 0.1 0.2", "2 0.5 0.25 0.1 0.2 0.9", "\t2  0.5 0.25\t0.1 0.2 "])
  func plain(line: String) throws {
    let truths = try read(line)
    #expect(agree(rows(truths), [[90, 15, 110, 35, 2]], within: 1e-3))
    #expect(truths.allSatisfy { $0.orientedBox == nil })
  }

  @Test(
    "a label of four corners is an oriented box; a confidence behind them is ignored",
    arguments: [
      "1 0.45 0.7 0.55 0.7 0.55 0.3 0.45 0.3", "1 0.45 0.7 0.55 0.7 0.55 0.3 0.45 0.3 0.5",
    ])
  func corners(line: String) throws {
    let truths = try read(line)
    #expect(agree(rows(truths), [[90, 30, 110, 70, 1]], within: 1e-3))
    let box = try #require(truths.first?.orientedBox)
    let expected = OrientedBox(centerX: 100, centerY: 50, width: 20, height: 40, angle: 0)
    #expect(box.polygonIoU(with: expected) > 0.999)
  }

  @Test(
    "lines may end in any way and be blank",
    arguments: ["\n", "\r\n", "\n\n", "\r\n\r\n", "\n \t \n", "\r"])
  func lineEndings(ending: String) throws {
    let lines = ["0 0.5 0.5 0.1 0.1", "1 0.5 0.5 0.2 0.2", "2 0.5 0.5 0.3 0.3"]
    #expect(try read(lines.joined(separator: ending)).map(\.classID) == [0, 1, 2])
    #expect(try read(lines.joined(separator: ending) + ending).map(\.classID) == [0, 1, 2])
  }

  @Test("an empty file marks nothing", arguments: ["", "\n", "  \n\n"])
  func empty(text: String) throws {
    #expect(try read(text).isEmpty)
  }

  @Test(
    "a line that is no label is an error that names file and line",
    arguments: [
      "0", "0 0.5", "0 0.5 0.5 0.1", "0 1 2 3 4 5 6", "0 1 2 3 4 5 6 7", "0 1 2 3 4 5 6 7 8 9 10",
      "plane 0.5 0.5 0.1 0.1", "-1 0.5 0.5 0.1 0.1", "0.5 0.5 0.5 0.1 0.1", "0 0.5 0.5 0.1 x",
      "0 0.5 0.5 0.1 nan", "0 0.5 0.5 inf 0.1", "0,0.5,0.5,0.1,0.1", "0 0.5 0.5 0.1 0.1abc",
    ])
  func errors(line: String) {
    for ending in ["\n", "\r\n"] {
      let text = ["0 0.5 0.5 0.1 0.1", "", line, "0 0.5 0.5 0.1 0.1"].joined(separator: ending)
      let error = #expect(throws: DetectionError.self) { try read(text) }
      #expect(error?.code == .invalidFormat)
      #expect(error?.message.hasPrefix("labels/a.txt:3: ") == true)
    }
  }

  @Test("a rotated rectangle is recovered from its corners", arguments: UInt64(1)...4)
  func rectangles(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<50 {
      let box = OrientedBox.random(extent: 100, using: &random)
      var corners = box.polygon
      if Bool.random(using: &random) { corners.reverse() }
      let start = Int.random(in: 0..<4, using: &random)
      let turned = corners[start...] + corners[..<start]
      let found = OrientedBox(enclosing: Array(turned))
      #expect(found.polygonIoU(with: box) > 0.995, "\(box), seed \(seed)")
      #expect(abs(found.areaPixels - box.areaPixels) < 0.01 * box.areaPixels + 0.01)
    }
  }

  @Test("corners that are no rectangle get the smallest one around them along a side")
  func quadrilateral() {
    // A trapezium; along its long side the rectangle is 10 x 4 = 40 pixels, the smallest.
    let corners = [Point(x: 0, y: 0), Point(x: 10, y: 0), Point(x: 8, y: 4), Point(x: 2, y: 4)]
    let box = OrientedBox(enclosing: corners)
    let expected = OrientedBox(centerX: 5, centerY: 2, width: 10, height: 4, angle: 0)
    #expect(box.polygonIoU(with: expected) > 0.999)
  }
}
