import Inference
import ObjectDetection
import TestSupport
import Testing

@Suite("CairoAnnotator: masks")
struct CairoAnnotatorMaskTests {
  /// Class 0: Okabe and Ito's orange.
  private static let colour = [0xE6, 0x9F, 0x00]
  private static let grey = 40
  private static let model = DetectionModel(
    name: "m", task: .segment, classNames: ["tank"], inputSize: PixelSize(width: 64, height: 64),
    layout: .segmented, sha256: "")
  /// Two fifths of the colour over three fifths of the grey.
  private static let mixed = colour.map { (Double($0) * 0.4 + Double(grey) * 0.6).rounded() }

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A frame from (x, y) with an outer side of 100 pixels and a hole of 40 in its middle.
  private func frame(x: Int, y: Int) -> Detection {
    let runs = (0..<100).flatMap { row -> [InstanceMask.Run] in
      func run(_ from: Int, _ to: Int) -> InstanceMask.Run {
        InstanceMask.Run(row: UInt16(y + row), start: UInt16(x + from), end: UInt16(x + to))
      }
      return (30..<70).contains(row) ? [run(0, 30), run(70, 100)] : [run(0, 100)]
    }
    return Detection(
      classID: 0, confidence: 0.9,
      box: BoundingBox(
        xMin: Float(x) - 10, yMin: Float(y) - 10, xMax: Float(x) + 110, yMax: Float(y) + 110),
      mask: InstanceMask(runs))
  }

  private func drawn(_ detection: Detection, width: Int, height: Int) async throws -> PixelBuffer {
    let options = AnnotationOptions(
      showsLabels: false, showsConfidence: false, lineWidth: 4, format: .png)
    let path = folder.path("drawn.png")
    try await EngineFixture.annotator().annotate(
      PixelBuffer(width: width, height: height, grey: UInt8(Self.grey)), with: [detection],
      of: Self.model, options: options, to: path, thumbnail: nil)
    return try await EngineFixture.decode(path, limits: ImageLimits(minSide: 1))
  }

  private func isMixed(_ pixel: [Int]) -> Bool {
    zip(pixel, Self.mixed).allSatisfy { abs(Double($0) - $1) <= 1 }
  }

  @Test("a mask is filled translucently within its line, its hole and what is around it are not")
  func filled() async throws {
    let result = try await drawn(frame(x: 50, y: 60), width: 220, height: 240)
    for (x, y) in [(60, 70), (100, 80), (140, 150), (65, 110), (135, 110)] {
      #expect(isMixed(result.pixel(x, y)), "\(x), \(y): \(result.pixel(x, y))")
    }
    for (x, y) in [(100, 110), (85, 95), (115, 125), (20, 20), (45, 55)] {
      #expect(result.pixel(x, y) == [40, 40, 40], "\(x), \(y)")
    }
    // Lines of two pixels on the mask's border, of the box's colour and four pixels on the box's.
    for (x, y) in [(50, 110), (100, 60), (100, 159), (80, 110), (100, 130), (40, 110)] {
      #expect(result.pixel(x, y) == Self.colour, "\(x), \(y): \(result.pixel(x, y))")
    }
  }

  @Test("a mask across the border of two drawing tiles has no seam")
  func seamless() async throws {
    // The border is at 512.
    let across = try await drawn(frame(x: 462, y: 60), width: 640, height: 240)
    let inside = try await drawn(frame(x: 50, y: 60), width: 220, height: 240)
    for y in 40..<180 {
      for x in 30..<170 {
        #expect(across.pixel(x + 412, y) == inside.pixel(x, y), "\(x), \(y)")
      }
    }
  }

  @Test("a detection without a mask is drawn as before")
  func plain() async throws {
    var detection = frame(x: 50, y: 60)
    detection.mask = nil
    let result = try await drawn(detection, width: 220, height: 240)
    #expect(result.pixel(60, 70) == [40, 40, 40])
    #expect(result.pixel(40, 110) == Self.colour)
  }
}
