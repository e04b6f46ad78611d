import Foundation
import ObjectDetection
import Synchronization

/// One line on the terminal: images, slices, rate, time left. Silent where nobody watches.
final class ProgressBar: Sendable {
  /// Ten lines a second are smooth and cost nothing.
  private static let interval = Duration.milliseconds(100)

  private struct State {
    var finishedImages = 0
    /// Slices of the images in flight, by image.
    var current: [Int: SliceProgress] = [:]
    var finishedSlices = 0
    var lastDrawn: ContinuousClock.Instant?
    var isVisible = false
  }

  private let totalImages: Int
  private let isEnabled: Bool
  private let clock = ContinuousClock()
  private let start: ContinuousClock.Instant
  private let state = Mutex(State())

  init(totalImages: Int, quiet: Bool) {
    self.totalImages = totalImages
    isEnabled = !quiet && isatty(STDERR_FILENO) == 1
    start = clock.now
  }

  func slice(_ progress: SliceProgress, ofImage index: Int) {
    update { state in
      state.finishedSlices += 1
      state.current[index] = progress
    }
  }

  func finishedImage(_ index: Int) {
    update { state in
      state.current[index] = nil
      state.finishedImages += 1
    }
  }

  /// Removes the line, so that what follows starts on a clean one.
  func clear() {
    state.withLock { state in
      guard state.isVisible else { return }
      state.isVisible = false
      FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }
  }

  private func update(_ change: (inout State) -> Void) {
    state.withLock { state in
      change(&state)
      guard isEnabled else { return }
      let now = clock.now
      if let last = state.lastDrawn, now - last < Self.interval { return }
      state.lastDrawn = now
      state.isVisible = true
      FileHandle.standardError.write(Data("\r\u{1B}[K\(line(state, at: now))".utf8))
    }
  }

  private func line(_ state: State, at now: ContinuousClock.Instant) -> String {
    let seconds = max((now - start).seconds, 0.001)
    let inFlight = state.current.values.reduce(0.0) {
      $0 + Double($1.finished) / Double(max($1.total, 1))
    }
    let done = (Double(state.finishedImages) + inFlight) / Double(max(totalImages, 1))
    let filled = Int((done * 24).rounded(.down))
    let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 24 - filled)
    let slices = state.current.sorted { $0.key < $1.key }.first?.value
    let sliceText = slices.map { ", slice \($0.finished)/\($0.total)" } ?? ""
    let rate = String(format: ", %.1f slices/s", Double(state.finishedSlices) / seconds)
    let left = done > 0.01 ? ", \(duration(seconds / done - seconds)) left" : ""
    return "[\(bar)] image \(state.finishedImages)/\(totalImages)" + sliceText + rate + left
  }

  private func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    return whole < 3600 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}
