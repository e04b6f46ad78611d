extension Georeference {
  /// Keys of the GeoKey directory. Source: OGC GeoTIFF standard 1.1.
  private enum Key {
    static let modelType: UInt64 = 1024
    static let rasterType: UInt64 = 1025
    static let geodeticSystem: UInt64 = 2048
    static let angularUnits: UInt64 = 2054
    static let projectedSystem: UInt64 = 3072
    static let linearUnits: UInt64 = 3076
  }

  /// nil for an image that is no GeoTIFF on WGS 84, geographic or UTM, whose tags say how its pixels lie.
  ///
  /// Blocks as long as the source does.
  ///
  /// - Throws: `DetectionError(.corruptedFile)` when the tags lie outside the file; what the source throws.
  public static func read(from source: some ByteSource) throws -> Georeference? {
    var window = ByteWindow(source)
    guard ImageFormat(firstBytes: try window.available(at: 0).prefix(8)) == .tiff else {
      return nil
    }
    let directory = try TIFFDirectory(&window)
    guard let keys = try keys(directory, &window), let system = system(keys),
      var transformation = try transformation(directory, &window),
      let width = try directory.first(.imageWidth, &window).flatMap({ Int(exactly: $0) }),
      let height = try directory.first(.imageLength, &window).flatMap({ Int(exactly: $0) })
    else { return nil }
    if keys[Key.rasterType] == 2 {
      // Numbers are those of pixel centres; ours count from the pixel's corner.
      transformation.x0 -= (transformation.xx + transformation.xy) / 2
      transformation.y0 -= (transformation.yx + transformation.yy) / 2
    }
    return Georeference(
      system: system, transformation: transformation,
      orientation: try directory.orientation(&window), storedWidth: width, storedHeight: height)
  }

  /// The keys whose values are in the directory itself, as those of systems and units are.
  private static func keys(
    _ directory: TIFFDirectory, _ window: inout ByteWindow
  ) throws -> [UInt64: UInt64]? {
    guard let values = try directory.values(.geoKeyDirectory, &window),
      let count = try values.value(3, &window)
    else { return nil }
    var keys: [UInt64: UInt64] = [:]
    for index in 0..<Int(min(count, UInt64(values.count / 4))) {
      guard let key = try values.value(4 * index + 4, &window),
        let place = try values.value(4 * index + 5, &window),
        let value = try values.value(4 * index + 7, &window)
      else { break }
      if place == 0 { keys[key] = value }
    }
    return keys
  }

  /// nil for every system but WGS 84's: RFC 7946 knows no other.
  private static func system(_ keys: [UInt64: UInt64]) -> System? {
    switch keys[Key.modelType] {
    case 1:
      // 9001 is the metre.
      guard let code = keys[Key.projectedSystem], keys[Key.linearUnits] ?? 9001 == 9001 else {
        return nil
      }
      let number = Int(code % 100)
      guard code / 100 == 326 || code / 100 == 327, 1...60 ~= number else { return nil }
      return .utm(UTMZone(number: number, isNorth: code / 100 == 326))
    case 2:
      // 9102 is the degree.
      return keys[Key.geodeticSystem] == 4326 && keys[Key.angularUnits] ?? 9102 == 9102
        ? .geographic : nil
    default: return nil
    }
  }

  private static func transformation(
    _ directory: TIFFDirectory, _ window: inout ByteWindow
  ) throws -> Transformation? {
    var result: Transformation
    if let m = try directory.doubles(.modelTransformation, atMost: 16, &window) {
      guard m.count == 16 else { return nil }
      result = Transformation(xx: m[0], xy: m[1], x0: m[3], yx: m[4], yy: m[5], y0: m[7])
    } else if let scale = try directory.doubles(.modelPixelScale, atMost: 3, &window),
      let tie = try directory.doubles(.modelTiepoint, atMost: 6, &window)
    {
      // Rows go south: the scale is positive all the same.
      guard scale.count >= 2, tie.count == 6 else { return nil }
      result = Transformation(
        xx: scale[0], xy: 0, x0: tie[3] - tie[0] * scale[0], yx: 0, yy: -scale[1],
        y0: tie[4] + tie[1] * scale[1])
    } else {
      return nil
    }
    let numbers = [result.xx, result.xy, result.x0, result.yx, result.yy, result.y0]
    let determinant = result.xx * result.yy - result.xy * result.yx
    return numbers.allSatisfy(\.isFinite) && determinant != 0 ? result : nil
  }
}
