/// Where the pixels of an image lie on Earth: longitude and latitude on WGS 84, straight or through UTM.
public struct Georeference: Sendable, Equatable {
  enum System: Sendable, Equatable {
    /// EPSG:4326, degrees.
    case geographic
    /// EPSG:326zz and 327zz, metres.
    case utm(UTMZone)
  }

  /// From columns and rows of the stored raster to the system's coordinates:
  /// `x = xx * column + xy * row + x0`, and y alike.
  struct Transformation: Sendable, Equatable {
    var xx: Double
    var xy: Double
    var x0: Double
    var yx: Double
    var yy: Double
    var y0: Double
  }

  let system: System
  let transformation: Transformation
  let orientation: Orientation
  /// Pixels of the raster as stored.
  let storedWidth: Int
  let storedHeight: Int

  /// Longitude and latitude in degrees of a place in pixels of the upright image.
  public func degrees(ofPixel pixel: (x: Double, y: Double)) -> (x: Double, y: Double) {
    let (column, row) = stored(pixel)
    let t = transformation
    let x = t.xx * column + t.xy * row + t.x0
    let y = t.yx * column + t.yy * row + t.y0
    return switch system {
    case .geographic: (x, y)
    case .utm(let zone): zone.degrees(easting: x, northing: y)
    }
  }

  /// Upright pixels back to those of the file.
  private func stored(_ pixel: (x: Double, y: Double)) -> (column: Double, row: Double) {
    let (x, y) = pixel
    let (width, height) = (Double(storedWidth), Double(storedHeight))
    return switch orientation {
    case .topLeft: (x, y)
    case .topRight: (width - x, y)
    case .bottomRight: (width - x, height - y)
    case .bottomLeft: (x, height - y)
    case .leftTop: (y, x)
    case .rightTop: (y, height - x)
    case .rightBottom: (width - y, height - x)
    case .leftBottom: (width - y, x)
    }
  }
}
