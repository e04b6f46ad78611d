import Testing

@testable import ObjectDetection

@Suite("Decimal numbers")
struct DecimalTests {
  @Test(
    "numbers are rounded half away from zero, without exponents",
    arguments: [
      (0.125, 2, "0.13"), (-0.125, 2, "-0.13"), (2.5, 0, "3"), (-2.5, 0, "-3"), (0.5, 0, "1"),
      (0, 3, "0.000"), (-0.0, 3, "0.000"), (-0.0004, 3, "0.000"), (-0.0006, 3, "-0.001"),
      (0.1 + 0.2, 6, "0.300000"), (0.9999999, 6, "1.000000"), (0.000001, 6, "0.000001"),
      (1e-30, 6, "0.000000"), (1234.5678, 3, "1234.568"), (8191.9996, 3, "8192.000"),
      (1e15, 3, "1000000000000000.000"), (-1e15, 2, "-1000000000000000.00"),
      // Not finite, or too large for 64 bits of the last place.
      (1e16, 3, "0"), (.nan, 3, "0"), (.infinity, 3, "0"), (-.infinity, 0, "0"), (1e300, 0, "0"),
    ] as [(Double, Int, String)])
  func fixed(value: Double, places: Int, expected: String) {
    #expect(decimal(value, places: places) == expected)
  }

  @Test(
    "trailing zeros can be left out",
    arguments: [
      (0.5, 3, "0.5"), (2, 3, "2"), (0.05, 3, "0.05"), (100, 3, "100"), (-0.0004, 3, "0"),
      (-1.25, 3, "-1.25"), (10.010, 3, "10.01"), (0.9999, 3, "1"), (.nan, 3, "0"), (7, 0, "7"),
    ] as [(Double, Int, String)])
  func trimmed(value: Double, places: Int, expected: String) {
    #expect(decimal(value, places: places, trimmed: true) == expected)
  }

  @Test("32-bit numbers show their own digits, not those of 64 bits")
  func singlePrecision() {
    #expect(decimal(Float(0.1), places: 6) == "0.100000")
    #expect(decimal(Float(0.95), places: 6, trimmed: true) == "0.95")
  }
}
