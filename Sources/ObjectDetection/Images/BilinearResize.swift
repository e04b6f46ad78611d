/// OpenCV's `resize(INTER_LINEAR)` of 8-bit RGB, bit for bit: weights of 11 bits, no antialiasing.
///
/// Ultralytics letterboxes with it, and a model sees the difference to a smoother filter. Halving both
/// sides exactly is a mean of 2 x 2 pixels, as OpenCV does it. Checked against OpenCV 5.0 by
/// Tests/Fixtures/numerics/letterbox.json.
struct BilinearResize {
  private static let scale: Float = 2048

  let sourceWidth: Int
  let sourceHeight: Int
  let width: Int
  let height: Int

  func run(
    from source: UnsafeRawPointer, bytesPerRow: Int, to target: UnsafeMutableRawPointer,
    targetBytesPerRow: Int
  ) {
    if sourceWidth == width * 2, sourceHeight == height * 2 {
      halve(source, bytesPerRow, target, targetBytesPerRow)
    } else {
      interpolate(source, bytesPerRow, target, targetBytesPerRow)
    }
  }

  private func halve(
    _ source: UnsafeRawPointer, _ bytesPerRow: Int, _ target: UnsafeMutableRawPointer,
    _ targetBytesPerRow: Int
  ) {
    for y in 0..<height {
      let upper = (source + 2 * y * bytesPerRow).assumingMemoryBound(to: UInt8.self)
      let lower = upper + bytesPerRow
      let output = (target + y * targetBytesPerRow).assumingMemoryBound(to: UInt8.self)
      for x in 0..<width {
        for channel in 0..<3 {
          let index = 6 * x + channel
          let sum =
            UInt16(upper[index]) + UInt16(upper[index + 3]) + UInt16(lower[index])
            + UInt16(lower[index + 3])
          output[3 * x + channel] = UInt8((sum + 2) >> 2)
        }
      }
    }
  }

  /// Where a target pixel reads along one axis: the first source pixel and the two weights.
  private struct Tap {
    var offset: Int
    var first: Int32
    var second: Int32
  }

  private static func tap(_ position: Int, ratio: Double) -> (index: Int, fraction: Float) {
    let exact = Float((Double(position) + 0.5) * ratio - 0.5)
    let index = exact.rounded(.down)
    return (Int(index), exact - index)
  }

  private static func weight(_ fraction: Float) -> Int32 {
    Int32((fraction * scale).rounded(.toNearestOrEven))
  }

  private func columnTaps() -> [Tap] {
    // OpenCV divides twice; one division differs in the last bit of some ratios.
    let ratio = 1 / (Double(width) / Double(sourceWidth))
    return (0..<width).map { x in
      let (index, fraction) = Self.tap(x, ratio: ratio)
      if index < 0 { return Tap(offset: 0, first: Int32(Self.scale), second: 0) }
      if index >= sourceWidth - 1 {
        return Tap(offset: 3 * (sourceWidth - 1), first: Int32(Self.scale), second: 0)
      }
      return Tap(
        offset: 3 * index, first: Self.weight(1 - fraction), second: Self.weight(fraction))
    }
  }

  private func interpolate(
    _ source: UnsafeRawPointer, _ bytesPerRow: Int, _ target: UnsafeMutableRawPointer,
    _ targetBytesPerRow: Int
  ) {
    let taps = columnTaps()
    let ratio = 1 / (Double(height) / Double(sourceHeight))
    let count = width * 3
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: 2 * count) { rows in
      guard var upper = rows.baseAddress else { return }
      var lower = upper + count
      var upperRow = -1
      var lowerRow = -1
      for y in 0..<height {
        let (index, fraction) = Self.tap(y, ratio: ratio)
        let first = min(max(index, 0), sourceHeight - 1)
        let second = min(max(index + 1, 0), sourceHeight - 1)
        if first == lowerRow {
          swap(&upper, &lower)
          swap(&upperRow, &lowerRow)
        }
        if first != upperRow {
          stretch(source + first * bytesPerRow, by: taps, into: upper)
          upperRow = first
        }
        if second != lowerRow {
          stretch(source + second * bytesPerRow, by: taps, into: lower)
          lowerRow = second
        }
        let output = (target + y * targetBytesPerRow).assumingMemoryBound(to: UInt8.self)
        let weight0 = Self.weight(1 - fraction)
        let weight1 = Self.weight(fraction)
        for x in 0..<count {
          let sum =
            ((weight0 &* (upper[x] &>> 4)) &>> 16) &+ ((weight1 &* (lower[x] &>> 4)) &>> 16)
          output[x] = UInt8(truncatingIfNeeded: min(max((sum &+ 2) &>> 2, 0), 255))
        }
      }
    }
  }

  /// One source row at the target's width, values times 2048.
  private func stretch(
    _ row: UnsafeRawPointer, by taps: [Tap], into output: UnsafeMutablePointer<Int32>
  ) {
    let bytes = row.assumingMemoryBound(to: UInt8.self)
    var write = output
    for tap in taps {
      let first = bytes + tap.offset
      // The last column has no right neighbour; its second weight is zero.
      let second = tap.second == 0 ? first : first + 3
      for channel in 0..<3 {
        write[channel] =
          Int32(first[channel]) &* tap.first &+ Int32(second[channel]) &* tap.second
      }
      write += 3
    }
  }
}
