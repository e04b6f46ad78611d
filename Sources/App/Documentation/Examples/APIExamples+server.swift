extension APIExamples {
  private static let oneModel = """
    {"name": "aerial15-obb", "task": "obb", "classes": ["plane", "ship", "vehicle"],
     "class_map": {"small_vehicle": "vehicle", "large_vehicle": "vehicle"},
     "defaults": {"confidence_threshold": 0.25, "class_thresholds": {"vehicle": 0.4}},
     "input_size": [640, 640], "size_bytes": 10732512, "sha256": "\(hash)", "default": true}
    """
  static let models = example(
    #"{"status": "success", "data": {"models": [\#(oneModel)], "next_cursor": null}}"#)
  static let model = example(#"{"status": "success", "data": \#(oneModel)}"#)

  static let dashboard = example(
    """
    {"status": "success",
     "data": {
       "queue_length": 3, "active_workers": 1, "average_inference_time_seconds": 1.8,
       "job_completion_rate": 12.5, "recent_jobs": {"completed": 41, "failed": 1, "processing": 1},
       "source": "service", "version": "0.1.0",
       "history": {
         "interval_seconds": 10,
         "points": [
           {"time": "2026-02-02T18:54:50.000Z", "queue_length": 3, "active_workers": 1,
            "average_inference_time_seconds": null, "job_completion_rate": 12.5, "completed": 40,
            "failed": 1, "processing": 1}]}}}
    """)

  static let metrics = example(
    string(
      """
      # HELP api_requests_total Requests answered.
      # TYPE api_requests_total counter
      api_requests_total{method="GET",endpoint="/api/v1/jobs/{job_id}/status",status="200"} 1027

      """))

  static let live = example(#"{"status": "success", "data": {"status": "ok"}}"#)
  static let ready = example(
    """
    {"status": "success", "data": {"status": "ready", "database": {"status": "ok"}, "files": {"status": "ok"}}}
    """)
}
