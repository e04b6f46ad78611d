import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Georeference")
struct GeoreferenceTests {
  /// Computed by pyproj 3.7.2 (PROJ's own transverse Mercator, Poder and Engsager's series).
  static let utm:
    [(code: Int, easting: Double, northing: Double, longitude: Double, latitude: Double)] = [
      (32632, 691608.5, 5334760.25, 11.575564524956, 48.137220565412),
      (32633, 500000, 0, 15, 0),
      (32719, 350000, 6300000.5, -70.613491126108, -33.428893697790),
      (32601, 166021.44, 5000, 179.999999045280, 0.045174155120),
      (32660, 833978.5, 9300000, -157.374277078061, 83.072582372611),
      (32750, 600000, 9999999, 117.898637660209, -0.000009046193),
    ]

  @Test("UTM becomes degrees as PROJ computes them", arguments: utm.indices)
  func zones(index: Int) {
    let (code, easting, northing, longitude, latitude) = Self.utm[index]
    let zone = UTMZone(number: code % 100, isNorth: code / 100 == 326)
    let found = zone.degrees(easting: easting, northing: northing)
    // A hundred-millionth of a degree is a millimetre.
    #expect(abs(found.x - longitude) < 1e-8)
    #expect(abs(found.y - latitude) < 1e-8)
  }

  private static func keys(_ entries: [(UInt64, UInt64)]) -> TIFFFile.Values {
    TIFFFile.Values(
      3, [1, 1, 0, UInt64(entries.count)] + entries.flatMap { [$0.0, 0, 1, $0.1] })
  }

  private static let geographic = keys([(1024, 2), (1025, 1), (2048, 4326)])
  /// 0.5 x 0.25 degrees a pixel, pixel (2, 4) at 10 E, 50 N: the corner is at 9 E, 51 N.
  private static let scale: [UInt16: TIFFFile.Values?] = [
    33550: .doubles([0.5, 0.25, 0]), 33922: .doubles([2, 4, 0, 10, 50, 0]), 34735: geographic,
  ]

  private func read(
    _ tags: [UInt16: TIFFFile.Values?], order: ByteOrder = .littleEndian, isBig: Bool = false
  ) throws -> Georeference? {
    try Georeference.read(from: MemoryBytes(TIFFFile(tags, order: order, isBig: isBig).bytes))
  }

  private func degrees(_ reference: Georeference?, _ x: Double, _ y: Double) -> [Double]? {
    reference?.degrees(ofPixel: (x, y)).x.isFinite == true
      ? reference.map { [$0.degrees(ofPixel: (x, y)).x, $0.degrees(ofPixel: (x, y)).y] } : nil
  }

  @Test(
    "scale and tie point place each pixel, in both byte orders and sizes",
    arguments: [ByteOrder.littleEndian, .bigEndian], [false, true])
  func scaleAndTiepoint(order: ByteOrder, isBig: Bool) throws {
    let reference = try read(Self.scale, order: order, isBig: isBig)
    #expect(degrees(reference, 0, 0) == [9, 51])
    #expect(degrees(reference, 2, 4) == [10, 50])
    #expect(degrees(reference, 10, 8) == [14, 49])
  }

  @Test("a transformation may turn the image")
  func transformation() throws {
    let matrix: [Double] = [0, 2, 0, 100, 3, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 1]
    let reference = try read([34264: .doubles(matrix), 34735: Self.geographic])
    #expect(degrees(reference, 1, 5) == [110, 23])
  }

  @Test("where numbers are those of pixel centres, corners lie half a pixel before")
  func pixelIsPoint() throws {
    var tags = Self.scale
    tags[34735] = Self.keys([(1024, 2), (1025, 2), (2048, 4326)])
    #expect(degrees(try read(tags), 2.5, 4.5) == [10, 50])
  }

  @Test("a projected image goes through its zone")
  func projected() throws {
    let reference = try read([
      33550: .doubles([0.5, 0.5, 0]), 33922: .doubles([0, 0, 0, 691600, 5_334_770.25, 0]),
      34735: Self.keys([(1024, 1), (3072, 32632), (3076, 9001)]),
    ])
    let found = try #require(degrees(reference, 17, 20))
    #expect(abs(found[0] - 11.575564524956) < 1e-8)
    #expect(abs(found[1] - 48.137220565412) < 1e-8)
  }

  @Test("files that GDAL has written are placed where it places them")
  func gdal() throws {
    func read(_ name: String) throws -> Georeference? {
      let bytes = try Data(contentsOf: Fixtures.url("geotiff/\(name)"))
      return try Georeference.read(from: MemoryBytes(Array(bytes)))
    }
    let geographic = try #require(degrees(try read("wgs84.tif"), 100, 50))
    #expect(abs(geographic[0] - 10.1) < 1e-12)
    #expect(abs(geographic[1] - 49.95) < 1e-12)
    let utm = try #require(degrees(try read("utm32n.tif"), 17, 20))
    #expect(abs(utm[0] - 11.575564524956) < 1e-8)
    #expect(abs(utm[1] - 48.137220565412) < 1e-8)
  }

  /// The image has 96 x 72 pixels as stored. Each row: the upright place of the stored corner (0, 0).
  @Test(
    "places are those of the upright image, whatever the orientation of the file",
    arguments: [
      (1, 0, 0), (2, 96, 0), (3, 96, 72), (4, 0, 72), (5, 0, 0), (6, 72, 0), (7, 72, 96),
      (8, 0, 96),
    ] as [(UInt64, Double, Double)])
  func orientations(tag: UInt64, x: Double, y: Double) throws {
    var tags = Self.scale
    tags[274] = .short(tag)
    #expect(degrees(try read(tags), x, y) == [9, 51])
  }

  @Test("a quarter turn moves along the other axis")
  func quarterTurn() throws {
    var tags = Self.scale
    tags[274] = .short(6)
    // Shown a quarter clockwise: upright down is a column to the right, upright left a row down.
    #expect(degrees(try read(tags), 72, 2) == [10, 51])
    #expect(degrees(try read(tags), 68, 0) == [9, 50])
  }

  @Test(
    "other systems, units and incomplete tags have no place",
    arguments: [
      [34735: nil], [33550: nil], [33922: nil], [33922: .doubles([0, 0, 0])],
      [33550: .doubles([0, 1, 0])], [33550: .doubles([.nan, 1, 0])], [33550: .short(1)],
      [34735: keys([(1024, 2), (2048, 4269)])], [34735: keys([(1024, 1), (3072, 25832)])],
      [34735: keys([(1024, 1), (3072, 32661)])],
      [34735: keys([(1024, 1), (3072, 32632), (3076, 9002)])],
      [34735: keys([(1024, 2), (2048, 4326), (2054, 9101)])], [34735: keys([(2048, 4326)])],
      [34735: TIFFFile.Values(3, [1, 1, 0, 9])],
    ] as [[UInt16: TIFFFile.Values?]])
  func unknown(changes: [UInt16: TIFFFile.Values?]) throws {
    #expect(try read(Self.scale.merging(changes) { $1 }) == nil)
  }

  @Test("other formats have no place")
  func otherFormats() throws {
    #expect(try Georeference.read(from: MemoryBytes([0xff, 0xd8, 0xff, 0xe0])) == nil)
    #expect(try Georeference.read(from: MemoryBytes([])) == nil)
  }

  @Test("GeoJSON of mixed images says for each feature what its coordinates are")
  func mixed() throws {
    let results = ResultSet(
      model: ResultSamples.model,
      images: [
        ResultSamples.image([ResultSamples.oriented]), ResultSamples.image([ResultSamples.plain]),
      ])
    var overview = results.overview
    overview.images[0].georeference = try read(Self.scale)
    var document = ResultFormat.geojson.document(of: overview)
    var text = document.begin()
    for (image, heading) in zip(results.images, overview.images) {
      text += document.add(image.detections, to: heading)
    }
    let json = try ParsedJSON(text + document.end())
    #expect(json.string("coordinates") == "mixed")
    #expect(json.string("features.0.properties.coordinates") == "longitude_latitude")
    #expect(json.string("features.1.properties.coordinates") == "pixels")
    // Corners (90, 70), (110, 70), (110, 30), (90, 30): longitude 9 + x / 2, latitude 51 - y / 4.
    let ring = try #require(json.points("features.0.geometry.coordinates.0"))
    #expect(Set(ring) == [[54, 33.5], [64, 33.5], [64, 43.5], [54, 43.5]])
    let doubledArea = zip(ring, ring.dropFirst()).reduce(0) {
      $0 + $1.0[0] * $1.1[1] - $1.1[0] * $1.0[1]
    }
    #expect(doubledArea == 200)
  }
}
