/// The size of the slices that an image is cut into, and how far they overlap.
public struct Slicing: Sendable, Hashable {
  /// Pixels, 256...2048 over HTTP.
  public var width: Int
  public var height: Int
  /// Share of a slice that its neighbour covers too, 0...0.5.
  public var overlapRatio: Double
  /// Whether the whole image is looked at once more after the slices.
  public var includesFullImage: Bool

  public init(
    width: Int = 640, height: Int = 640, overlapRatio: Double = 0.2, includesFullImage: Bool = true
  ) {
    self.width = width
    self.height = height
    self.overlapRatio = overlapRatio
    self.includesFullImage = includesFullImage
  }
}

/// The regions of one image that the model looks at, in SAHI's order: row by row, then the full image.
///
/// Slices keep their full size at the right and bottom edge by moving back; an image that fits into one
/// slice is one region. Source: `sahi.slicing.get_slice_bboxes` 0.12.
public struct SliceGrid: Sendable, Equatable {
  public let regions: [PixelRegion]
  /// How many of `regions` are slices; one more, the full image, may follow.
  public let sliceCount: Int

  /// `slicing == nil`: the full image is the only region.
  public init(imageWidth: Int, imageHeight: Int, slicing: Slicing?) {
    let full = PixelRegion(x: 0, y: 0, width: imageWidth, height: imageHeight)
    guard let slicing else {
      regions = [full]
      sliceCount = 1
      return
    }
    let slices = Self.slices(imageWidth: imageWidth, imageHeight: imageHeight, slicing: slicing)
    sliceCount = slices.count
    regions = slices.count > 1 && slicing.includesFullImage ? slices + [full] : slices
  }

  private static func slices(
    imageWidth: Int, imageHeight: Int, slicing: Slicing
  ) -> [PixelRegion] {
    let xStarts = starts(
      length: imageWidth, slice: slicing.width, overlapRatio: slicing.overlapRatio)
    let yStarts = starts(
      length: imageHeight, slice: slicing.height, overlapRatio: slicing.overlapRatio)
    return yStarts.flatMap { y in
      xStarts.map { x in
        PixelRegion(
          x: x, y: y, width: min(slicing.width, imageWidth - x),
          height: min(slicing.height, imageHeight - y))
      }
    }
  }

  /// First pixels of the slices along one axis.
  private static func starts(length: Int, slice: Int, overlapRatio: Double) -> [Int] {
    precondition(slice > 0 && overlapRatio >= 0 && overlapRatio < 1, "a slice must move forward")
    let step = slice - Int(overlapRatio * Double(slice))
    var starts: [Int] = []
    var start = 0
    while start + slice < length {
      starts.append(start)
      start += step
    }
    starts.append(max(0, length - slice))
    return starts
  }
}
