/// What a segmentation model says of its masks: prototypes `[1, masks, height, width]` that all objects share, and for each
/// candidate the factors that mix them. A pixel is the object's where the mixture, interpolated bilinearly, is above zero.
///
/// Source: Bolya et al., "YOLACT", arXiv 1904.02689; as Ultralytics' `process_mask_native`, which interpolates up to the
/// image's own pixels (its `retina_masks=True`). Where a slice is not scaled that is its `process_mask` too.
struct MaskPrototypes: Sendable {
  let channels: Int
  let height: Int
  let width: Int
  private let values: [Float]
  /// By candidate, one a channel.
  private let factors: [Int: [Float]]

  /// - Throws: `DetectionError(.inferenceError)` when the tensor does not have that shape.
  init(_ tensor: OutputTensor, factors: [[Float]], of candidates: [Int]) throws {
    let shape = tensor.shape
    guard shape.count == 4, shape[0] == 1, shape[1] > 0, shape[2] > 0, shape[3] > 0,
      tensor.values.count == shape[1] * shape[2] * shape[3]
    else {
      throw DetectionError(
        .inferenceError,
        "the masks' prototypes have the shape \(shape), expected is [1, masks, height, width]")
    }
    channels = shape[1]
    height = shape[2]
    width = shape[3]
    values = Array(tensor.values.prefix(channels * height * width))
    self.factors = Dictionary(zip(candidates, factors)) { first, _ in first }
  }

  /// The mask of a candidate inside its box, in pixels of the image; nil where it has none there.
  ///
  /// - Parameters:
  ///   - box: in pixels of the image, clipped to the region. A pixel is inside when its column and row are, as in
  ///     Ultralytics' `crop_mask`.
  ///   - placement: how the prototypes lie on the image.
  func mask(of candidate: Int, in box: BoundingBox, _ placement: MaskPlacement) -> InstanceMask? {
    let columns = Self.pixels(from: box.xMin, to: box.xMax)
    let rows = Self.pixels(from: box.yMin, to: box.yMax)
    guard !columns.isEmpty, !rows.isEmpty, let factors = factors[candidate] else { return nil }
    let patch = Patch(
      columns: placement.x.samples(under: columns, count: width),
      rows: placement.y.samples(under: rows, count: height))
    let logits = mixture(factors, patch)
    var runs: [InstanceMask.Run] = []
    var line = [Float](repeating: 0, count: patch.columns.count)
    for row in rows {
      let place = min(max(placement.y.sample(ofPixel: row), 0), Double(height - 1))
      let above = min(Int(place), patch.rows.upperBound - 1)
      let below = min(above + 1, patch.rows.upperBound - 1)
      let share = Float(place - Double(above))
      let first = (above - patch.rows.lowerBound) * line.count
      let second = (below - patch.rows.lowerBound) * line.count
      for index in line.indices {
        line[index] = logits[first + index] * (1 - share) + logits[second + index] * share
      }
      appendRuns(of: line, from: patch.columns.lowerBound, row, columns, placement.x, to: &runs)
    }
    return InstanceMask(runs)
  }

  /// Samples of the prototypes.
  private struct Patch {
    var columns: Range<Int>
    var rows: Range<Int>
  }

  private func mixture(_ factors: [Float], _ patch: Patch) -> [Float] {
    let count = patch.columns.count
    var logits = [Float](repeating: 0, count: count * patch.rows.count)
    logits.withUnsafeMutableBufferPointer { logits in
      for (channel, factor) in factors.enumerated() {
        for (index, row) in patch.rows.enumerated() {
          let source = (channel * height + row) * width + patch.columns.lowerBound
          for column in 0..<count {
            logits[index * count + column] += factor * values[source + column]
          }
        }
      }
    }
    return logits
  }

  /// Between two samples the line is straight: it crosses zero once or not at all, and no pixel need be looked at.
  private func appendRuns(
    of line: [Float], from firstSample: Int, _ row: Int, _ columns: Range<Int>,
    _ axis: MaskPlacement.Axis,
    to runs: inout [InstanceMask.Run]
  ) {
    var start = line[0] > 0 ? columns.lowerBound : nil
    for index in line.indices.dropFirst() {
      let (left, right) = (line[index - 1], line[index])
      guard (left > 0) != (right > 0) else { continue }
      let crossing =
        Double(firstSample + index - 1) + Double(left) / (Double(left) - Double(right))
      // Zero itself is outside.
      let pixel = axis.pixel(ofSample: crossing)
      if let begun = start {
        append(begun, pixel.rounded(.up), row, columns, to: &runs)
        start = nil
      } else {
        start = Int(min(max(pixel.rounded(.down) + 1, -1), Double(InstanceMask.maxSide)))
      }
    }
    if let start { append(start, Double(columns.upperBound), row, columns, to: &runs) }
  }

  private func append(
    _ start: Int, _ end: Double, _ row: Int, _ columns: Range<Int>,
    to runs: inout [InstanceMask.Run]
  ) {
    let first = max(start, columns.lowerBound)
    let last = Int(min(max(end, Double(columns.lowerBound)), Double(columns.upperBound)))
    guard first < last else { return }
    runs.append(
      InstanceMask.Run(row: UInt16(row), start: UInt16(first), end: UInt16(last)))
  }

  /// Whole pixels p with from <= p < to, as far as a mask can have them.
  private static func pixels(from: Float, to: Float) -> Range<Int> {
    func bound(_ value: Float) -> Int {
      // Also where a broken model's box is not a number.
      value > 0 ? Int(min(value.rounded(.up), Float(InstanceMask.maxSide))) : 0
    }
    return bound(from)..<max(bound(from), bound(to))
  }
}

/// Where the prototypes of one slice lie on the image: image pixels -> input pixels -> samples of the prototypes.
struct MaskPlacement: Sendable, Equatable {
  /// One of the two directions.
  struct Axis: Sendable, Equatable {
    /// Samples a pixel of the image.
    var scale: Double
    /// The sample that the image's first pixel falls on; the centres of both are what is compared.
    var offset: Double

    func sample(ofPixel pixel: Int) -> Double { Double(pixel) * scale + offset }
    func pixel(ofSample sample: Double) -> Double { (sample - offset) / scale }

    /// The samples between which all of `pixels` lie, inside the `count` that there are.
    func samples(under pixels: Range<Int>, count: Int) -> Range<Int> {
      let last = Double(count - 1)
      let from = min(max(sample(ofPixel: pixels.lowerBound).rounded(.down), 0), last)
      let to = min(max(sample(ofPixel: pixels.upperBound - 1).rounded(.down) + 1, 0), last)
      return Int(from)..<Int(to) + 1
    }
  }

  var x: Axis
  var y: Axis

  init(_ letterbox: Letterbox, of region: PixelRegion, prototypes: MaskPrototypes) {
    x = Self.axis(
      gain: Double(letterbox.scaledWidth) / Double(letterbox.sourceWidth), padding: letterbox.left,
      start: region.x, samples: prototypes.width, input: letterbox.inputWidth)
    y = Self.axis(
      gain: Double(letterbox.scaledHeight) / Double(letterbox.sourceHeight), padding: letterbox.top,
      start: region.y, samples: prototypes.height, input: letterbox.inputHeight)
  }

  /// (pixel + 1/2 - start) * gain + padding is the input's coordinate of a pixel's centre.
  private static func axis(
    gain: Double, padding: Int, start: Int, samples: Int, input: Int
  ) -> Axis {
    let ratio = Double(samples) / Double(input)
    let first = (0.5 - Double(start)) * gain + Double(padding)
    return Axis(scale: gain * ratio, offset: first * ratio - 0.5)
  }
}

extension Detection {
  /// With its mask, where the model has such; nil where nothing of it is inside the box, as Ultralytics drops those.
  ///
  /// - Parameters:
  ///   - prototypes: nil leaves the detection as it is.
  ///   - region: the part of the image that the letterbox was filled with.
  func masked(
    by prototypes: MaskPrototypes?, _ letterbox: Letterbox, _ region: PixelRegion
  ) -> Detection? {
    guard let prototypes else { return self }
    let placement = MaskPlacement(letterbox, of: region, prototypes: prototypes)
    guard let mask = prototypes.mask(of: Int(candidate), in: box, placement) else { return nil }
    var result = self
    result.mask = mask
    result.candidate = 0
    return result
  }
}
