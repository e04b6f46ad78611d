/// Pillow's `resize(BILINEAR)` of 8-bit RGB, bit for bit: a smaller pixel is a weighted mean of all that it covers.
///
/// Columns first, then rows, each rounded to 8 bits. Pillow 13 takes the rows of some tall pictures first, which moves
/// values by one level at most. Sources: Pillow, src/libImaging/Resample.c; for 16-bit weights
/// PyTorch, aten/src/ATen/native/cpu/UpSampleKernel.cpp, `compute_index_ranges_int16_weights`. Checked against both by
/// Tests/Fixtures/numerics/resizes.json.
struct AntialiasedResize {
  let sourceWidth: Int
  let sourceHeight: Int
  let width: Int
  let height: Int
  /// Whether weights have as many bits as fit into a 16-bit integer, as PyTorch's, instead of Pillow's 22.
  let fitsWeightsIn16Bits: Bool

  func run(
    from source: UnsafeRawPointer, bytesPerRow: Int, to target: UnsafeMutableRawPointer,
    targetBytesPerRow: Int
  ) {
    let columns = axis(from: sourceWidth, to: width)
    let rows = axis(from: sourceHeight, to: height)
    let count = width * 3
    withUnsafeTemporaryAllocation(byteCount: sourceHeight * count, alignment: 1) { narrowed in
      guard let narrowed = narrowed.baseAddress else { return }
      for y in 0..<sourceHeight {
        narrow(source + y * bytesPerRow, by: columns, into: narrowed + y * count)
      }
      for (y, tap) in rows.taps.enumerated() {
        let output = (target + y * targetBytesPerRow).assumingMemoryBound(to: UInt8.self)
        let first = (narrowed + tap.first * count).assumingMemoryBound(to: UInt8.self)
        tap.weights.withUnsafeBufferPointer { weights in
          for x in 0..<count {
            var sum = rows.half
            for index in weights.indices {
              sum &+= Int32(first[index * count + x]) &* weights[index]
            }
            output[x] = rows.byte(sum)
          }
        }
      }
    }
  }

  /// One source row at the target's width.
  private func narrow(
    _ row: UnsafeRawPointer, by columns: Axis, into output: UnsafeMutableRawPointer
  ) {
    let bytes = row.assumingMemoryBound(to: UInt8.self)
    var write = output.assumingMemoryBound(to: UInt8.self)
    for tap in columns.taps {
      var (red, green, blue) = (columns.half, columns.half, columns.half)
      var read = bytes + 3 * tap.first
      tap.weights.withUnsafeBufferPointer { weights in
        for weight in weights {
          red &+= Int32(read[0]) &* weight
          green &+= Int32(read[1]) &* weight
          blue &+= Int32(read[2]) &* weight
          read += 3
        }
      }
      write[0] = columns.byte(red)
      write[1] = columns.byte(green)
      write[2] = columns.byte(blue)
      write += 3
    }
  }

  /// What a target pixel reads along one axis: the first source pixel, and the weight of it and those that follow.
  private struct Tap {
    var first: Int
    var weights: [Int32]
  }

  private struct Axis {
    var taps: [Tap]
    /// Bits of the weights.
    var precision: Int32

    var half: Int32 { 1 << (precision - 1) }

    func byte(_ sum: Int32) -> UInt8 { UInt8(min(max(sum >> precision, 0), 255)) }
  }

  private func axis(from source: Int, to target: Int) -> Axis {
    let scale = Double(source) / Double(target)
    let reach = max(scale, 1)
    let taps = (0..<target).map { position in
      let center = (Double(position) + 0.5) * scale
      let first = max(Int(center - reach + 0.5), 0)
      let end = min(Int(center + reach + 0.5), source)
      let weights = (first..<end).map { index in
        // A triangle as wide as the target pixel, or two source pixels wide.
        max(1 - abs((Double(index) - center + 0.5) * (1 / reach)), 0)
      }
      let total = weights.reduce(0, +)
      return (first: first, weights: weights.map { $0 / total })
    }
    let largest = taps.lazy.flatMap(\.weights).max() ?? 1
    // Two bits are left for the sum, eight for the value.
    let bits =
      fitsWeightsIn16Bits
      ? (0..<22).first { Int(largest * Double(2 << $0) + 0.5) >= 1 << 15 } ?? 22 : 22
    return Axis(
      taps: taps.map { tap in
        Tap(first: tap.first, weights: tap.weights.map { Int32($0 * Double(1 << bits) + 0.5) })
      }, precision: Int32(bits))
  }
}
