/// What is kept of some slices of an image that is not done: their detections with their exact floats.
///
/// Little-endian: a header, then the slices.
///
///     8  magic   4  version (1, with masks 2)   4  regions of the image   4  slices   text: SHA-256 of the model
///
///     4  index   4  flags (bit 0: reached the cap, bit 1: oriented boxes, bit 2: masks)   4  detections
///     then the detections as in `DetectionsFile`, with masks each followed by 4 bytes of count and `MaskBytes`
public enum CheckpointFile {
  private static let magic: [UInt8] = [0x89, 0x48, 0x43, 0x4b, 0x50, 0x0d, 0x0a, 0x1a]
  private static let version: UInt32 = 1
  private static let versionWithMasks: UInt32 = 2

  /// - Parameter regionCount: of the image's grid.
  public static func encode(
    _ slices: [FinishedSlice], regionCount: Int, model: DetectionModel
  ) -> [UInt8] {
    let hasMasks = slices.contains { $0.detections.contains { $0.mask != nil } }
    var bytes = magic
    for number in [
      hasMasks ? versionWithMasks : version, UInt32(clamping: regionCount),
      UInt32(clamping: slices.count),
    ] {
      bytes.append(number: number)
    }
    bytes.append(text: model.sha256)
    for slice in slices {
      let isOriented = slice.detections.contains { $0.orientedBox != nil }
      let hasMasks = slice.detections.contains { $0.mask != nil }
      let flags = (slice.reachedCap ? 1 : 0) | (isOriented ? 2 : 0) | (hasMasks ? 4 : 0)
      bytes.append(number: UInt32(clamping: slice.index))
      bytes.append(number: UInt32(flags))
      bytes.append(number: UInt32(clamping: slice.detections.count))
      for detection in slice.detections {
        bytes.append(detection, isOriented: isOriented)
        guard hasMasks else { continue }
        let mask = detection.mask.map(MaskBytes.encode) ?? []
        bytes.append(number: UInt32(mask.count))
        bytes += mask
      }
    }
    return bytes
  }

  /// Empty when the slices are of another model or another grid: then they are of no use.
  ///
  /// - Throws: `DetectionError(.storageError)` for bytes that are not as they were written.
  public static func decode(
    _ bytes: [UInt8], regionCount: Int, model: DetectionModel
  ) throws -> [FinishedSlice] {
    var cursor = ByteCursor(bytes)
    guard try cursor.bytes(magic.count) == magic else {
      throw DetectionsFile.damaged("wrong magic bytes")
    }
    guard [version, versionWithMasks].contains(try cursor.number()) else { return [] }
    let regions = try cursor.number(UInt32.self)
    let count = try cursor.number(UInt32.self)
    guard try cursor.text() == model.sha256, regions == regionCount else { return [] }
    var slices: [FinishedSlice] = []
    // Not reserved ahead: a wrong count ends with the bytes.
    for _ in 0..<count { slices.append(try slice(&cursor)) }
    guard cursor.isAtEnd else { throw DetectionsFile.damaged("a file that is too long") }
    return slices
  }

  private static func slice(_ cursor: inout ByteCursor) throws -> FinishedSlice {
    let index = Int(try cursor.number(UInt32.self))
    let flags: UInt32 = try cursor.number()
    guard flags < 8 else { throw DetectionsFile.damaged("unknown flags") }
    var detections: [Detection] = []
    for _ in 0..<(try cursor.number(UInt32.self)) {
      var detection = try DetectionsFile.detection(&cursor, isOriented: flags & 2 != 0)
      if flags & 4 != 0 {
        let mask = try cursor.bytes(Int(try cursor.number(UInt32.self)))
        if !mask.isEmpty { detection.mask = try MaskBytes.decode(mask) }
      }
      detections.append(detection)
    }
    return FinishedSlice(index: index, detections: detections, reachedCap: flags & 1 != 0)
  }
}
