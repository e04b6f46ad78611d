import TestSupport
import Testing

@testable import ObjectDetection

@Suite("BoxGaussian")
struct BoxGaussianTests {
  @Test(
    "a pair that matches has windows that intersect", arguments: UInt64(1)...4,
    [Float(0.01), 0.05, 0.2, 0.45, 0.7, 0.95])
  func reach(seed: UInt64, threshold: Float) {
    var random = SeededGenerator(seed: seed)
    var matchCount = 0
    for _ in 0..<5000 {
      let one = OrientedBox.random(extent: 60, using: &random)
      // A neighbour that is near enough to match at high thresholds too.
      var other = Bool.random(using: &random) ? one : .random(extent: 60, using: &random)
      let spread = Float.random(in: 0...1, using: &random)
      other.centerX += spread * .random(in: -8...8, using: &random)
      other.centerY += spread * .random(in: -8...8, using: &random)
      other.width *= 1 + spread * .random(in: -0.3...0.4, using: &random)
      other.angle += spread * .random(in: -0.2...0.2, using: &random)
      let (first, second) = (BoxGaussian(one), BoxGaussian(other))
      guard first.probabilisticIoU(with: second) >= threshold else { continue }
      matchCount += 1
      let a = first.reach(threshold: threshold)
      let b = second.reach(threshold: threshold)
      let touch = a.xMin <= b.xMax && b.xMin <= a.xMax && a.yMin <= b.yMax && b.yMin <= a.yMax
      #expect(touch, "\(one) and \(other), seed \(seed)")
    }
    #expect(matchCount > 20, "the test must meet matches, seed \(seed)")
  }

  @Test("a higher threshold reaches less far")
  func monotonic() {
    let gaussian = BoxGaussian(OrientedBox(row: [0, 0, 30, 10, 0.5]))
    let widths = [Float(0.05), 0.2, 0.5, 0.9].map { gaussian.reach(threshold: $0).width }
    #expect(widths == widths.sorted(by: >))
  }
}
