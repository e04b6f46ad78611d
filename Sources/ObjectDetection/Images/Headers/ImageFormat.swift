/// The image formats that Harrier reads, told by their first bytes, whatever a file's name says.
public enum ImageFormat: String, Sendable, CaseIterable {
  case jpeg = "JPEG"
  case png = "PNG"
  case tiff = "TIFF"

  /// nil for any other content. Eight bytes are enough.
  public init?(firstBytes bytes: some Collection<UInt8>) {
    let head = Array(bytes.prefix(8))
    if head.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if head == [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] {
      self = .png
    } else if Self.tiffHeads.contains(where: { head.starts(with: $0) }) {
      self = .tiff
    } else {
      return nil
    }
  }

  /// TIFF and BigTIFF in both byte orders.
  private static let tiffHeads: [[UInt8]] = [
    [0x49, 0x49, 42, 0], [0x4d, 0x4d, 0, 42], [0x49, 0x49, 43, 0], [0x4d, 0x4d, 0, 43],
  ]

  /// File name endings, lower case.
  public static let fileExtensions: Set<String> = ["jpg", "jpeg", "png", "tif", "tiff"]
}
