import CCairo
import ObjectDetection

/// A picture that is drawn on in tiles.
struct TiledCanvas {
  /// Pixels a side: a tile's 1 MiB stays in the processor's cache while it is drawn.
  private static let tileSide = 512
  private let image: PixelBuffer

  init(_ image: PixelBuffer) { self.image = image }

  /// A copy of the picture with the drawing on it; `check` may end it after each row of tiles.
  func drawing(_ drawing: Drawing, checking check: () throws -> Void) throws -> PixelBuffer {
    try PixelBuffer(width: image.width, height: image.height) { output in
      image.withBytes { output.copyMemory(from: $0) }
      for y in stride(from: 0, to: image.height, by: Self.tileSide) {
        try check()
        for x in stride(from: 0, to: image.width, by: Self.tileSide) {
          let tile = PixelRegion(
            x: x, y: y, width: min(Self.tileSide, image.width - x),
            height: min(Self.tileSide, image.height - y))
          let marks = drawing.marks(touching: tile)
          if !marks.isEmpty { draw(marks, of: drawing, on: tile, in: output) }
        }
      }
    }
  }

  private func draw(
    _ marks: [Drawing.Mark], of drawing: Drawing, on tile: PixelRegion,
    in output: UnsafeMutableRawBufferPointer
  ) {
    let surface = cairo_image_surface_create(
      CAIRO_FORMAT_RGB24, Int32(tile.width), Int32(tile.height))
    defer { cairo_surface_destroy(surface) }
    guard cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS,
      let pixels = cairo_image_surface_get_data(surface)
    else { return }
    let stride = Int(cairo_image_surface_get_stride(surface))
    let rows = TileRows(
      picture: output, bytesPerRow: image.bytesPerRow, tile: tile, pixels: pixels,
      tileBytesPerRow: stride)
    rows.load()
    cairo_surface_mark_dirty(surface)
    let context = cairo_create(surface)
    cairo_translate(context, Double(-tile.x), Double(-tile.y))
    for mark in marks { drawing.fill(mark, on: context) }
    for mark in marks { drawing.draw(mark, on: context) }
    cairo_destroy(context)
    cairo_surface_flush(surface)
    rows.store()
  }
}

/// Copies a tile between RGB bytes and Cairo's native-endian 0x00RRGGBB words.
private struct TileRows {
  let picture: UnsafeMutableRawBufferPointer
  let bytesPerRow: Int
  let tile: PixelRegion
  let pixels: UnsafeMutablePointer<UInt8>
  let tileBytesPerRow: Int

  func load() {
    forEachRow { bytes, words in
      for x in 0..<tile.width {
        words[x] =
          UInt32(bytes[3 * x]) << 16 | UInt32(bytes[3 * x + 1]) << 8 | UInt32(bytes[3 * x + 2])
      }
    }
  }

  func store() {
    forEachRow { bytes, words in
      for x in 0..<tile.width {
        bytes[3 * x] = UInt8(truncatingIfNeeded: words[x] >> 16)
        bytes[3 * x + 1] = UInt8(truncatingIfNeeded: words[x] >> 8)
        bytes[3 * x + 2] = UInt8(truncatingIfNeeded: words[x])
      }
    }
  }

  private func forEachRow(
    _ body: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) -> Void
  ) {
    guard let start = picture.baseAddress else { return }
    for y in 0..<tile.height {
      let bytes = (start + (tile.y + y) * bytesPerRow + tile.x * 3)
        .assumingMemoryBound(to: UInt8.self)
      let words = UnsafeMutableRawPointer(pixels + y * tileBytesPerRow)
        .assumingMemoryBound(to: UInt32.self)
      body(bytes, words)
    }
  }
}
