import Jobs
import ObjectDetection
import Synchronization

/// Counts the regions of all images of a job that are done, those of earlier attempts included.
final class DetectionProgress: Sendable {
  private struct State {
    var finishedRegions = 0
    var processedImages: Int
    var failedImages: Int
    /// Regions of the images that are being worked on.
    var current: [FileID: Int] = [:]
  }

  private let regions: [FileID: Int]
  private let totalRegions: Int
  private let isSliced: Bool
  private let reporter: AttemptReporter
  private let state: Mutex<State>

  init(
    files: [UploadedFile], records: [ImageRecord], slicing: Slicing?, reporter: AttemptReporter
  ) {
    regions = Dictionary(
      files.map { file in
        let grid = SliceGrid(
          imageWidth: file.width, imageHeight: file.height, slicing: slicing)
        return (file.id, grid.regions.count)
      }, uniquingKeysWith: { first, _ in first })
    totalRegions = max(1, files.reduce(0) { [regions] in $0 + (regions[$1.id] ?? 0) })
    isSliced = slicing != nil
    self.reporter = reporter
    state = Mutex(
      State(
        finishedRegions: records.reduce(0) { [regions] in $0 + (regions[$1.fileID] ?? 0) },
        processedImages: records.count, failedImages: records.count { $0.failure != nil }))
  }

  /// One more region of the file is done, or none yet.
  func advance(_ file: UploadedFile, finished: Int) {
    update(stage: "Running \(isSliced ? "sliced " : "")inference on \(file.filename)") { state in
      state.current[file.id] = finished
    }
  }

  func draw(_ file: UploadedFile) { update(stage: "Drawing \(file.filename)") { _ in } }

  /// The file is done, one way or the other.
  func end(_ file: UploadedFile, failed: Bool) {
    update(stage: "Finished \(file.filename)") { state in
      state.current[file.id] = nil
      state.finishedRegions += regions[file.id] ?? 0
      state.processedImages += 1
      if failed { state.failedImages += 1 }
    }
  }

  /// Reported under the lock, so that reports keep their order.
  private func update(stage: String, _ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      let finished = state.finishedRegions + state.current.values.reduce(0, +)
      reporter.progress(
        JobProgress(
          totalImages: regions.count, processedImages: state.processedImages,
          failedImages: state.failedImages,
          percentage: min(100, finished * 100 / totalRegions), stage: stage))
    }
  }
}

extension JobProgress {
  /// Before the first image of an attempt; the store keeps the percentage that was reached.
  static func loading(_ model: String, _ claimed: ClaimedJob) -> JobProgress {
    JobProgress(
      totalImages: claimed.job.fileIDs.count, processedImages: claimed.records.count,
      failedImages: claimed.records.count { $0.failure != nil },
      percentage: claimed.job.progress.percentage, stage: "Loading the model \(model)")
  }
}
