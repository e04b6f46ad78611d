/// The marked and the found objects of one image.
public struct EvaluationImage: Sendable {
  public var truths: [GroundTruth]
  public var detections: [Detection]

  public init(truths: [GroundTruth], detections: [Detection]) {
    self.truths = truths
    self.detections = detections
  }
}

/// How well detections agree with what people marked.
public struct EvaluationReport: Sendable, Equatable {
  public struct ClassReport: Sendable, Equatable {
    public var classID: Int
    public var truths: Int
    public var detections: Int
    /// Average precision at IoU 0.5, and its mean over IoU 0.50, 0.55 ... 0.95; 0...1.
    public var ap50: Double
    public var ap5095: Double
    /// At IoU 0.5 and the confidence where their harmonic mean is highest.
    public var precision: Double
    public var recall: Double
    public var bestConfidence: Float
  }

  /// Classes that were marked at least once, by id.
  public var classes: [ClassReport]

  /// Means over the classes; 0 when nothing was marked.
  public var ap50: Double { mean(\.ap50) }
  public var ap5095: Double { mean(\.ap5095) }

  private func mean(_ value: (ClassReport) -> Double) -> Double {
    classes.isEmpty ? 0 : classes.map(value).reduce(0, +) / Double(classes.count)
  }

  /// COCO's rule: greedy matching by confidence, precision interpolated at 101 recalls, every image's
  /// detections counted whatever their number, classes that nobody marked left out. Oriented boxes match by
  /// the exact IoU of their polygons. Source: pycocotools' `COCOeval`.
  public init(_ images: [EvaluationImage]) {
    let classIDs = Set(images.flatMap { $0.truths.map(\.classID) }).sorted()
    classes = classIDs.map { classID in
      let ofClass = images.map { image in
        EvaluationImage(
          truths: image.truths.filter { $0.classID == classID },
          detections: image.detections.filter { $0.classID == classID })
      }
      return Self.report(classID, ofClass)
    }
  }

  /// 0.50, 0.55 ... 0.95, to the last bit numpy's `linspace(0.5, 0.95, 10)`: an IoU of 17/20 reaches 0.85.
  static let thresholds = (0..<10).map { 0.5 + Double($0) * ((0.95 - 0.5) / 9) }

  private static func report(_ classID: Int, _ images: [EvaluationImage]) -> ClassReport {
    let overlaps = images.map(Overlaps.init)
    let truths = images.reduce(0) { $0 + $1.truths.count }
    let curves = thresholds.map { threshold in
      PrecisionCurve(matches: overlaps.flatMap { $0.matches(at: threshold) }, truths: truths)
    }
    let best = curves[0].bestPoint
    return ClassReport(
      classID: classID, truths: truths,
      detections: images.reduce(0) { $0 + $1.detections.count },
      ap50: curves[0].averagePrecision,
      ap5095: curves.map(\.averagePrecision).reduce(0, +) / Double(curves.count),
      precision: best.precision, recall: best.recall, bestConfidence: best.confidence)
  }
}

/// One class in one image: detections by falling confidence, and their overlap with every truth.
private struct Overlaps {
  let detections: [Detection]
  let values: [[Double]]

  init(_ image: EvaluationImage) {
    // Stable: ties keep the order given, as in pycocotools.
    let detections = image.detections.sorted { $0.confidence > $1.confidence }
    self.detections = detections
    values = detections.map { detection in
      image.truths.map { truth in
        if let found = detection.orientedBox, let marked = truth.orientedBox {
          return Double(found.polygonIoU(with: marked))
        }
        return detection.box.overlap(with: truth.box, metric: .iou, in: Double.self)
      }
    }
  }

  /// Each detection takes the free truth that it overlaps most, if by at least `threshold`.
  func matches(at threshold: Double) -> [(confidence: Float, isTrue: Bool)] {
    var taken = Set<Int>()
    return zip(detections, values).map { detection, overlaps in
      var best: Int?
      // As pycocotools: an equal later overlap wins, and 1 itself may be missed by rounding.
      var highest = min(threshold, 1 - 1e-10)
      for (index, overlap) in overlaps.enumerated()
      where overlap >= highest && !taken.contains(index) {
        highest = overlap
        best = index
      }
      if let best { taken.insert(best) }
      return (detection.confidence, best != nil)
    }
  }
}

/// Precision against recall as the confidence falls.
private struct PrecisionCurve {
  private var points: [(confidence: Float, precision: Double, recall: Double)] = []

  init(matches: [(confidence: Float, isTrue: Bool)], truths: Int) {
    // A stable order by confidence: ties keep the order of the images.
    let sorted = matches.enumerated().sorted {
      $0.element.confidence != $1.element.confidence
        ? $0.element.confidence > $1.element.confidence : $0.offset < $1.offset
    }
    var hits = 0
    for (rank, match) in sorted.enumerated() {
      if match.element.isTrue { hits += 1 }
      points.append(
        (match.element.confidence, Double(hits) / Double(rank + 1), Double(hits) / Double(truths)))
    }
  }

  /// The mean of the best precision at or beyond each of 101 recalls 0, 0.01 ... 1.
  var averagePrecision: Double {
    var envelope = points.map(\.precision)
    for index in envelope.indices.dropLast().reversed() {
      envelope[index] = max(envelope[index], envelope[index + 1])
    }
    var position = 0
    var sum = 0.0
    for step in 0...100 {
      // numpy's `linspace(0, 1, 101)` to the last bit: 7 of 20 do not reach its 0.35.
      let recall = Double(step) * 0.01
      while position < points.count, points[position].recall < recall { position += 1 }
      guard position < points.count else { break }
      sum += envelope[position]
    }
    return sum / 101
  }

  /// Where the harmonic mean of precision and recall is highest; zeros without detections.
  var bestPoint: (confidence: Float, precision: Double, recall: Double) {
    func harmonicMean(_ point: (confidence: Float, precision: Double, recall: Double)) -> Double {
      let sum = point.precision + point.recall
      return sum > 0 ? 2 * point.precision * point.recall / sum : 0
    }
    return points.max { harmonicMean($0) < harmonicMean($1) } ?? (0, 0, 0)
  }
}
