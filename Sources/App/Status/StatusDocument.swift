import Foundation
import Hummingbird
import Jobs
import NIOCore
import ObjectDetection

/// A job's status as clients read it: encoded once a change, not once a poll.
struct StatusDocument: Sendable {
  let jobID: JobID
  let version: Int
  let state: JobState
  let percentage: Int
  /// The contract's `data` object.
  let data: String
  /// The whole answer.
  let body: ByteBuffer
  let entityTag: EntityTag

  init(_ job: Job, estimatedCompletion: Date?) {
    var json = JSONWriter()
    json.object { Self.write(job, estimatedCompletion, to: &$0) }
    self.init(
      jobID: job.id, version: job.version, state: job.state, percentage: job.progress.percentage,
      data: json.text)
  }

  init(jobID: JobID, version: Int, state: JobState, percentage: Int, data: String) {
    self.jobID = jobID
    self.version = version
    self.state = state
    self.percentage = percentage
    self.data = data
    entityTag = EntityTag(opaque: "\(version)")
    body = ByteBuffer(string: #"{"status":"success","data":\#(data)}"#)
  }

  private static func write(_ job: Job, _ estimate: Date?, to json: inout JSONWriter) {
    json.string("job_id", job.id.description)
    json.string("upload_id", job.uploadID.description)
    json.string("status", job.state.rawValue)
    json.integer("attempt", job.attempt)
    json.string("priority", job.priority.contractName)
    json.time("created_at", job.createdAt)
    json.time("updated_at", job.updatedAt)
    if let time = job.startedAt { json.time("started_at", time) }
    if let time = job.endedAt { json.time("\(job.state.rawValue)_at", time) }
    json.object("progress") { json in
      json.integer("total_images", job.progress.totalImages)
      json.integer("processed_images", job.progress.processedImages)
      json.integer("failed_images", job.progress.failedImages)
      json.integer("percentage", job.progress.percentage)
      if let stage = job.progress.stage { json.string("current_stage", stage) }
      if let estimate, !job.state.isEnded { json.time("estimated_completion", estimate) }
    }
    if let comparison = job.comparison {
      json.object("comparison") { json in
        json.string("job_id", comparison.base.description)
        json.bool("shadow", comparison.isShadow)
      }
    }
    if let summary = job.summary { json.raw("summary", summary) }
    if job.state == .completed {
      json.string("results_url", "/api/v1/jobs/\(job.id)/results")
      json.string("visualization_url", "/api/v1/jobs/\(job.id)/visualization")
    }
    if let failure = job.failure, job.state != .completed {
      json.object("error") { $0.failure(failure) }
    }
  }
}

extension JSONWriter {
  /// The contract's error inside a job.
  mutating func failure(_ failure: JobFailure) {
    string("code", failure.code)
    string("message", failure.message)
    if let details = failure.details { string("details", details) }
  }
}

extension JobPriority {
  var contractName: String {
    switch self {
    case .low: "low"
    case .normal: "normal"
    case .high: "high"
    }
  }
}
