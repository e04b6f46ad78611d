/// How an image region is scaled into a model's fixed input: to fit, the rest filled with grey, or stretched.
///
/// Centred, the same integers as Ultralytics' `LetterBox(auto=False, scaleup=True)`, and its exact inverse
/// (`ops.scale_boxes`, which measures the gain of each axis after rounding). In the top left corner those of YOLOX'
/// `preproc`, whose inverse is the ratio before rounding.
public struct Letterbox: Sendable, Equatable {
  /// The grey that Ultralytics and YOLOX pad with.
  public static let padding: UInt8 = 114

  public let sourceWidth: Int
  public let sourceHeight: Int
  public let inputWidth: Int
  public let inputHeight: Int
  /// Size of the scaled source inside the input, in pixels.
  public let scaledWidth: Int
  public let scaledHeight: Int
  /// Columns and rows of padding before the scaled source.
  public let left: Int
  public let top: Int
  private let interpolation: InputPreparation.Interpolation
  /// Input pixels a source pixel.
  private let gainX: Float
  private let gainY: Float

  public init(
    sourceWidth: Int, sourceHeight: Int, inputWidth: Int, inputHeight: Int,
    fit: InputPreparation.Fit = .centred, interpolation: InputPreparation.Interpolation = .bilinear
  ) {
    precondition(
      sourceWidth > 0 && sourceHeight > 0 && inputWidth > 0 && inputHeight > 0,
      "a letterbox needs pixels on both sides")
    self.sourceWidth = sourceWidth
    self.sourceHeight = sourceHeight
    self.inputWidth = inputWidth
    self.inputHeight = inputHeight
    let ratio = min(
      Double(inputHeight) / Double(sourceHeight), Double(inputWidth) / Double(sourceWidth))
    let exact = (width: Double(sourceWidth) * ratio, height: Double(sourceHeight) * ratio)
    self.interpolation = interpolation
    switch fit {
    case .centred:
      // Python's round(): halves go to the even number.
      scaledWidth = min(max(Int(exact.width.rounded(.toNearestOrEven)), 1), inputWidth)
      scaledHeight = min(max(Int(exact.height.rounded(.toNearestOrEven)), 1), inputHeight)
      // round(half - 0.1): an odd pixel of padding goes to the right and to the bottom.
      left = (inputWidth - scaledWidth) / 2
      top = (inputHeight - scaledHeight) / 2
    case .topLeft:
      scaledWidth = min(max(Int(exact.width), 1), inputWidth)
      scaledHeight = min(max(Int(exact.height), 1), inputHeight)
      (left, top) = (0, 0)
    case .stretched:
      (scaledWidth, scaledHeight) = (inputWidth, inputHeight)
      (left, top) = (0, 0)
    }
    gainX = fit == .topLeft ? Float(ratio) : Float(Double(scaledWidth) / Double(sourceWidth))
    gainY = fit == .topLeft ? Float(ratio) : Float(Double(scaledHeight) / Double(sourceHeight))
  }

  /// A box of input pixels in pixels of the source region.
  public func inverse(_ box: BoundingBox) -> BoundingBox {
    BoundingBox(
      xMin: (box.xMin - Float(left)) / gainX, yMin: (box.yMin - Float(top)) / gainY,
      xMax: (box.xMax - Float(left)) / gainX, yMax: (box.yMax - Float(top)) / gainY)
  }

  /// An oriented box of input pixels in pixels of the source region; the angle stays.
  public func inverse(_ box: OrientedBox) -> OrientedBox {
    OrientedBox(
      centerX: (box.centerX - Float(left)) / gainX, centerY: (box.centerY - Float(top)) / gainY,
      width: box.width / gainX, height: box.height / gainY, angle: box.angle)
  }

  /// Writes the letterboxed region as `inputHeight x inputWidth x 3` bytes (NHWC, RGB), or floats where it is unrounded.
  ///
  /// `region` must lie inside `image` and have the size this letterbox was made for.
  public func fill(
    _ input: UnsafeMutableRawBufferPointer, from image: PixelBuffer, region: PixelRegion
  ) {
    precondition(input.count >= inputWidth * inputHeight * 3, "the input tensor is too small")
    precondition(
      region.width == sourceWidth && region.height == sourceHeight && region.x >= 0
        && region.y >= 0 && region.x + region.width <= image.width
        && region.y + region.height <= image.height,
      "the region does not fit the letterbox or the image")
    image.withBytes { bytes in
      guard let image0 = bytes.baseAddress, let input0 = input.baseAddress else { return }
      let source = image0 + (region.y * image.width + region.x) * 3
      guard interpolation != .unrounded else {
        fillFloats(input, from: source, bytesPerRow: image.bytesPerRow)
        return
      }
      writePadding(input)
      let target = input0 + (top * inputWidth + left) * 3
      if scaledWidth == sourceWidth, scaledHeight == sourceHeight {
        for row in 0..<scaledHeight {
          (target + row * inputWidth * 3).copyMemory(
            from: source + row * image.bytesPerRow, byteCount: scaledWidth * 3)
        }
      } else {
        resize(source, bytesPerRow: image.bytesPerRow, to: target)
      }
    }
  }

  private func fillFloats(
    _ input: UnsafeMutableRawBufferPointer, from source: UnsafeRawPointer, bytesPerRow: Int
  ) {
    let floats = input.bindMemory(to: Float.self)
    guard let start = floats.baseAddress, floats.count >= inputWidth * inputHeight * 3 else {
      preconditionFailure("the input tensor is too small for floats")
    }
    floats.update(repeating: Float(Self.padding))
    UnroundedResize(
      sourceWidth: sourceWidth, sourceHeight: sourceHeight, width: scaledWidth,
      height: scaledHeight
    ).run(
      from: source, bytesPerRow: bytesPerRow, to: start + (top * inputWidth + left) * 3,
      targetFloatsPerRow: inputWidth * 3)
  }

  private func resize(
    _ source: UnsafeRawPointer, bytesPerRow: Int, to target: UnsafeMutableRawPointer
  ) {
    switch interpolation {
    case .bilinear, .unrounded:
      BilinearResize(
        sourceWidth: sourceWidth, sourceHeight: sourceHeight, width: scaledWidth,
        height: scaledHeight
      ).run(
        from: source, bytesPerRow: bytesPerRow, to: target, targetBytesPerRow: inputWidth * 3)
    case .pillow, .torchvision:
      AntialiasedResize(
        sourceWidth: sourceWidth, sourceHeight: sourceHeight, width: scaledWidth,
        height: scaledHeight, fitsWeightsIn16Bits: interpolation == .torchvision
      ).run(
        from: source, bytesPerRow: bytesPerRow, to: target, targetBytesPerRow: inputWidth * 3)
    }
  }

  /// Fills only the bars: the rest is overwritten by the picture.
  private func writePadding(_ input: UnsafeMutableRawBufferPointer) {
    let row = inputWidth * 3
    func fill(_ offset: Int, _ count: Int) {
      guard count > 0 else { return }
      UnsafeMutableRawBufferPointer(rebasing: input[offset..<offset + count])
        .initializeMemory(as: UInt8.self, repeating: Self.padding)
    }
    fill(0, top * row)
    fill((top + scaledHeight) * row, (inputHeight - top - scaledHeight) * row)
    let right = inputWidth - left - scaledWidth
    guard left > 0 || right > 0 else { return }
    for y in top..<(top + scaledHeight) {
      fill(y * row, left * 3)
      fill(y * row + (left + scaledWidth) * 3, right * 3)
    }
  }
}

extension Letterbox {
  /// As the model wants its pictures.
  public init(_ region: PixelRegion, for model: DetectionModel) {
    let preparation = model.preparation
    self.init(
      sourceWidth: region.width, sourceHeight: region.height, inputWidth: model.inputSize.width,
      inputHeight: model.inputSize.height, fit: preparation.fit,
      interpolation: preparation.interpolation)
  }
}
