/// A mask's runs as they are kept, some three bytes each.
///
///     count of runs; of each: rows below the run before, columns from the run before in its row (else from 0), length
///
/// All numbers are unsigned and take seven bits a byte, the lowest first; the eighth bit says that more follow (LEB128).
enum MaskBytes {
  /// Of one mask: more than one of 65,535 rows takes, with seven bytes a run.
  static let maxBytes = 1 << 19

  static func encode(_ mask: InstanceMask) -> [UInt8] {
    var bytes: [UInt8] = []
    append(mask.runs.count, to: &bytes)
    var (row, end) = (0, 0)
    for run in mask.runs {
      if Int(run.row) != row { end = 0 }
      append(Int(run.row) - row, to: &bytes)
      append(Int(run.start) - end, to: &bytes)
      append(Int(run.end) - Int(run.start), to: &bytes)
      (row, end) = (Int(run.row), Int(run.end))
    }
    return bytes
  }

  /// - Throws: `DetectionError(.storageError)` for bytes that are not as they were written.
  static func decode(_ bytes: [UInt8]) throws -> InstanceMask {
    var cursor = ByteCursor(bytes)
    let count = try number(&cursor)
    var runs: [InstanceMask.Run] = []
    var (row, end) = (0, 0)
    // Not reserved ahead: a wrong count ends with the bytes.
    for _ in 0..<count {
      let step = try number(&cursor)
      if step > 0 { end = 0 }
      row += step
      let start = end + (try number(&cursor))
      end = start + (try number(&cursor))
      guard row <= InstanceMask.maxSide, start < end, end <= InstanceMask.maxSide else {
        throw DetectionsFile.damaged("impossible numbers")
      }
      runs.append(InstanceMask.Run(row: UInt16(row), start: UInt16(start), end: UInt16(end)))
    }
    guard cursor.isAtEnd, let mask = InstanceMask(runs) else {
      throw DetectionsFile.damaged("a mask of another length")
    }
    return mask
  }

  private static func append(_ number: Int, to bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  private static func number(_ cursor: inout ByteCursor) throws -> Int {
    var (number, shift) = (0, 0)
    while true {
      let byte: UInt8 = try cursor.number()
      number |= Int(byte & 0x7f) << shift
      guard byte >= 0x80 else { return number }
      shift += 7
      guard shift <= 28 else { throw DetectionsFile.damaged("impossible numbers") }
    }
  }
}

/// Where a detection's mask is among those of its `DetectionsFile`.
struct MaskRecord: Equatable {
  static let byteCount = 12

  let range: Range<Int>

  /// - Parameter bytes: of the masks before.
  init(_ mask: InstanceMask?, appendedTo bytes: inout [UInt8]) {
    let start = bytes.count
    if let mask { bytes += MaskBytes.encode(mask) }
    range = start..<bytes.count
  }

  init(_ cursor: ByteCursor) throws {
    var cursor = cursor
    let start = try cursor.number(UInt64.self)
    let count = try cursor.number(UInt32.self)
    guard start <= UInt64(Int.max / 2), count <= MaskBytes.maxBytes else {
      throw DetectionsFile.damaged("impossible numbers")
    }
    range = Int(start)..<Int(start) + Int(count)
  }

  func append(to bytes: inout [UInt8]) {
    bytes.append(number: UInt64(range.lowerBound))
    bytes.append(number: UInt32(range.count))
  }
}
