/// The eight orientations of EXIF tag 274: what the first row and the first column of the file show.
public enum Orientation: Int, Sendable, CaseIterable {
  case topLeft = 1
  case topRight, bottomRight, bottomLeft, leftTop, rightTop, rightBottom, leftBottom

  /// Values that the standard does not know mean upright, as in other readers.
  public init(exif value: Int) { self = Orientation(rawValue: value) ?? .topLeft }

  /// Whether width and height change places.
  public var swapsAxes: Bool { rawValue >= Orientation.leftTop.rawValue }

  /// From an EXIF block, with or without the "Exif" that precedes it in JPEG: a TIFF file without pixels.
  /// Upright when it is broken, as in other readers.
  init(exifBlock: some Collection<UInt8>) {
    let hasMark = exifBlock.starts(with: Self.exifMark)
    var window = ByteWindow(MemoryBytes(Array(exifBlock.dropFirst(hasMark ? 6 : 0))))
    self = .topLeft
    do {
      let directory = try TIFFDirectory(&window)
      self = try directory.orientation(&window)
    } catch {
      // Nothing that would make the pixels unreadable.
    }
  }

  /// The sixth byte is 0 by the standard, and anything in the wild.
  static let exifMark: [UInt8] = Array("Exif\0".utf8)
}
