import CVips
import ObjectDetection

/// Writes the pixels of a file, as they are decoded row by row, to their upright places.
struct UprightWriter {
  let header: ImageHeader

  /// Byte offsets: where the file's first pixel goes, and the steps along its rows and columns.
  private var placement: (origin: Int, alongRow: Int, alongColumn: Int) {
    let row = header.width * 3
    let right = (header.width - 1) * 3
    let bottom = (header.height - 1) * row
    return switch header.orientation {
    case .topLeft: (0, 3, row)
    case .topRight: (right, -3, row)
    case .bottomRight: (bottom + right, -3, -row)
    case .bottomLeft: (bottom, 3, -row)
    case .leftTop: (0, row, 3)
    case .rightTop: (right, row, -3)
    case .rightBottom: (bottom + right, -row, -3)
    case .leftBottom: (bottom, -row, 3)
    }
  }

  /// What the callback needs, reachable through one pointer.
  private struct Target {
    var bytes: UnsafeMutableRawBufferPointer
    var placement: (origin: Int, alongRow: Int, alongColumn: Int)
    var image: PixelBuffer
    var arrivesFromTheTop: Bool
    /// Rows that an earlier try has delivered: somebody may be reading them.
    var deliveredRows: Int
    var cancellation: CancellationFlag
  }

  /// Runs libvips over the source; false when it failed or was cancelled. Upright files tell `image` of
  /// their rows as they come, turned ones are there only at the end.
  func write(
    _ source: UnsafeMutablePointer<VipsImage>, into image: PixelBuffer,
    until cancellation: CancellationFlag
  ) -> Bool {
    image.withUnfilledBytes { bytes in
      var target = Target(
        bytes: bytes, placement: placement, image: image,
        arrivesFromTheTop: placement.alongColumn == header.width * 3,
        deliveredRows: image.readyRows, cancellation: cancellation)
      return withUnsafeMutablePointer(to: &target) { write(source, to: $0) }
    }
  }

  private func write(
    _ source: UnsafeMutablePointer<VipsImage>, to target: UnsafeMutablePointer<Target>
  ) -> Bool {
    vips_sink_disc(
      source,
      { region, area, context in
        guard let region, let area = area?.pointee,
          let target = context?.assumingMemoryBound(to: Target.self).pointee,
          !target.cancellation.isSet
        else { return -1 }
        for row in 0..<area.height where Int(area.top + row) >= target.deliveredRows {
          guard let pixels = harrier_vips_region_row(region, area.left, area.top + row) else {
            return -1
          }
          UprightWriter.place(
            pixels, count: Int(area.width), x: Int(area.left), y: Int(area.top + row), in: target)
        }
        if target.arrivesFromTheTop {
          target.image.advance(toRows: Int(area.top + area.height))
        }
        return 0
      }, target) == 0
  }

  private static func place(
    _ pixels: UnsafePointer<UInt8>, count: Int, x: Int, y: Int, in target: Target
  ) {
    let (origin, alongRow, alongColumn) = target.placement
    var offset = origin + x * alongRow + y * alongColumn
    if alongRow == 3 {
      target.bytes.baseAddress?.advanced(by: offset).copyMemory(from: pixels, byteCount: count * 3)
      return
    }
    for pixel in 0..<count {
      target.bytes[offset] = pixels[3 * pixel]
      target.bytes[offset + 1] = pixels[3 * pixel + 1]
      target.bytes[offset + 2] = pixels[3 * pixel + 2]
      offset += alongRow
    }
  }
}
