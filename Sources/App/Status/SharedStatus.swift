public import Jobs

/// Status documents that API processes share for a moment, so that a poll need not ask the store. Never the truth:
/// whatever fails is nil or nothing.
public protocol SharedStatusCache: Sendable {
  /// The newest text that was kept within the last seconds.
  func text(of job: JobID) async -> (version: Int, text: String)?
  /// Keeps a text in place of one of an older version.
  func keep(_ text: String, version: Int, of job: JobID) async
  func remove(_ job: JobID) async
}

extension SharedStatusCache {
  func document(of job: JobID) async -> StatusDocument? {
    guard let (version, text) = await text(of: job) else { return nil }
    return StatusDocument(of: job, version: version, sharedText: text)
  }

  func keep(_ document: StatusDocument) async {
    await keep(document.sharedText, version: document.version, of: document.jobID)
  }
}

extension StatusDocument {
  /// What the document cannot be made from its version and id alone: `processing 50 {...}`.
  var sharedText: String { "\(state.rawValue) \(percentage) \(data)" }

  /// nil when it was not written by this version of the program.
  init?(of job: JobID, version: Int, sharedText: String) {
    let parts = sharedText.split(separator: " ", maxSplits: 2)
    guard parts.count == 3, let state = JobState(rawValue: String(parts[0])),
      let percentage = Int(parts[1]), parts[2].hasPrefix("{")
    else { return nil }
    self.init(
      jobID: job, version: version, state: state, percentage: percentage, data: String(parts[2]))
  }
}
