public import Foundation

/// A blue picture with one red square: what the model `red-cell` finds there is known.
public struct ColouredPicture: Sendable {
  public let width: Int
  public let height: Int
  /// Top-left corner and side of the square, in pixels.
  public let squareX: Int
  public let squareY: Int
  public let squareSide: Int

  public init(width: Int, height: Int, squareX: Int, squareY: Int, squareSide: Int) {
    self.width = width
    self.height = height
    self.squareX = squareX
    self.squareY = squareY
    self.squareSide = squareSide
  }

  /// An uncompressed baseline TIFF (TIFF 6.0, section 6): little-endian, one strip of RGB bytes.
  public var tiff: Data {
    let pixels = (0..<height).flatMap { y in
      (0..<width).flatMap { x -> [UInt8] in
        let isRed =
          (squareX..<squareX + squareSide).contains(x)
          && (squareY..<squareY + squareSide).contains(y)
        return isRed ? [255, 0, 0] : [0, 0, 255]
      }
    }
    // Tag, type (3 short, 4 long), count, value; BitsPerSample's three values lie behind the directory.
    let entries: [(UInt16, UInt16, UInt32, UInt32)] = [
      (256, 4, 1, UInt32(width)), (257, 4, 1, UInt32(height)), (258, 3, 3, 0), (259, 3, 1, 1),
      (262, 3, 1, 2), (273, 4, 1, 0), (277, 3, 1, 3), (278, 4, 1, UInt32(height)),
      (279, 4, 1, UInt32(pixels.count)),
    ]
    let bitsOffset = 8 + 2 + entries.count * 12 + 4
    let pixelOffset = bitsOffset + 6
    var file = Data([0x49, 0x49, 42, 0, 8, 0, 0, 0])
    file.append(littleEndian: UInt16(entries.count))
    for (tag, type, count, value) in entries {
      file.append(littleEndian: tag)
      file.append(littleEndian: type)
      file.append(littleEndian: count)
      switch tag {
      case 258: file.append(littleEndian: UInt32(bitsOffset))
      case 273: file.append(littleEndian: UInt32(pixelOffset))
      default: file.append(littleEndian: value)
      }
    }
    file.append(littleEndian: UInt32(0))
    for _ in 0..<3 { file.append(littleEndian: UInt16(8)) }
    return file + Data(pixels)
  }
}

extension Data {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }
}
