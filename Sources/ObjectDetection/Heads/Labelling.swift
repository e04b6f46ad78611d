/// Gives what a head found the classes of the results, before anything is suppressed, and lets each class have a
/// threshold of its own.
///
/// A head that takes the best of a box's classes needs no more: of merged classes the best one's score is the score.
/// End-to-end models have suppressed each class for itself, so a box that they found as two classes that are one now
/// would be there twice: those are suppressed here, and nothing else of such a model is.
struct Labelling {
  /// What the head is asked for: everything that may stay.
  let headThreshold: Float
  let headClasses: Set<Int>?
  private let options: DetectionOptions
  /// nil where the suppression that follows sees to it.
  private let duplicateIoU: Double?

  init(_ options: DetectionOptions, _ layout: OutputLayout) {
    self.options = options
    // Also of classes that nobody has named: an end-to-end model may have ids beyond its names.
    headThreshold = options.classThresholds.values.reduce(options.confidenceThreshold, min)
    headClasses = options.classMap == nil ? options.classes : nil
    let hasDuplicates = layout.isSuppressed && options.classMap?.merged.isEmpty == false
    let iou =
      options.slicing == nil ? options.merging.threshold : options.sliceSuppression.iouThreshold
    duplicateIoU = hasDuplicates ? iou : nil
  }

  /// `candidates` have the model's class ids; the answer has those of the results.
  func callAsFunction(_ candidates: [Detection]) -> [Detection] {
    guard options.classMap != nil || !options.classThresholds.isEmpty else { return candidates }
    var labelled: [Detection] = []
    var ownClasses: [Int] = []
    for candidate in candidates {
      var detection = candidate
      if let map = options.classMap { detection.classID = map(candidate.classID) }
      let threshold = options.classThresholds[detection.classID] ?? options.confidenceThreshold
      guard detection.confidence > threshold,
        options.classes?.contains(detection.classID) ?? true
      else { continue }
      labelled.append(detection)
      ownClasses.append(candidate.classID)
    }
    guard let duplicateIoU else { return labelled }
    let duplicates = duplicates(of: labelled, ownClasses, above: duplicateIoU)
    return labelled.indices.filter { !duplicates.contains($0) }.map { labelled[$0] }
  }

  /// Boxes that overlap a better one of the same label which the model calls by another name. A box that goes takes no
  /// other one with it, as in torchvision's `nms`.
  private func duplicates(
    of labelled: [Detection], _ ownClasses: [Int], above iouThreshold: Double
  ) -> Set<Int> {
    var duplicates: Set<Int> = []
    for (label, group) in Dictionary(grouping: labelled.indices, by: { labelled[$0].classID })
    where options.classMap?.merged.contains(label) == true {
      let sorted = group.sorted { labelled[$0].confidence > labelled[$1].confidence }
      // At 0 any touch suppresses; the smallest positive number asks the same of the index.
      var index = MatchIndex(
        sorted.map { labelled[$0] }, metric: .iou,
        threshold: max(iouThreshold, Double(Float.leastNormalMagnitude)))
      for position in sorted.indices where index.contains(position) {
        index.remove(position)
        for other in index.matches(of: position, .exceeds)
        where ownClasses[sorted[other]] != ownClasses[sorted[position]] {
          index.remove(other)
          duplicates.insert(sorted[other])
        }
      }
    }
    return duplicates
  }
}
