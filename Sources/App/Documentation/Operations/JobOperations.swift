extension APIOperation {
  /// Status, list, events and cancel: section 3 of the contract.
  static let jobs = [
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/status", id: "getJobStatus", tag: .jobs,
      summary: "Where a job is",
      description: """
        `queued -> processing -> completed | failed`, or `cancelled` from either; ended states never change. Keys whose \
        value does not exist yet are left out. `percentage` counts finished slices and never goes back. `wait` holds the \
        answer until the status or the progress changes.
        """,
      parameters: ["JobID", "Wait", "IfNoneMatch"],
      answers: [
        .json("JobAnswer", "The job", headers: [.eTag], examples: APIExamples.status),
        .notModified,
      ],
      errors: stored + [.invalidRequest, .jobNotFound]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs", id: "listJobs", tag: .jobs,
      summary: "List jobs, newest first",
      description: "`next_cursor`, given as `cursor`, goes on; null at the end of the list.",
      parameters: ["JobState", "Limit", "Cursor"],
      answers: [.json("JobListAnswer", "A page of jobs", examples: APIExamples.jobList)],
      errors: stored + [.invalidRequest]),
    APIOperation(
      method: "POST", path: "/api/v1/jobs/{job_id}/cancel", id: "cancelJob", tag: .jobs,
      summary: "Cancel a job", description: "A worker that has begun stops within a second.",
      parameters: ["JobID"],
      answers: [.json("JobAnswer", "The cancelled job", examples: APIExamples.cancelled)],
      errors: stored + [.invalidRequest, .jobNotFound, .jobNotCancellable]),
    APIOperation(
      method: "POST", path: "/api/v1/jobs/{job_id}/retry", id: "retryJob", tag: .jobs,
      summary: "Start a job again that failed or was cancelled",
      description: """
        Makes a new job with the same pictures and configuration, since ended jobs never change. Pictures that the old \
        job has finished, and the finished parts of large ones, are not done again. `exclude_file_ids` leaves pictures \
        out, such as one on which workers died.
        """,
      parameters: ["JobID", "IdempotencyKey"],
      body: """
        {"required": false,
         "content": {"application/json": {
           "schema": {"$ref": "#/components/schemas/RetryRequest"},
           "examples": \(APIExamples.retryRequest)}}}
        """,
      answers: [
        .json(
          "PredictAnswer", "The new job is queued", status: 202, headers: [.location],
          examples: APIExamples.predict)
      ],
      errors: stored + [
        .invalidRequest, .invalidConfig, .modelNotFound, .jobNotFound, .fileNotFound,
        .jobNotRetryable,
        .idempotencyConflict, .uploadTooLarge, .unsupportedMediaType,
      ]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/attempts", id: "listAttempts", tag: .jobs,
      summary: "What became of each try at a job",
      description: """
        The newest 100, oldest first. An attempt that was `released`, because its worker was told to stop, does not \
        count: the next one has its number again. `lost` means that the worker died or froze.
        """,
      parameters: ["JobID"],
      answers: [.json("AttemptsAnswer", "The attempts", examples: APIExamples.attempts)],
      errors: stored + [.invalidRequest, .jobNotFound]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/log", id: "getJobLog", tag: .jobs,
      summary: "What has happened to a job",
      description: """
        Who accepted it, each attempt, each picture with its times, what failed, and what became of its webhook; the         newest 1000 entries, oldest first. Numbers grow: ask with `after` for what has come since.
        """,
      parameters: ["JobID", "LogAfter", "LogLimit"],
      answers: [.json("JobLogAnswer", "The entries", examples: APIExamples.jobLog)],
      errors: stored + [.invalidRequest, .jobNotFound]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/events", id: "watchJob", tag: .jobs,
      summary: "Follow a job",
      description: """
        Server-sent events `status`, `progress` and `end`, each with the `data` of the status answer; the present state \
        comes first, a comment line every 15 seconds keeps the connection, and the stream ends with the job.
        """,
      parameters: ["JobID", "LastEventID"],
      answers: [stream(ofEvents: ["status", "progress", "end"], APIExamples.events)],
      errors: stored + [.invalidRequest, .jobNotFound]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/events", id: "watchJobs", tag: .jobs,
      summary: "Follow all jobs",
      description: """
        Server-sent events `job`, each with the `data` of the status answer of a job that has changed; of changes that \
        follow each other closely the last one. The event `reset` says that changes may have been missed, read the list \
        then: it comes first, unless `Last-Event-ID` says what was seen and little has happened since. Jobs that are \
        deleted are not told of.
        """,
      parameters: ["LastEventID"],
      answers: [stream(ofEvents: ["job", "reset"], APIExamples.jobEvents)],
      errors: stored + [.invalidRequest]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/deliveries", id: "listDeliveries", tag: .jobs,
      summary: "What became of a job's webhook",
      description: """
        Empty while the job has not ended, and for jobs without `callback_url`. Values in the query of a URL are not \
        shown.
        """,
      parameters: ["JobID"],
      answers: [
        .json("DeliveriesAnswer", "The deliveries", examples: APIExamples.deliveries)
      ],
      errors: stored + [.invalidRequest, .jobNotFound]),
  ]

  /// The stream is text; tools that understand it see an object an event.
  private static func stream(ofEvents names: [String], _ examples: String) -> APIAnswer {
    let names = names.map { "\"\($0)\"" }.joined(separator: ", ")
    let schema = """
      {"anyOf": [{"type": "string"},
        {"type": "object", "required": ["event", "data"], "properties": {
          "event": {"enum": [\(names)]},
          "id": {"description": "to send as Last-Event-ID", "type": "string"},
          "data": {"description": "JSON: the data of the status answer", "type": "string"}}}]}
      """
    return APIAnswer(
      status: 200, description: "The stream",
      content: [.init(mediaType: "text/event-stream", schema: schema, examples: examples)])
  }
}
