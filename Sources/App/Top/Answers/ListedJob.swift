import Foundation
import ObjectDetection

/// A job as the list of `GET /api/v1/jobs` has it.
struct ListedJob: Sendable, Equatable {
  var id: String
  var state: String
  var attempt: Int?
  var priority: String?
  var createdAt: Date?
  /// When it is expected to be done.
  var expectedAt: Date?
  var percentage: Int?
  var totalImages: Int?
  var processedImages: Int?
  var failedImages: Int?
  /// What is being done, for people. It may hold the name of a client's file.
  var stage: String?

  /// nil for what is no job.
  init?(_ json: JSONValue) {
    guard let id = json["job_id"]?.text, let state = json["status"]?.text else { return nil }
    self.id = id
    self.state = state
    attempt = json["attempt"]?.integer
    priority = json["priority"]?.text
    createdAt = json["created_at"]?.time
    let progress = json["progress"]
    expectedAt = progress?["estimated_completion"]?.time
    percentage = progress?["percentage"]?.integer
    totalImages = progress?["total_images"]?.integer
    processedImages = progress?["processed_images"]?.integer
    failedImages = progress?["failed_images"]?.integer
    stage = progress?["current_stage"]?.text
  }
}

/// One answer of `GET /api/v1/jobs`.
struct JobList: Sendable, Equatable {
  /// As answered: newest first.
  var jobs: [ListedJob]
  /// Whether there are no more.
  var isComplete: Bool

  static let empty = JobList(jobs: [], isComplete: true)

  init(jobs: [ListedJob], isComplete: Bool) {
    self.jobs = jobs
    self.isComplete = isComplete
  }

  /// - Throws: `SourceFailure` when there is no list in it.
  init(_ body: [UInt8]) throws(SourceFailure) {
    let data = try JSONValue(answer: body)["data"]
    guard let jobs = data?["jobs"]?.elements else {
      throw SourceFailure.unexpected
    }
    self.jobs = jobs.compactMap(ListedJob.init)
    isComplete = data?["next_cursor"]?.text == nil
  }

  /// Those that have run longest first; ids sort by the time of creation.
  var oldestFirst: [ListedJob] { jobs.sorted { $0.id < $1.id } }

  /// As workers claim them, as far as the whole list is known; else newest first.
  var nextFirst: [ListedJob] {
    guard isComplete else { return jobs }
    return jobs.sorted { ($1.rank, $0.id) < ($0.rank, $1.id) }
  }
}

extension ListedJob {
  fileprivate var rank: Int {
    switch priority {
    case "high": 2
    case "low": 0
    default: 1
    }
  }
}
