import Synchronization

/// The way from an image to its detections:
///
///     upright RGB8 -> slices + full image -> letterbox -> model -> head -> classes -> map back -> merge -> rules
///
/// The answer is a function of image, model and options, the rules among them: how many inferences run at once, and in which
/// order they end, changes nothing.
public struct DetectionPipeline: Sendable {
  private let detector: any Detector
  private let head: DetectionHead

  public init(detector: any Detector) {
    self.detector = detector
    head = DetectionHead(detector.model)
  }

  /// Finds the objects of one image, whose rows may still arrive.
  ///
  /// - Parameters:
  ///   - lane: tells this image from others that run through the same detector.
  ///   - finished: slices of the same image, model and options that are done; only the others are inferred.
  ///   - checkpoints: keeps finished slices for such a call.
  ///   - progress: called after each slice, from any thread, one call at a time.
  /// - Throws: `DetectionError(.inferenceError)`; `CancellationError` after the slices in flight end.
  public func detect(
    in image: PixelBuffer, options: DetectionOptions, lane: ImageLane,
    resuming finished: [FinishedSlice] = [], checkpoints: SliceCheckpoints? = nil,
    progress: (SliceProgress) -> Void = { _ in }
  ) async throws -> ImageDetections {
    try await detectBeforeAndAfterMerging(
      in: image, options: options, lane: lane, resuming: finished, checkpoints: checkpoints,
      progress: progress
    ).result
  }

  /// As `detect`, and what the slices found before it was merged, each suppressed for itself.
  public func detectBeforeAndAfterMerging(
    in image: PixelBuffer, options: DetectionOptions, lane: ImageLane,
    resuming finished: [FinishedSlice] = [], checkpoints: SliceCheckpoints? = nil,
    progress: (SliceProgress) -> Void = { _ in }
  ) async throws -> (unmerged: [Detection], result: ImageDetections) {
    let clock = ContinuousClock()
    let start = clock.now
    let grid = SliceGrid(
      imageWidth: image.width, imageHeight: image.height, slicing: options.slicing)
    let batch = SliceBatch(
      image: image, regions: grid.regions, options: options, lane: lane,
      finished: FinishedSlice.distinct(finished, of: grid.regions.count))
    let (slices, slicing) = try await inferAll(batch, checkpoints, progress)
    let inferred = clock.now
    let found = slices.flatMap(\.sliceDetections)
    let merged =
      options.slicing == nil
      ? found.map(\.detection) : clipped(options.merging.merge(found), to: image)
    let mergedAt = clock.now
    var result = ImageDetections(
      width: image.width, height: image.height,
      detections: Array(merged.prefix(options.maxDetections)),
      regionCount: grid.regions.count,
      cappedRegionCount: slices.count(where: \.reachedCap),
      droppedByMaxDetections: max(0, merged.count - options.maxDetections),
      inference: inferred - start, merging: mergedAt - inferred,
      slicing: slicing)
    if let rules = options.rules {
      result.apply(rules, classNames: options.classMap?.labels ?? detector.model.classNames)
      result.reasoningTime = clock.now - mergedAt
    }
    return (found.map(\.detection), result)
  }

  /// What is asked of all slices of one image.
  private struct SliceBatch: Sendable {
    var image: PixelBuffer
    var regions: [PixelRegion]
    var options: DetectionOptions
    var lane: ImageLane
    var finished: [FinishedSlice]

    var pending: [(index: Int, region: PixelRegion)] {
      let done = Set(finished.map(\.index))
      return regions.enumerated().filter { !done.contains($0.offset) }
        .map { (index: $0.offset, region: $0.element) }
    }
  }

  private enum Step: Sendable {
    /// With the time of the letterboxing of its input.
    case inferred(FinishedSlice, slicing: Duration)
    case kept
  }

  /// Keeps one slice more in flight than the detector runs, so that a free request never waits for one.
  private func inferAll(
    _ batch: SliceBatch, _ checkpoints: SliceCheckpoints?, _ progress: (SliceProgress) -> Void
  ) async throws -> (slices: [FinishedSlice], slicing: Duration) {
    var results = batch.finished
    results.reserveCapacity(batch.regions.count)
    var slicing = Duration.zero
    var unkept: [FinishedSlice] = []
    do {
      try await withThrowingTaskGroup(of: Step.self) { group in
        var pending = batch.pending.makeIterator()
        func startNext() {
          guard let (index, region) = pending.next() else { return }
          group.addTask { try await infer(region, index: index, of: batch) }
        }
        for _ in 0...detector.concurrency { startNext() }
        while let step = try await group.next() {
          guard case .inferred(let slice, let time) = step else { continue }
          results.append(slice)
          slicing += time
          startNext()
          progress(SliceProgress(finished: results.count, total: batch.regions.count))
          guard let checkpoints else { continue }
          unkept.append(slice)
          guard checkpoints.isDue(unkept.count, left: batch.regions.count - results.count)
          else { continue }
          let slices = unkept
          unkept = []
          // Beside the inference, which does not wait for it.
          group.addTask {
            await checkpoints.keep(slices)
            return .kept
          }
        }
      }
    } catch let error as CancellationError {
      // Whoever goes on with the image need not do these again.
      if let checkpoints, !unkept.isEmpty {
        await Task { [unkept] in await checkpoints.keep(unkept) }.value
      }
      throw error
    }
    return (results, slicing)
  }

  private func infer(
    _ region: PixelRegion, index: Int, of batch: SliceBatch
  ) async throws -> Step {
    try Task.checkCancellation()
    let (image, options) = (batch.image, batch.options)
    let labelling = Labelling(options, head.layout)
    try await image.waitForRows(region.y + region.height)
    let letterbox = Letterbox(region, for: detector.model)
    let clock = ContinuousClock()
    let slicing = Mutex(Duration.zero)
    let (candidates, prototypes) = try await detector.infer(for: batch.lane) { input in
      let start = clock.now
      letterbox.fill(input, from: image, region: region)
      slicing.withLock { $0 = clock.now - start }
    } read: { outputs in
      let found = try head.decode(
        outputs, threshold: labelling.headThreshold, classes: labelling.headClasses)
      return (found, try head.prototypes(outputs, of: found))
    }
    let (kept, reachedCap) = suppression(options)(labelling(candidates))
    return .inferred(
      FinishedSlice(
        index: index,
        detections: kept.compactMap { detection in
          mapped(detection, by: letterbox, from: region, to: image).flatMap {
            $0.masked(by: prototypes, letterbox, region)
          }
        },
        reachedCap: reachedCap),
      slicing: slicing.withLock { $0 })
  }

  /// End-to-end models have suppressed already. Without slices the one suppression is the user's.
  private func suppression(
    _ options: DetectionOptions
  ) -> ([Detection]) -> (kept: [Detection], reachedCap: Bool) {
    if head.layout.isSuppressed {
      return { ($0.sorted(by: Detection.inResultOrder), false) }
    }
    var suppression = options.sliceSuppression
    if options.slicing == nil {
      suppression.iouThreshold = options.merging.threshold
      suppression.isClassAgnostic = options.merging.isClassAgnostic
    }
    return suppression.callAsFunction
  }

  /// From input pixels to image pixels; nil when nothing of the box is inside the slice.
  private func mapped(
    _ detection: Detection, by letterbox: Letterbox, from region: PixelRegion,
    to image: PixelBuffer
  ) -> Detection? {
    let (x, y) = (Float(region.x), Float(region.y))
    var result = detection
    if let oriented = detection.orientedBox {
      let box = letterbox.inverse(oriented).shifted(byX: x, y: y)
      result.orientedBox = box
      result.box = box.enclosingBox.clipped(
        toWidth: Float(image.width), height: Float(image.height))
    } else {
      result.box = letterbox.inverse(detection.box)
        .clipped(toWidth: Float(region.width), height: Float(region.height))
        .shifted(byX: x, y: y)
    }
    return result.box.isEmpty ? nil : result
  }

  /// Merging grows the boxes around oriented ones; they end at the image's border like all others.
  private func clipped(_ merged: [Detection], to image: PixelBuffer) -> [Detection] {
    merged.map { detection in
      var result = detection
      result.box = detection.box.clipped(
        toWidth: Float(image.width), height: Float(image.height))
      return result
    }.sorted(by: Detection.inResultOrder)
  }
}

/// How far one image is.
public struct SliceProgress: Sendable, Equatable {
  public var finished: Int
  public var total: Int

  public init(finished: Int, total: Int) {
    self.finished = finished
    self.total = total
  }
}

/// What was found in one image, and what it took.
public struct ImageDetections: Sendable {
  /// Pixels of the upright image.
  public var width: Int
  public var height: Int
  /// In result order.
  public var detections: [Detection]
  /// Slices and, if it was looked at, the full image.
  public var regionCount: Int
  /// Regions where more boxes were found than a slice may have; their least confident ones are missing.
  public var cappedRegionCount: Int
  /// Detections that `maxDetections` cut off.
  public var droppedByMaxDetections: Int
  /// From the first slice to the last, its waits included.
  public var inference: Duration
  public var merging: Duration
  /// Cutting and letterboxing, part of `inference`: the sum over slices, which may overlap in time.
  public var slicing: Duration
  /// What rules changed; nil where none were applied.
  public var reasoning: ImageReasoning?
  public var reasoningTime = Duration.zero

  public init(
    width: Int, height: Int, detections: [Detection], regionCount: Int = 1,
    cappedRegionCount: Int = 0, droppedByMaxDetections: Int = 0, inference: Duration = .zero,
    merging: Duration = .zero, slicing: Duration = .zero
  ) {
    self.width = width
    self.height = height
    self.detections = detections
    self.regionCount = regionCount
    self.cappedRegionCount = cappedRegionCount
    self.droppedByMaxDetections = droppedByMaxDetections
    self.inference = inference
    self.merging = merging
    self.slicing = slicing
  }

  /// Lets rules adjust the confidences.
  public mutating func apply(_ rules: RuleReasoner, classNames: [String]) {
    let (adjusted, reasoning) = rules(
      detections, classNames: classNames, width: width, height: height)
    detections = adjusted
    self.reasoning = reasoning
  }
}
