import Foundation
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

/// Lines of 6 pixels on grey. From the middle of a box's line outwards, by hand: 3 pixels of the line, its rim to
/// 5.4, and around boosted boxes white to 8.4, the class's colour to 11.4, a rim to 12.6.
@Suite("CairoAnnotator: what rules changed")
struct CairoAnnotatorRulesTests {
  /// Okabe and Ito's orange, the colour of class 0.
  private static let orange = [0xE6, 0x9F, 0x00]
  private static let grey = [40, 40, 40]
  private static let white = [255, 255, 255]
  private static let model = DetectionModel(
    name: "m", task: .detect, classNames: ["ship"], inputSize: PixelSize(width: 64, height: 64),
    layout: .yolov8, sha256: "")
  private static let upright = Detection(
    classID: 0, confidence: 0.5, box: BoundingBox(xMin: 100, yMin: 120, xMax: 300, yMax: 260))
  private static let tilted: Detection = {
    let box = OrientedBox(centerX: 200, centerY: 200, width: 200, height: 140, angle: .pi / 6)
    return Detection(classID: 0, confidence: 0.5, box: box.enclosingBox, orientedBox: box)
  }()

  private let folder: TemporaryFolder
  private let bare = AnnotationOptions(
    showsLabels: false, showsConfidence: false, lineWidth: 6, format: .png)

  init() throws { folder = try TemporaryFolder() }

  private func drawn(
    _ detections: [Detection], before: [Int: Float], width: Int = 400, height: Int = 400,
    options: AnnotationOptions? = nil
  ) async throws -> PixelBuffer {
    let path = folder.path("drawn.png")
    try await EngineFixture.annotator().annotate(
      PixelBuffer(width: width, height: height, grey: 40), with: detections,
      confidencesBefore: before, of: Self.model, options: options ?? bare, to: path,
      thumbnail: nil)
    return try await EngineFixture.decode(path, limits: ImageLimits(minSide: 1))
  }

  /// The pixels of each side, its ends left out, at a distance from the middle of the box's line.
  private func sides(
    of detection: Detection, _ distance: Float, in image: PixelBuffer
  ) -> [[[Int]]] {
    let box = detection.box
    let oriented =
      detection.orientedBox
      ?? OrientedBox(
        centerX: box.centerX, centerY: box.centerY, width: box.width, height: box.height, angle: 0)
    let (cosine, sine) = (cos(oriented.angle), sin(oriented.angle))
    func pixel(_ along: Float, _ across: Float) -> [Int] {
      image.pixel(
        Int(oriented.centerX + along * cosine - across * sine),
        Int(oriented.centerY + along * sine + across * cosine))
    }
    let alongs = Array(stride(from: 15 - oriented.width / 2, to: oriented.width / 2 - 15, by: 1))
    let acrosses = Array(
      stride(from: 15 - oriented.height / 2, to: oriented.height / 2 - 15, by: 1))
    return [-1, 1].flatMap { (side: Float) in
      [
        alongs.map { pixel($0, side * (oriented.height / 2 + distance)) },
        acrosses.map { pixel(side * (oriented.width / 2 + distance), $0) },
      ]
    }
  }

  @Test(
    "a boosted box has a white and a coloured line around its own",
    arguments: [upright, tilted])
  func boosted(_ detection: Detection) async throws {
    let image = try await drawn([detection], before: [0: 0.4])
    let lines: [(Float, [Int])] = [(0, Self.orange), (6.9, Self.white), (9.9, Self.orange)]
    for (distance, colour) in lines {
      for side in sides(of: detection, distance, in: image) {
        #expect(Set(side) == [colour], "at \(distance)")
      }
    }
    for distance: Float in [-9, 15] {
      #expect(sides(of: detection, distance, in: image).allSatisfy { Set($0) == [Self.grey] })
    }
  }

  @Test(
    "a penalised box is dashed, with gaps as wide as a line",
    arguments: [upright, tilted])
  func penalised(_ detection: Detection) async throws {
    let image = try await drawn([detection], before: [0: 0.9])
    for side in sides(of: detection, 0, in: image) {
      let gaps = side.split { $0 != Self.grey }.filter { $0.count >= 6 }
      let dashes = side.split { $0 != Self.orange }.filter { $0.count >= 6 }
      // Sides of 200 and 140 pixels have a gap for about every 36: 6 and 4.
      #expect(gaps.count == (side.count == 170 ? 6 : 4))
      #expect(dashes.count >= 3)
    }
    for distance: Float in [-9, 6.9, 9.9] {
      #expect(sides(of: detection, distance, in: image).allSatisfy { Set($0) == [Self.grey] })
    }
  }

  @Test("a penalised box of a few pixels has its corners, and gaps between them")
  func tiny() async throws {
    let small = Detection(
      classID: 0, confidence: 0.1, box: BoundingBox(xMin: 20, yMin: 20, xMax: 40, yMax: 40))
    var options = bare
    options.lineWidth = 2
    let image = try await drawn([small], before: [0: 0.5], width: 64, height: 64, options: options)
    // 20 pixels and a gap for every 12 make two gaps of four pixels, around 25 and 35.
    for (x, y) in [(20, 20), (39, 20), (20, 39), (39, 39), (30, 20), (20, 30)] {
      #expect(image.pixel(x, y) == Self.orange, "at \(x), \(y)")
    }
    for (x, y) in [(25, 20), (34, 20), (20, 25), (39, 34), (25, 39)] {
      #expect(image.pixel(x, y) == Self.grey, "at \(x), \(y)")
    }
  }

  @Test(
    "a box that rules left, or brought back to what it was, is drawn as ever",
    arguments: [upright, tilted])
  func unchanged(_ detection: Detection) async throws {
    var options = bare
    (options.showsLabels, options.showsConfidence) = (true, true)
    let plain = try await drawn([detection], before: [:], options: options)
    let back = try await drawn([detection], before: [0: detection.confidence], options: options)
    #expect(back.bytes == plain.bytes)
    let image = try await drawn([detection], before: [:])
    #expect(sides(of: detection, 0, in: image).allSatisfy { Set($0) == [Self.orange] })
    for distance: Float in [6.9, 9.9] {
      #expect(sides(of: detection, distance, in: image).allSatisfy { Set($0) == [Self.grey] })
    }
  }

  @Test("each detection of a picture has its own mark")
  func places() async throws {
    let detections = (0..<3).map { index in
      let x = Float(50 + 200 * index)
      return Detection(
        classID: 0, confidence: 0.8 - 0.2 * Float(index),
        box: BoundingBox(xMin: x, yMin: 50, xMax: x + 140, yMax: 150))
    }
    let image = try await drawn(detections, before: [0: 0.6, 2: 0.9], width: 650, height: 200)
    func tops(_ distance: Float) -> [Set<[Int]>] {
      detections.map { Set(sides(of: $0, distance, in: image)[0]) }
    }
    #expect(tops(6.9) == [[Self.white], [Self.grey], [Self.grey]])
    let lines = tops(0)
    #expect(lines[0] == [Self.orange] && lines[1] == [Self.orange])
    #expect(lines[2].isSuperset(of: [Self.orange, Self.grey]))
  }

  @Test("the lines around a boosted box go on where a drawing tile begins that the box is not in")
  func tiles() async throws {
    // The tile's border is at 512; the second line is at 503 + 8.4 to 503 + 11.4.
    var box = Self.upright
    box.box = BoundingBox(xMin: 400, yMin: 120, xMax: 503, yMax: 260)
    let image = try await drawn([box], before: [0: 0.4], width: 600)
    for y in 140..<240 { #expect(image.pixel(513, y) == Self.orange, "at \(y)") }
  }

  @Test("the label of a change is longer by what changed")
  func labels() async throws {
    func plate(_ before: [Int: Float], _ labels: Bool, _ confidence: Bool) async throws -> Int {
      var options = bare
      (options.showsLabels, options.showsConfidence) = (labels, confidence)
      let image = try await drawn([Self.upright], before: before, options: options)
      // Above the line's rim, or that of the line around it: 5.4 and 12.6 pixels from 120.
      let rows = 0..<(before[0] == 0.4 ? 107 : 114)
      return rows.map { y in (0..<400).count { image.pixel($0, y) != Self.grey } }.max() ?? 0
    }
    for before: Float in [0.4, 0.9] {
      for (labels, confidence) in [(true, true), (true, false), (false, true)] {
        let plain = try await plate([:], labels, confidence)
        let changed = try await plate([0: before], labels, confidence)
        #expect(changed > plain + 5, "\(before), \(labels), \(confidence)")
      }
      #expect(try await plate([0: before], false, false) == 0)
    }
  }

  @Test("ten thousand changed boxes, no two labels the same, are drawn")
  func many() async throws {
    let detections = (0..<10_000).map { index in
      let (x, y) = (Float(index % 100) * 12, Float(index / 100) * 8)
      return Detection(
        classID: 0, confidence: Float(index % 100) / 100,
        box: BoundingBox(xMin: x, yMin: y, xMax: x + 9, yMax: y + 6))
    }
    let before = Dictionary(
      uniqueKeysWithValues: detections.indices.map { ($0, Float($0 / 100) / 100) })
    let image = try await drawn(
      detections, before: before, width: 1200, height: 800,
      options: AnnotationOptions(format: .png))
    #expect((image.width, image.height) == (1200, 800))
  }
}
