import Foundation

/// A zone of the Universal Transverse Mercator projection on WGS 84.
struct UTMZone: Sendable, Equatable {
  /// 1...60.
  var number: Int
  var isNorth: Bool

  /// Longitude and latitude in degrees of a place in metres, to a millimetre within the zone.
  ///
  /// Krüger's series in the third flattening n, up to n^4 and n^3: Kawase, "A General Formula for Calculating
  /// Meridian Arc Length and its Application to Coordinate Conversion", 2011.
  func degrees(easting: Double, northing: Double) -> (x: Double, y: Double) {
    let n = Self.flattening / (2 - Self.flattening)
    let n2 = n * n
    let n3 = n2 * n
    let radius = Self.semiMajorAxis / (1 + n) * (1 + n2 / 4 + n2 * n2 / 64) * 0.9996
    let beta = [
      n / 2 - 2 * n2 / 3 + 37 * n3 / 96, n2 / 48 + n3 / 15, 17 * n3 / 480,
    ]
    let delta = [
      2 * n - 2 * n2 / 3 - 2 * n3, 7 * n2 / 3 - 8 * n3 / 5, 56 * n3 / 15,
    ]
    let xi = (northing - (isNorth ? 0 : 10_000_000)) / radius
    let eta = (easting - 500_000) / radius
    var (xiPrime, etaPrime) = (xi, eta)
    for (index, factor) in beta.enumerated() {
      let multiple = Double(2 * (index + 1))
      xiPrime -= factor * sin(multiple * xi) * cosh(multiple * eta)
      etaPrime -= factor * cos(multiple * xi) * sinh(multiple * eta)
    }
    let chi = asin(sin(xiPrime) / cosh(etaPrime))
    var latitude = chi
    for (index, factor) in delta.enumerated() {
      latitude += factor * sin(Double(2 * (index + 1)) * chi)
    }
    let fromMeridian = atan2(sinh(etaPrime), cos(xiPrime)) * 180 / .pi
    let longitude = Double(6 * number - 183) + fromMeridian
    // Zones 1 and 60 touch the date line.
    let wrapped = longitude < -180 ? longitude + 360 : longitude > 180 ? longitude - 360 : longitude
    return (wrapped, latitude * 180 / .pi)
  }

  /// Of WGS 84, in metres.
  private static let semiMajorAxis = 6_378_137.0
  private static let flattening = 1 / 298.257223563
}
