import Foundation
import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("CairoAnnotator")
struct CairoAnnotatorTests {
  /// The colours of the classes 0 to 2: Okabe and Ito, "Color Universal Design" (2008).
  private static let colours = [[0xE6, 0x9F, 0x00], [0x56, 0xB4, 0xE9], [0x00, 0x9E, 0x73]]
  private static let model = DetectionModel(
    name: "m", task: .detect, classNames: ["plane", "ship", "storage tank"],
    inputSize: PixelSize(width: 64, height: 64), layout: .yolov8, sha256: "")

  private let folder: TemporaryFolder
  private let bare = AnnotationOptions(
    showsLabels: false, showsConfidence: false, lineWidth: 6, format: .png)

  init() throws { folder = try TemporaryFolder() }

  private func box(
    _ corners: (Float, Float, Float, Float), classID: Int = 0, confidence: Float = 0.9
  ) -> Detection {
    Detection(
      classID: classID, confidence: confidence,
      box: BoundingBox(xMin: corners.0, yMin: corners.1, xMax: corners.2, yMax: corners.3))
  }

  private func drawn(
    _ detections: [Detection], on image: PixelBuffer, _ options: AnnotationOptions
  ) async throws -> PixelBuffer {
    let path = folder.path("drawn.\(options.format.fileExtension)")
    try await EngineFixture.annotator().annotate(
      image, with: detections, of: Self.model, options: options, to: path, thumbnail: nil)
    return try await EngineFixture.decode(path, limits: ImageLimits(minSide: 1))
  }

  @Test("a picture without detections is written as it is", arguments: [(64, 65), (700, 513)])
  func untouched(_ width: Int, _ height: Int) async throws {
    let image = PixelBuffer(patternOfWidth: width, height: height)
    let result = try await drawn([], on: image, bare)
    #expect((result.width, result.height) == (width, height))
    #expect(result.bytes == image.bytes)
  }

  @Test("a box's outline has its class's colour, and pixels off it stay", arguments: 0..<3)
  func outline(_ classID: Int) async throws {
    let image = PixelBuffer(patternOfWidth: 400, height: 300)
    let result = try await drawn([box((100, 80, 300, 220), classID: classID)], on: image, bare)
    // A line of 6 pixels covers 3 on either side; the corners are round, so only the sides are looked at.
    for (x, y) in [(200, 80), (200, 219), (100, 150), (299, 150), (101, 81), (298, 218)] {
      #expect(result.pixel(x, y) == Self.colours[classID], "at \(x), \(y)")
    }
    // Line and rim end 1.8 * 3 pixels from the outline: 8 pixels away nothing is drawn.
    for y in 0..<300 {
      for x in 0..<400 {
        let inside = (109..<292).contains(x) && (89..<212).contains(y)
        let outside = !(92..<308).contains(x) || !(72..<228).contains(y)
        if inside || outside { #expect(result.pixel(x, y) == image.pixel(x, y), "at \(x), \(y)") }
      }
    }
  }

  @Test("a rotated box is drawn along its own sides, not around them")
  func rotated() async throws {
    let image = PixelBuffer(width: 400, height: 400, grey: 40)
    let oriented = OrientedBox(centerX: 200, centerY: 200, width: 200, height: 80, angle: .pi / 6)
    var detection = Detection(classID: 1, confidence: 0.9, box: oriented.enclosingBox)
    detection.orientedBox = oriented
    let result = try await drawn([detection], on: image, bare)
    // The middles of the sides lie half a width along, and half a height across, the direction of 30°.
    let (cosine, sine) = (3.0.squareRoot() / 2, 0.5)
    for (along, across) in [(100.0, 0.0), (-100, 0), (0, 40), (0, -40), (60, 40), (-60, -40)] {
      let x = Int(200 + along * cosine - across * sine)
      let y = Int(200 + along * sine + across * cosine)
      #expect(result.pixel(x, y) == Self.colours[1], "at \(x), \(y)")
    }
    // The enclosing box is 213 wide and 169 high; two of its corners are far from the rectangle.
    for (x, y) in [(300, 120), (100, 280), (200, 200)] {
      #expect(result.pixel(x, y) == [40, 40, 40], "at \(x), \(y)")
    }
  }

  @Test("labels and confidence are drawn when they are asked for, on a plate above the box")
  func labels() async throws {
    let image = PixelBuffer(width: 600, height: 400, grey: 40)
    let detection = box((200, 200, 400, 300))
    func touchedAbove(_ labels: Bool, _ confidence: Bool) async throws -> Int {
      var options = bare
      (options.showsLabels, options.showsConfidence) = (labels, confidence)
      let result = try await drawn([detection], on: image, options)
      return (0..<190).reduce(0) { sum, y in
        sum + (0..<600).count { result.pixel($0, y) != [40, 40, 40] }
      }
    }
    #expect(try await touchedAbove(false, false) == 0)
    let name = try await touchedAbove(true, false)
    let number = try await touchedAbove(false, true)
    let both = try await touchedAbove(true, true)
    #expect(name > 50 && number > 50)
    #expect(both > max(name, number))
  }

  @Test("a label at the top edge moves into the box instead of out of the picture")
  func labelAtTheTop() async throws {
    let image = PixelBuffer(width: 600, height: 400, grey: 40)
    var options = bare
    options.showsLabels = true
    let result = try await drawn([box((200, 0, 400, 300))], on: image, options)
    // Below the line and its rim, inside the box, left: the plate.
    let plate = (8..<14).reduce(0) { sum, y in
      sum + (210..<240).count { result.pixel($0, y) != [40, 40, 40] }
    }
    #expect(plate > 20)
  }

  @Test("a box across the borders of the drawing tiles has no seam")
  func seamless() async throws {
    let image = PixelBuffer(width: 1100, height: 700, grey: 90)
    // The tiles' borders are at 512 and 1024.
    let result = try await drawn([box((300, 400, 1050, 600))], on: image, bare)
    let column = (390..<410).map { result.pixel(400, $0) }
    for x in 310...1040 {
      #expect((390..<410).map { result.pixel(x, $0) } == column, "at x = \(x)")
    }
    let row = (290..<310).map { result.pixel($0, 450) }
    for y in 410...590 {
      #expect((290..<310).map { result.pixel($0, y) } == row, "at y = \(y)")
    }
  }

  @Test("a rotated box on a tile border equals the same one inside a tile")
  func rotatedOnBorder() async throws {
    func drawing(at x: Float, width: Int) async throws -> PixelBuffer {
      let oriented = OrientedBox(centerX: x, centerY: 150, width: 200, height: 60, angle: 0.7)
      var detection = Detection(classID: 2, confidence: 0.9, box: oriented.enclosingBox)
      detection.orientedBox = oriented
      return try await drawn(
        [detection], on: PixelBuffer(width: width, height: 300, grey: 90), bare)
    }
    let across = try await drawing(at: 512, width: 700)
    let inside = try await drawing(at: 212, width: 400)
    // Corners are 32-bit numbers, rounded more coarsely at 512 than at 212: a trace of their edge's shade.
    var largest = 0
    for y in 0..<300 {
      for x in 0..<400 {
        let pairs = zip(across.pixel(x + 300, y), inside.pixel(x, y))
        largest = max(largest, pairs.map { abs($0 - $1) }.max() ?? 0)
      }
    }
    #expect(largest <= 3)
  }

  @Test("boxes partly or wholly outside the picture are drawn as far as they are in it")
  func partlyOutside() async throws {
    let image = PixelBuffer(width: 300, height: 200, grey: 40)
    var tilted = box((-50, -50, 50, 50))
    tilted.orientedBox = OrientedBox(
      centerX: 0, centerY: 0, width: 400, height: 100, angle: .pi / 4)
    let detections = [
      box((-100, 50, 150, 400)), box((1000, 1000, 1200, 1100)), box((-900, -900, -800, -800)),
      tilted,
    ]
    var options = bare
    options.showsLabels = true
    let result = try await drawn(detections, on: image, options)
    #expect(result.pixel(150, 120) == Self.colours[0])
    #expect(result.pixel(290, 10) == [40, 40, 40])
  }

  @Test("three thousand labelled boxes are drawn")
  func many() async throws {
    let detections = (0..<3000).map { index in
      let (x, y) = (Float(index % 60) * 20, Float(index / 60) * 16)
      return box(
        (x, y, x + 15, y + 12), classID: index % 3, confidence: Float(index % 100) / 100)
    }
    let image = PixelBuffer(width: 1200, height: 800, grey: 40)
    let result = try await drawn(detections, on: image, AnnotationOptions())
    #expect((result.width, result.height) == (1200, 800))
  }
}
