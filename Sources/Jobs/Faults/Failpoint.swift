import Foundation

/// A place where a test lets a process die or stand still. In a release build there are none.
///
/// A test arms one by a file of its name in the folder that `HARRIER_TEST_FAILPOINTS` names: the first process that
/// comes by removes the file, and is gone. A file that is not empty stays, and waits for a detail that contains
/// its text.
public enum Failpoint: String, Sendable {
  /// A worker has claimed a job.
  case jobClaimed = "job-claimed"
  /// An image's work begins; the detail is its file name.
  case imageBegins = "image-begins"
  /// A slice of an image is done; the detail says how many are: `[7]`.
  case sliceFinished = "slice-finished"
  /// All slices are done, nothing is written.
  case imageInferred = "image-inferred"
  /// The annotated picture is drawn, and not kept yet.
  case imageDrawn = "image-drawn"
  /// An image's result is in the blob store, its record is not.
  case resultWritten = "result-written"
  /// An upload's files are in the blob store, their rows are not.
  case filesKept = "files-kept"
  /// An upload's rows are written, its client has no answer.
  case uploadInserted = "upload-inserted"
  /// A model's files are in the blob store, their row is not.
  case modelKept = "model-kept"
  /// A job is queued, its client has no answer.
  case jobInserted = "job-inserted"
  /// A job is cancelled, its client has no answer.
  case jobCancelled = "job-cancelled"
  /// An engine that never answers.
  case inferenceHangs = "inference-hangs"

  /// Dies like a process that is killed, if it is armed.
  public func reach(_ detail: @autoclosure () -> String = "") {
    #if DEBUG
      if isArmed(detail()) { kill(getpid(), SIGKILL) }
    #endif
  }

  /// Never returns, if it is armed; deaf to cancellation.
  public func standStill() async {
    #if DEBUG
      if isArmed("") { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    #endif
  }

  #if DEBUG
    private static let folder = ProcessInfo.processInfo.environment["HARRIER_TEST_FAILPOINTS"]

    private func isArmed(_ detail: String) -> Bool {
      guard let folder = Self.folder else { return false }
      let path = "\(folder)/\(rawValue)"
      // Mostly there is none.
      guard let data = FileManager.default.contents(atPath: path) else { return false }
      if data.isEmpty { return unlink(path) == 0 }
      return detail.contains(String(decoding: data, as: UTF8.self))
    }
  #endif
}
