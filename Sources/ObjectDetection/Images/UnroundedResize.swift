/// PyTorch's `interpolate(mode="bilinear", antialias=False)` of 8-bit RGB into 32-bit floats, 0 to 255: the nearest four
/// pixels, as OpenCV's, but nothing is rounded.
///
/// Source: aten/src/ATen/native/UpSample.h, `compute_source_index_and_lambda`, which computes in 32 bits too.
struct UnroundedResize {
  let sourceWidth: Int
  let sourceHeight: Int
  let width: Int
  let height: Int

  /// The target's rows are `targetFloatsPerRow` apart.
  func run(
    from source: UnsafeRawPointer, bytesPerRow: Int, to target: UnsafeMutablePointer<Float>,
    targetFloatsPerRow: Int
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    if width == sourceWidth, height == sourceHeight {
      for y in 0..<height {
        let (input, output) = (bytes + y * bytesPerRow, target + y * targetFloatsPerRow)
        for x in 0..<width * 3 { output[x] = Float(input[x]) }
      }
      return
    }
    let columns = Self.taps(from: sourceWidth, to: width)
    for (y, row) in Self.taps(from: sourceHeight, to: height).enumerated() {
      let (upper, lower) = (bytes + row.first * bytesPerRow, bytes + row.second * bytesPerRow)
      var output = target + y * targetFloatsPerRow
      for column in columns {
        let (left, right) = (3 * column.first, 3 * column.second)
        for channel in 0..<3 {
          let above = column.mix(Float(upper[left + channel]), Float(upper[right + channel]))
          let below = column.mix(Float(lower[left + channel]), Float(lower[right + channel]))
          output[channel] = row.mix(above, below)
        }
        output += 3
      }
    }
  }

  /// The two source pixels that a target pixel lies between, along one axis.
  private struct Tap {
    var first: Int
    var second: Int
    /// Of the second.
    var weight: Float

    func mix(_ one: Float, _ other: Float) -> Float { (1 - weight) * one + weight * other }
  }

  private static func taps(from source: Int, to target: Int) -> [Tap] {
    let scale = Float(source) / Float(target)
    return (0..<target).map { position in
      let exact = max(scale * (Float(position) + 0.5) - 0.5, 0)
      let first = min(Int(exact), source - 1)
      return Tap(
        first: first, second: min(first + 1, source - 1), weight: min(exact - Float(first), 1))
    }
  }
}
