/// A slice of an image that was inferred: what the merging takes, and what a checkpoint keeps.
public struct FinishedSlice: Sendable, Equatable {
  /// Position of its region in the image's `SliceGrid`.
  public var index: Int
  /// In pixels of the image, before merging.
  public var detections: [Detection]
  /// Whether more boxes were found than a slice may have.
  public var reachedCap: Bool

  public init(index: Int, detections: [Detection], reachedCap: Bool) {
    self.index = index
    self.detections = detections
    self.reachedCap = reachedCap
  }

  var sliceDetections: [SliceDetection] {
    detections.map { SliceDetection(slice: index, detection: $0) }
  }

  /// Each slice once, and only slices that a grid of `count` regions has.
  static func distinct(_ slices: [FinishedSlice], of count: Int) -> [FinishedSlice] {
    var seen = Set<Int>()
    return slices.filter { (0..<count).contains($0.index) && seen.insert($0.index).inserted }
  }
}

/// Keeps finished slices of an image while the others are inferred.
public struct SliceCheckpoints: Sendable {
  private let interval: Int
  /// Called with slices that no earlier call had, also when the task is cancelled.
  let keep: @Sendable ([FinishedSlice]) async -> Void

  /// - Parameter interval: how many slices are kept at once; the last ones of an image never are.
  public init(
    every interval: Int, keep: @escaping @Sendable ([FinishedSlice]) async -> Void
  ) {
    self.interval = interval
    self.keep = keep
  }

  func isDue(_ unkept: Int, left: Int) -> Bool { unkept >= interval && left > 0 }
}
