/// Checks the first picture of a TIFF or BigTIFF file: its directory, and that all its strips or tiles lie
/// inside the file. As tolerant as libtiff: missing or wrong lengths that it computes itself do not matter.
struct TIFFReader: HeaderReader {
  private enum Compression {
    static let none: UInt64 = 1
    /// Its pixels are found through other tags than the strips'.
    static let oldJPEG: UInt64 = 6
    static let jpeg: UInt64 = 7
  }

  private enum Photometric {
    static let palette: UInt64 = 3
    /// Its colours may be stored for groups of pixels, so that strips are shorter than they seem.
    static let yCbCr: UInt64 = 6
  }

  /// Strips are tiles as wide as the picture.
  private struct Layout {
    var tileWidth: UInt64
    var tileHeight: UInt64
    var isTiled: Bool
    /// 1, or the number of samples when each has tiles of its own.
    var planes: UInt64
  }

  private var window: ByteWindow
  private var directory: TIFFDirectory?

  init(_ window: ByteWindow) { self.window = window }

  mutating func readHeader() throws -> ImageHeader {
    let directory = try TIFFDirectory(&window)
    self.directory = directory
    guard directory.isComplete else {
      throw DetectionError.damaged("the TIFF ends inside its directory")
    }
    guard let width = try directory.first(.imageWidth, &window).flatMap({ Int(exactly: $0) }),
      let height = try directory.first(.imageLength, &window).flatMap({ Int(exactly: $0) }),
      width > 0, height > 0
    else { throw DetectionError.damaged("the TIFF has no size") }
    let bits = try directory.first(.bitsPerSample, &window) ?? 1
    let samples = try directory.first(.samplesPerPixel, &window) ?? 1
    guard 1...64 ~= bits || bits == 128, 1...65535 ~= samples else {
      throw DetectionError.damaged("the TIFF has impossible samples")
    }
    let extra = try directory.first(.extraSamples, &window)
    // 2 and 5 are signed and complex integers, 3 and 6 floats; 4 is undefined.
    let sampleFormat = try directory.first(.sampleFormat, &window) ?? 1
    return ImageHeader(
      format: .tiff, storedWidth: width, storedHeight: height,
      orientation: try directory.orientation(&window), bitsPerSample: Int(bits),
      samplesPerPixel: Int(samples), hasAlpha: extra == 1 || extra == 2,
      hasUnsignedSamples: ![2, 3, 5, 6].contains(sampleFormat))
  }

  mutating func readRest(of header: ImageHeader) throws -> ImageHeader {
    guard let directory else { return header }
    let compression = try directory.first(.compression, &window) ?? Compression.none
    let photometric = try directory.first(.photometricInterpretation, &window)
    if photometric == Photometric.palette, header.bitsPerSample <= 16 {
      let colours = try directory.values(.colourMap, &window)?.count ?? 0
      guard colours >= 3 << header.bitsPerSample else {
        throw DetectionError.damaged("the TIFF has no palette")
      }
    }
    if compression == Compression.jpeg { _ = try directory.values(.jpegTables, &window) }
    if compression == Compression.oldJPEG { return header }
    let layout = try readLayout(of: header, directory)
    let isRaw = compression == Compression.none && photometric != Photometric.yCbCr
    if isRaw {
      try checkRawTiles(of: header, layout, directory)
    } else {
      try checkCompressedTiles(of: header, layout, directory)
    }
    return header
  }

  private mutating func readLayout(
    of header: ImageHeader, _ directory: TIFFDirectory
  ) throws -> Layout {
    let isSeparate = try directory.first(.planarConfiguration, &window) == 2
    var layout = Layout(
      tileWidth: UInt64(header.storedWidth), tileHeight: UInt64(header.storedHeight),
      isTiled: false, planes: isSeparate ? UInt64(header.samplesPerPixel) : 1)
    if let width = try directory.first(.tileWidth, &window) {
      layout.isTiled = true
      layout.tileWidth = width
      layout.tileHeight = try directory.first(.tileLength, &window) ?? 0
    } else if let rows = try directory.first(.rowsPerStrip, &window) {
      layout.tileHeight = min(rows, layout.tileHeight)
    }
    guard layout.tileWidth > 0, layout.tileHeight > 0 else {
      throw DetectionError.damaged("the TIFF has strips or tiles without pixels")
    }
    return layout
  }

  /// How many tiles there must be, and where their places are.
  private mutating func readOffsets(
    of header: ImageHeader, _ layout: Layout, _ directory: TIFFDirectory
  ) throws -> (tiles: Int, offsets: TIFFDirectory.Values) {
    let across = Self.quotient(header.storedWidth, layout.tileWidth)
    let down = Self.quotient(header.storedHeight, layout.tileHeight)
    guard let tiles = Self.product(across, down, layout.planes),
      let offsets = try directory.values(.tileOffsets, &window)
        ?? directory.values(.stripOffsets, &window),
      tiles <= UInt64(offsets.count)
    else { throw DetectionError.damaged("the TIFF has too few strips or tiles") }
    return (Int(tiles), offsets)
  }

  /// Without compression the length follows from the size, so whatever the file says is not needed.
  private mutating func checkRawTiles(
    of header: ImageHeader, _ layout: Layout, _ directory: TIFFDirectory
  ) throws {
    let (tiles, offsets) = try readOffsets(of: header, layout, directory)
    let samples = UInt64(header.samplesPerPixel) / layout.planes
    guard let rowBits = Self.product(layout.tileWidth, samples, UInt64(header.bitsPerSample)),
      let length = Self.product(rowBits / 8 + (rowBits % 8 > 0 ? 1 : 0), layout.tileHeight, 1)
    else { throw DetectionError.damaged("the TIFF has impossible samples") }
    let rows = UInt64(header.storedHeight)
    let stripsOfPlane = max(1, tiles / Int(layout.planes))
    for tile in 0..<tiles {
      var needed = length
      if !layout.isTiled, tile % stripsOfPlane == stripsOfPlane - 1 {
        // The last strip may be shorter.
        let rest = rows % layout.tileHeight
        needed = length / layout.tileHeight * (rest == 0 ? layout.tileHeight : rest)
      }
      try checkPlace(offsets.value(tile, &window), needed)
    }
  }

  private mutating func checkCompressedTiles(
    of header: ImageHeader, _ layout: Layout, _ directory: TIFFDirectory
  ) throws {
    let (tiles, offsets) = try readOffsets(of: header, layout, directory)
    let lengths =
      try directory.values(.tileByteCounts, &window)
      ?? directory.values(.stripByteCounts, &window)
    // Two lists, far from each other: two windows, or each number would be read anew.
    var lengthWindow = window
    for tile in 0..<tiles {
      let length = try lengths?.value(tile, &lengthWindow) ?? 0
      // libtiff takes all that follows as the only strip of a plane if its length is missing.
      guard length > 0 || UInt64(tiles) == layout.planes else {
        throw DetectionError.damaged("a strip or tile of the TIFF is missing")
      }
      try checkPlace(offsets.value(tile, &window), max(1, length))
    }
  }

  private func checkPlace(_ offset: UInt64?, _ length: UInt64) throws {
    guard let offset = offset.flatMap({ Int(exactly: $0) }), offset > 0,
      let length = Int(exactly: length), window.contains(offset, length)
    else { throw DetectionError.damaged("a strip or tile of the TIFF lies outside the file") }
  }

  /// Rounded up.
  private static func quotient(_ dividend: Int, _ divisor: UInt64) -> UInt64 {
    (UInt64(dividend) - 1) / divisor + 1
  }

  /// nil for a product that no number of bytes can be.
  private static func product(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64? {
    let (partial, overflow) = first.multipliedReportingOverflow(by: second)
    let (product, overflowToo) = partial.multipliedReportingOverflow(by: third)
    return overflow || overflowToo || product > UInt64(Int.max) ? nil : product
  }
}
