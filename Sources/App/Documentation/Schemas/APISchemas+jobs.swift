extension APISchemas {
  /// Answers of upload, predict, status, list and delete: sections 1 to 3 of the contract.
  static let jobs: [Member] = [
    (
      "JobState",
      #"{"type": "string", "enum": ["queued", "processing", "completed", "failed", "cancelled"]}"#
    ),
    ("UploadAnswer", envelope("Upload", message: true)),
    (
      "Upload",
      """
      {"type": "object", "required": ["upload_id", "uploaded_files"],
       "properties": {
         "upload_id": {"$ref": "#/components/schemas/UploadID"},
         "expires_at": {
           "description": "When it and all that was made from it is deleted; absent where everything is kept",
           "$ref": "#/components/schemas/Time"},
         "uploaded_files": {
           "type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/UploadedFile"}}}}
      """
    ),
    (
      "UploadedFile",
      """
      {"type": "object",
       "required": ["filename", "file_id", "size_bytes", "format", "dimensions", "sha256"],
       "properties": {
         "filename": {
           "description": "The client's, without folders and control characters", "type": "string"},
         "file_id": {"$ref": "#/components/schemas/FileID"},
         "size_bytes": {"type": "integer", "minimum": 1},
         "format": {"type": "string", "enum": ["JPEG", "PNG", "TIFF"]},
         "dimensions": {
           "description": "Width and height of the upright picture",
           "type": "array", "minItems": 2, "maxItems": 2,
           "items": {"type": "integer", "minimum": 64, "maximum": 8192}},
         "sha256": {"$ref": "#/components/schemas/SHA256"}}}
      """
    ),
    ("SHA256", #"{"type": "string", "pattern": "^[0-9a-f]{64}$"}"#),
    ("PredictAnswer", envelope("CreatedJob", status: "accepted", message: true)),
    (
      "CreatedJob",
      """
      {"type": "object",
       "required": ["job_id", "status", "created_at", "estimated_completion", "file_count", "status_url"],
       "properties": {
         "job_id": {"$ref": "#/components/schemas/JobID"},
         "status": {"$ref": "#/components/schemas/JobState"},
         "created_at": {"$ref": "#/components/schemas/Time"},
         "estimated_completion": {
           "description": "null while nothing has been measured yet",
           "type": ["string", "null"], "format": "date-time"},
         "file_count": {"type": "integer", "minimum": 1, "maximum": 100},
         "status_url": {"type": "string"}}}
      """
    ),
    ("JobAnswer", envelope("Job")),
    ("Job", job),
    (
      "Progress",
      """
      {"type": "object",
       "required": ["total_images", "processed_images", "failed_images", "percentage"],
       "properties": {
         "total_images": {"type": "integer", "minimum": 1},
         "processed_images": {"type": "integer", "minimum": 0},
         "failed_images": {"type": "integer", "minimum": 0},
         "percentage": {"type": "integer", "minimum": 0, "maximum": 100},
         "current_stage": {"description": "For people", "type": "string"},
         "estimated_completion": {"$ref": "#/components/schemas/Time"}}}
      """
    ),
    (
      "Summary",
      """
      {"type": "object",
       "required": ["total_detections", "processing_time_seconds", "detections_by_class"],
       "properties": {
         "total_detections": {"type": "integer", "minimum": 0},
         "average_confidence": {
           "description": "absent when nothing was found",
           "type": "number", "minimum": 0, "maximum": 1},
         "processing_time_seconds": {"type": "number", "minimum": 0},
         "detections_by_class": {
           "type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
         "failed_images": {"type": "integer", "minimum": 0}}}
      """
    ),
    (
      "JobListAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["jobs", "next_cursor"],
           "properties": {
             "jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}},
             "next_cursor": {"description": "null at the end", "type": ["string", "null"]}}}
          """)
    ),
    (
      "AttemptsAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["job_id", "attempts"],
           "properties": {
             "job_id": {"$ref": "#/components/schemas/JobID"},
             "attempts": {"type": "array", "maxItems": 100,
               "items": {"$ref": "#/components/schemas/Attempt"}}}}
          """)
    ),
    (
      "Attempt",
      """
      {"type": "object", "required": ["attempt", "outcome", "worker", "started_at"],
       "properties": {
         "attempt": {"type": "integer", "minimum": 1},
         "outcome": {"type": "string", "enum":
           ["running", "completed", "retried", "failed", "released", "cancelled", "lost"]},
         "worker": {"type": "string"},
         "started_at": {"$ref": "#/components/schemas/Time"},
         "ended_at": {"$ref": "#/components/schemas/Time"},
         "file_in_hand": {
           "description": "The picture that was being worked on, named after a worker has died on the job",
           "$ref": "#/components/schemas/FileID"},
         "error": {"$ref": "#/components/schemas/JobError"}}}
      """
    ),
    (
      "JobLogAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["job_id", "entries", "next_after"],
           "properties": {
             "job_id": {"$ref": "#/components/schemas/JobID"},
             "entries": {"type": "array", "maxItems": 1000,
               "items": {"$ref": "#/components/schemas/JobLogEntry"}},
             "next_after": {"description": "to go on with", "type": "integer", "minimum": 0}}}
          """)
    ),
    (
      "JobLogEntry",
      """
      {"type": "object", "required": ["number", "time", "level", "source", "message"],
       "properties": {
         "number": {"type": "integer", "minimum": 1},
         "time": {"$ref": "#/components/schemas/Time"},
         "level": {"type": "string", "enum": ["info", "warning", "error"]},
         "source": {"type": "string", "enum": ["api", "worker"]},
         "attempt": {"type": "integer", "minimum": 1},
         "message": {"type": "string"},
         "details": {"type": "object", "additionalProperties": {"type": "string"}}}}
      """
    ),
    (
      "DeletedAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["upload_id"],
           "properties": {
             "upload_id": {"$ref": "#/components/schemas/UploadID"},
             "deleted_files": {"type": "integer", "minimum": 0},
             "deleted_jobs": {"type": "integer", "minimum": 0}}}
          """, message: true)
    ),
  ]

  private static let job = """
    {"type": "object",
     "required": ["job_id", "upload_id", "status", "attempt", "priority", "created_at", "updated_at",
       "progress"],
     "properties": {
       "job_id": {"$ref": "#/components/schemas/JobID"},
       "upload_id": {"$ref": "#/components/schemas/UploadID"},
       "status": {"$ref": "#/components/schemas/JobState"},
       "attempt": {"type": "integer", "minimum": 0},
       "priority": {"type": "string", "enum": ["low", "normal", "high"]},
       "created_at": {"$ref": "#/components/schemas/Time"},
       "updated_at": {"$ref": "#/components/schemas/Time"},
       "started_at": {"$ref": "#/components/schemas/Time"},
       "completed_at": {"$ref": "#/components/schemas/Time"},
       "failed_at": {"$ref": "#/components/schemas/Time"},
       "cancelled_at": {"$ref": "#/components/schemas/Time"},
       "progress": {"$ref": "#/components/schemas/Progress"},
       "comparison": {"$ref": "#/components/schemas/JobComparison"},
       "summary": {"$ref": "#/components/schemas/Summary"},
       "results_url": {"type": "string"},
       "visualization_url": {"type": "string"},
       "error": {"$ref": "#/components/schemas/JobError"}}}
    """

  /// The success envelope around a schema in `components/schemas`.
  static func envelope(
    _ data: String, status: String = "success", message: Bool = false
  ) -> String {
    envelope(inline: reference(data), status: status, message: message)
  }

  /// The success envelope around a Schema Object.
  static func envelope(
    inline data: String, status: String = "success", message: Bool = false
  ) -> String {
    """
    {"type": "object", "required": ["status", \(message ? "\"message\", " : "")"data"],
     "properties": {
       "status": {"const": "\(status)"},
       "message": {"description": "For people", "type": "string"},
       "data": \(data)}}
    """
  }
}
