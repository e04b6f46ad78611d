import CVips
import Foundation
public import NIOPosix
public import ObjectDetection

/// Draws with Cairo and Pango into small tiles of the picture and encodes with libvips.
///
/// Only tiles that a box or a label touches are converted to Cairo's pixels and back, so the cost follows
/// the boxes and memory stays at two buffers of 3 bytes a pixel.
public struct CairoAnnotator: Annotator {
  /// JPEG quality of pictures that people look at; artefacts are invisible, files half the size of 95.
  private static let jpegQuality: Int32 = 90
  /// PNG's effort: a third of the time of level 6 for a few per cent more bytes.
  private static let pngCompression: Int32 = 3
  private static let thumbnailSide: Int32 = 512

  private let threads: NIOThreadPool

  /// Blocking calls run on `threads`.
  public init(runtime: VipsRuntime, threads: NIOThreadPool) { self.threads = threads }

  public func annotate(
    _ image: PixelBuffer, with detections: [Detection], confidencesBefore: [Int: Float],
    of model: DetectionModel, options: AnnotationOptions, to path: String, thumbnail: String?
  ) async throws {
    try Task.checkCancellation()
    let cancellation = VipsCancellation()
    try await withTaskCancellationHandler {
      try await threads.runIfActive {
        let style = AnnotationStyle(
          width: image.width, height: image.height, detections: detections, options: options)
        let drawing = Drawing(
          detections, confidencesBefore: confidencesBefore, of: model, imageWidth: image.width,
          style: style, options: options)
        let drawn = try TiledCanvas(image).drawing(drawing, checking: cancellation.check)
        try write(drawn, as: options.format, to: path, cancellation)
        if let thumbnail { try writeThumbnail(of: drawn, to: thumbnail, cancellation) }
      }
    } onCancel: {
      cancellation.cancel()
    }
  }

  private func write(
    _ image: PixelBuffer, as format: AnnotationOptions.Format, to path: String,
    _ cancellation: VipsCancellation
  ) throws {
    try withVips(image, cancellation) { picture in
      try replacing(path) { temporary in
        switch format {
        case .jpeg: harrier_vips_write_jpeg(picture.image, temporary, Self.jpegQuality)
        case .png: harrier_vips_write_png(picture.image, temporary, Self.pngCompression)
        }
      }
    }
  }

  private func writeThumbnail(
    of image: PixelBuffer, to path: String, _ cancellation: VipsCancellation
  ) throws {
    try withVips(image, cancellation) { picture in
      let small = try picture.applying(orThrow: { storageError(path, $0) }) {
        harrier_vips_thumbnail($0, $1, Self.thumbnailSide)
      }
      try replacing(path) { harrier_vips_write_jpeg(small.image, $0, Self.jpegQuality) }
    }
  }

  /// The buffer as an image of libvips, which does not copy it.
  private func withVips(
    _ image: PixelBuffer, _ cancellation: VipsCancellation, _ body: (VipsHandle) throws -> Void
  ) throws {
    try image.withBytes { bytes in
      let picture = try VipsHandle(
        harrier_vips_wrap_rgb(
          bytes.baseAddress, bytes.count, Int32(image.width), Int32(image.height)),
        orThrow: { storageError("the picture", $0) })
      try cancellation.compute(from: picture.image) { try body(picture) }
    }
  }

  /// Writes to a name of its own first, so that nobody sees half a picture.
  private func replacing(_ path: String, _ write: (String) -> Int32) throws {
    let temporary = "\(path).\(UInt32.random(in: .min ... .max)).partial"
    guard write(temporary) == 0 else {
      let reason = VipsRuntime.takeError()
      unlink(temporary)
      throw storageError(path, reason)
    }
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw storageError(path, reason)
    }
  }

  private func storageError(_ path: String, _ reason: String) -> DetectionError {
    DetectionError(
      .storageError, "\((path as NSString).lastPathComponent): cannot be written", cause: reason)
  }
}
