/// Examples of the document: bodies of the six calls, as Examples maps. A test checks each against its schema.
enum APIExamples {
  static let upload = example(
    """
    {"status": "success", "message": "1 image uploaded successfully",
     "data": {
       "upload_id": "\(uploadID)", "expires_at": "2026-02-09T18:54:57.324Z",
       "uploaded_files": [
         {"filename": "image1.jpg", "file_id": "\(fileID)", "size_bytes": 2048576,
          "format": "JPEG", "dimensions": [1920, 1080], "sha256": "\(hash)"}]}}
    """)

  static let predictRequest = examples([
    ("defaults", #"{"upload_id": "\#(uploadID)"}"#),
    (
      "everything",
      """
      {"upload_id": "\(uploadID)", "file_ids": ["\(fileID)"],
       "config": {
         "model": "aerial15-obb",
         "confidence_threshold": 0.25, "iou_threshold": 0.45, "max_detections": 3000,
         "classes": ["plane", "ship", "vehicle"],
         "class_map": {"small_vehicle": "vehicle", "large_vehicle": "vehicle"},
         "class_thresholds": {"plane": 0.4},
         "sahi": {
           "enabled": true, "slice_width": 640, "slice_height": 640, "overlap_ratio": 0.2,
           "full_image": true, "merge": "greedy_nmm", "merge_metric": "iou"},
         "symbolic_reasoning": {"enabled": true, "rules": "dota", "geometry": "normalized"},
         "visualization": {
           "enabled": true, "show_labels": true, "confidence_display": true, "line_width": null,
           "format": "jpeg"}},
       "priority": "normal", "callback_url": null}
      """
    ),
  ])

  static let predict = example(
    """
    {"status": "accepted", "message": "Inference job created",
     "data": {
       "job_id": "\(jobID)", "status": "queued", "created_at": "2026-02-02T18:54:58.001Z",
       "estimated_completion": "2026-02-02T18:55:09.500Z", "file_count": 1,
       "status_url": "/api/v1/jobs/\(jobID)/status"}}
    """)

  static let status = examples([
    ("queued", job(queued)), ("processing", job(processing)), ("completed", job(completed)),
    ("failed", job(failed)), ("made to be compared", job(compared)),
  ])
  static let cancelled = example(
    job(
      """
      {\(jobStart), "status": "cancelled", "attempt": 1, "priority": "normal",
       "created_at": "2026-02-02T18:54:58.001Z", "updated_at": "2026-02-02T18:55:03.250Z",
       "started_at": "2026-02-02T18:54:58.020Z", "cancelled_at": "2026-02-02T18:55:03.250Z",
       "progress": {"total_images": 2, "processed_images": 1, "failed_images": 0, "percentage": 50}}
      """))
  static let retryRequest = examples([
    ("without a picture", #"{"exclude_file_ids": ["\#(fileID)"]}"#)
  ])
  static let attempts = example(
    """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)",
       "attempts": [
         {"attempt": 1, "outcome": "lost", "worker": "host-4711-7d0c",
          "started_at": "2026-02-02T18:54:58.020Z", "ended_at": "2026-02-02T18:55:08.300Z",
          "file_in_hand": "\(fileID)",
          "error": {"code": "WORKER_CRASHED", "message": "The worker process died, or gave no sign of life"}},
         {"attempt": 2, "outcome": "completed", "worker": "host-4712-19af",
          "started_at": "2026-02-02T18:55:08.300Z", "ended_at": "2026-02-02T18:56:13.520Z"}]}}
    """)
  static let jobLog = example(
    """
    {"status": "success",
     "data": {
       "job_id": "\(jobID)",
       "entries": [
         {"number": 1, "time": "2026-02-02T18:54:58.001Z", "level": "info", "source": "api",
          "message": "Queued", "details": {"images": "2", "model": "tree-crowns", "request_id": "req-7"}},
         {"number": 2, "time": "2026-02-02T18:54:58.020Z", "level": "info", "source": "worker",
          "attempt": 1, "message": "A worker begins"},
         {"number": 3, "time": "2026-02-02T18:55:31.114Z", "level": "info", "source": "worker",
          "attempt": 1, "message": "image1.jpg: 47 detections",
          "details": {"file_id": "\(fileID)", "slices": "13", "infer_ms": "31870.4"}}],
       "next_after": 3}}
    """)
  static let jobList = example(
    """
    {"status": "success", "data": {"jobs": [\(completed)], "next_cursor": null}}
    """)

  static let events = example(
    string(
      """
      id: 41
      event: status
      data: {"job_id":"\(jobID)","status":"processing"}

      id: 42
      event: progress
      data: {"job_id":"\(jobID)","status":"processing"}

      : heartbeat

      id: 43
      event: end
      data: {"job_id":"\(jobID)","status":"completed"}


      """))

  static let jobEvents = example(
    string(
      """
      event: reset
      data: {}

      event: job
      id: 44
      data: {"job_id":"\(jobID)","status":"completed"}


      """))

  private static let eventID = "evt_01kgfsebx0m4t7c2ynh8dk9r5q"

  static let deliveries = example(
    """
    {"status": "success", "data": {"job_id": "\(jobID)", "deliveries": [
      {"event_id": "\(eventID)", "event": "job.completed",
       "url": "https://example.org/hooks/harrier?token=***", "status": "pending", "attempts": 1,
       "created_at": "2026-02-02T18:56:13.520Z", "next_attempt_at": "2026-02-02T18:56:18.850Z",
       "last_attempt_at": "2026-02-02T18:56:13.540Z", "response_status": 503,
       "error": "The receiver answered with status 503"}]}}
    """)

  static let webhookEvent = example(
    """
    {"event": "job.completed", "event_id": "\(eventID)", "created_at": "2026-02-02T18:56:13.520Z",
     "data": \(completed)}
    """)

  static let deleted = example(
    """
    {"status": "success", "message": "Upload deleted",
     "data": {"upload_id": "\(uploadID)", "deleted_files": 2, "deleted_jobs": 1}}
    """)

  // MARK: Jobs in their states

  private static let jobStart = #""job_id": "\#(jobID)", "upload_id": "\#(uploadID)""#

  private static let queued = """
    {\(jobStart), "status": "queued", "attempt": 0, "priority": "normal",
     "created_at": "2026-02-02T18:54:58.001Z", "updated_at": "2026-02-02T18:54:58.001Z",
     "progress": {"total_images": 2, "processed_images": 0, "failed_images": 0, "percentage": 0}}
    """
  private static let compared = """
    {\(jobStart), "status": "queued", "attempt": 0, "priority": "normal",
     "created_at": "2026-02-02T18:54:58.001Z", "updated_at": "2026-02-02T18:54:58.001Z",
     "progress": {"total_images": 2, "processed_images": 0, "failed_images": 0, "percentage": 0},
     "comparison": {"job_id": "job_01kgfs9m3h6w2t8c5dn7qzx4ra", "shadow": false}}
    """
  private static let processing = """
    {\(jobStart), "status": "processing", "attempt": 1, "priority": "normal",
     "created_at": "2026-02-02T18:54:58.001Z", "updated_at": "2026-02-02T18:55:02.731Z",
     "started_at": "2026-02-02T18:54:58.020Z",
     "progress": {
       "total_images": 2, "processed_images": 1, "failed_images": 0, "percentage": 50,
       "current_stage": "Running sliced inference on image2.png",
       "estimated_completion": "2026-02-02T18:55:07.900Z"}}
    """
  private static let completed = """
    {\(jobStart), "status": "completed", "attempt": 1, "priority": "normal",
     "created_at": "2026-02-02T18:54:58.001Z", "updated_at": "2026-02-02T18:56:13.520Z",
     "started_at": "2026-02-02T18:54:58.020Z", "completed_at": "2026-02-02T18:56:13.520Z",
     "progress": {"total_images": 2, "processed_images": 2, "failed_images": 0, "percentage": 100},
     "summary": {
       "total_detections": 47, "average_confidence": 0.82, "processing_time_seconds": 75.5,
       "detections_by_class": {"plane": 12, "ship": 35}},
     "results_url": "/api/v1/jobs/\(jobID)/results",
     "visualization_url": "/api/v1/jobs/\(jobID)/visualization"}
    """
  private static let failed = """
    {\(jobStart), "status": "failed", "attempt": 1, "priority": "normal",
     "created_at": "2026-02-02T18:54:58.001Z", "updated_at": "2026-02-02T18:54:58.310Z",
     "started_at": "2026-02-02T18:54:58.020Z", "failed_at": "2026-02-02T18:54:58.310Z",
     "progress": {"total_images": 2, "processed_images": 0, "failed_images": 0, "percentage": 0},
     "error": {
       "code": "MODEL_LOAD_ERROR", "message": "The model could not be loaded",
       "details": "Its output has no known layout"}}
    """

  private static func job(_ data: String) -> String {
    #"{"status": "success", "data": \#(data)}"#
  }

  // MARK: Building blocks

  static let uploadID = "upl_01kgfsbz4wq8n5e2xa7c3hd9pt"
  static let fileID = "img_01kgfsbz51m2k9r6td4wy8fbe3"
  static let jobID = "job_01kgfsc0e7v5j1n8qg3zr6xh2a"
  static let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

  /// An Examples map of one.
  static func example(_ value: String) -> String { examples([("example", value)]) }

  static func examples(_ values: [(String, String)]) -> String {
    "{" + values.map { "\"\($0)\": {\"value\": \($1)}" }.joined(separator: ", ") + "}"
  }
}
