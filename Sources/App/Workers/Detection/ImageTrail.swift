import Jobs
import Logging
import ObjectDetection
import Tracing

/// What is told of one image's way: a span, a line in the job's log, and in the worker's when it was slow.
struct ImageTrail {
  let file: UploadedFile
  let work: ImageWork

  func following(
    _ body: () async throws -> ImageWork.Result
  ) async throws -> ImageWork.Result {
    let start = ContinuousClock.now
    let parts = OperationParts()
    let result = try await work.job.traces.span(
      "image",
      attributes: [
        "harrier.file_id": .string("\(file.id)"), "harrier.filename": .string(file.filename),
        "harrier.width": .int64(Int64(file.width)), "harrier.height": .int64(Int64(file.height)),
      ]
    ) { span in
      let result = try await OperationParts.$current.withValue(parts) { try await body() }
      if let span { describe(result, span) }
      return result
    }
    let duration = ContinuousClock.now - start
    tell(result, duration, parts)
    if duration > work.job.slowImage { warn(duration, parts) }
    return result
  }

  private func describe(_ result: ImageWork.Result, _ span: OTLPSpan) {
    if let image = result.image {
      span.attributes["harrier.slices"] = Int64(image.regionCount)
      span.attributes["harrier.detections"] = Int64(image.detections.count)
    } else if let failure = result.record.failure {
      span.attributes["error.type"] = failure.code
      span.setStatus(SpanStatus(code: .error, message: failure.message))
    }
  }

  private func tell(_ result: ImageWork.Result, _ duration: Duration, _ parts: OperationParts) {
    var details = ["file_id": "\(file.id)", "duration_ms": "\(duration.milliseconds)"]
    guard let image = result.image else {
      let failure = result.record.failure
      details["code"] = failure?.code
      work.job.jobLog?.write(
        "\(file.filename) failed: \(failure?.message ?? "")", .warning, of: work.claimed.job.id,
        attempt: work.claimed.job.attempt, details: details)
      return
    }
    details["slices"] = "\(image.regionCount)"
    details["parts"] = parts.description
    work.job.jobLog?.write(
      "\(file.filename): \(image.detections.count) detections", of: work.claimed.job.id,
      attempt: work.claimed.job.attempt, details: details)
  }

  private func warn(_ duration: Duration, _ parts: OperationParts) {
    let job = work.claimed.job
    work.job.logger.warning(
      "slow image",
      metadata: [
        "job_id": "\(job.id)", "attempt": "\(job.attempt)", "file_id": "\(file.id)",
        "megapixels": .stringConvertible(Double(file.width * file.height / 10_000) / 100),
        "duration_ms": .stringConvertible(duration.milliseconds), "parts": "\(parts.description)",
      ])
  }
}
