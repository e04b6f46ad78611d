/// What an image file says about its pixels, read without decoding any of them.
public struct ImageHeader: Sendable, Hashable {
  public let format: ImageFormat
  /// Pixels as stored in the file, before `orientation` is applied.
  public let storedWidth: Int
  public let storedHeight: Int
  /// Where the file's first row and column belong (EXIF, TIFF tag 274).
  public internal(set) var orientation: Orientation
  /// The first sample's, in files whose samples differ.
  public let bitsPerSample: Int
  /// Values stored a pixel: 1 for a palette, colours and further bands otherwise.
  public let samplesPerPixel: Int
  /// Whether the picture has transparency: a PNG with alpha or `tRNS`, a TIFF whose first extra sample
  /// is alpha.
  public internal(set) var hasAlpha = false
  /// Whether samples are unsigned integers; only a TIFF's may be others.
  public internal(set) var hasUnsignedSamples = true

  /// Pixels of the upright image.
  public var width: Int { orientation.swapsAxes ? storedHeight : storedWidth }
  public var height: Int { orientation.swapsAxes ? storedWidth : storedHeight }

  /// Whether the pixels can be made 8-bit RGB without guessing the range of their values.
  public var hasSupportedSamples: Bool { hasUnsignedSamples && bitsPerSample <= 16 }

  /// Reads the header of a JPEG, PNG, TIFF or BigTIFF file and looks for truncation and damage, as far as
  /// that is cheap: JPEG markers up to the end marker, PNG chunks with their checksums, TIFF's first
  /// directory and the places of its strips or tiles.
  ///
  /// Time grows with the size of the source, memory does not. Blocks as long as the source does.
  ///
  /// - Throws: `DetectionError` with `.fileTooLarge`, `.invalidFormat`, `.invalidDimensions` or
  ///   `.corruptedFile`, whose messages do not name the file (see `DetectionError.naming`); what
  ///   the source throws.
  public static func read(from source: some ByteSource, limits: ImageLimits) throws -> ImageHeader {
    try limits.check(byteCount: source.count)
    var window = ByteWindow(source)
    let firstBytes = try window.available(at: 0).prefix(8)
    guard !firstBytes.isEmpty else { throw DetectionError(.invalidFormat, "the file is empty") }
    guard let format = ImageFormat(firstBytes: firstBytes) else {
      throw DetectionError(.invalidFormat, "not a JPEG, PNG or TIFF file")
    }
    return switch format {
    case .jpeg: try read(JPEGReader(window), limits)
    case .png: try read(PNGReader(window), limits)
    case .tiff: try read(TIFFReader(window), limits)
    }
  }

  private static func read(_ reader: some HeaderReader, _ limits: ImageLimits) throws -> ImageHeader
  {
    var reader = reader
    let header = try reader.readHeader()
    try limits.check(width: header.width, height: header.height)
    return try reader.readRest(of: header)
  }
}

/// Reads one format in two steps, so that a size beyond the limits is named as such whatever follows it.
protocol HeaderReader {
  /// Everything up to the pixels.
  mutating func readHeader() throws -> ImageHeader

  /// Looks at the rest for truncation and damage. Returns the header with what stood behind the pixels.
  mutating func readRest(of header: ImageHeader) throws -> ImageHeader
}

extension DetectionError {
  /// The right first bytes, but `problem`.
  static func damaged(_ problem: String) -> DetectionError {
    DetectionError(.corruptedFile, problem)
  }
}
