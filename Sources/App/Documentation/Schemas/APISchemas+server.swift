extension APISchemas {
  /// Models, health and the dashboard.
  static let server: [Member] = [
    (
      "ModelListAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["models", "next_cursor"],
           "properties": {
             "next_cursor": {"description": "null at the end", "type": ["string", "null"]},
             "models": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}}}
          """)
    ),
    ("ModelAnswer", envelope("Model")),
    (
      "Model",
      """
      {"type": "object",
       "required": ["name", "classes", "defaults", "input_size", "size_bytes", "sha256", "default"],
       "properties": {
         "name": {"type": "string"},
         "version": {
           "description": "Of a registered model", "type": "integer", "minimum": 1},
         "versions": {
           "description": "All of a registered model", "type": "array",
           "items": {"type": "integer", "minimum": 1}},
         "aliases": {"$ref": "#/components/schemas/Aliases"},
         "format": {
           "description": "Of a registered version", "type": "string", "enum": ["onnx", "openvino"]},
         "created_at": {"$ref": "#/components/schemas/Time"},
         "created_by": {"description": "Shown to administrators", "type": "string"},
         "document": {"description": "The JSON text that it was registered with", "type": "string"},
         "task": {
           "description": "Absent where only loading it can tell", "$ref": "#/components/schemas/Task"},
         "classes": {
           "description": "Names in results by class id, after the map of the model's document",
           "type": "array", "items": {"type": "string"}},
         "class_map": {
           "description": "Of the model's document: labels in results by the model's own class names. Absent where it has none",
           "type": "object", "additionalProperties": {"type": "string"}},
         "defaults": {
           "description": "What counts where a job says nothing",
           "type": "object", "required": ["confidence_threshold", "class_thresholds"],
           "properties": {
             "confidence_threshold": {"type": "number", "minimum": 0, "maximum": 1},
             "class_thresholds": {
               "description": "By names in results",
               "type": "object",
               "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}}}},
         "input_size": {
           "description": "Width and height in pixels",
           "type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "integer", "minimum": 1}},
         "size_bytes": {"type": "integer", "minimum": 1},
         "sha256": {"$ref": "#/components/schemas/SHA256"},
         "default": {"description": "Whether jobs that name no model take it", "type": "boolean"}}}
      """
    ),
    (
      "DashboardAnswer",
      envelope(
        inline: """
          {"type": "object",
           "required": ["queue_length", "active_workers", "average_inference_time_seconds",
             "job_completion_rate", "recent_jobs", "source", "version", "history"],
           "properties": {
             "queue_length": {"type": "integer", "minimum": 0},
             "active_workers": {"type": "integer", "minimum": 0},
             "average_inference_time_seconds": {
               "description": "null while nothing has been measured yet",
               "type": ["number", "null"], "minimum": 0},
             "job_completion_rate": {"description": "Jobs a minute", "type": "number", "minimum": 0},
             "recent_jobs": {
               "type": "object", "required": ["completed", "failed", "processing"],
               "properties": {
                 "completed": {"type": "integer", "minimum": 0},
                 "failed": {"type": "integer", "minimum": 0},
                 "processing": {"type": "integer", "minimum": 0}}},
             "source": {
               "description": "Whose numbers they are: this process', or all processes' by Prometheus",
               "type": "string", "enum": ["service", "prometheus"]},
             "version": {"description": "Of Harrier", "type": "string"},
             "history": {
               "description": "The same numbers over the last minutes, oldest first",
               "type": "object", "required": ["interval_seconds", "points"],
               "properties": {
                 "interval_seconds": {"type": "integer", "minimum": 1},
                 "points": {"type": "array", "items": {
                   "type": "object", "required": ["time"],
                   "properties": {"time": {"$ref": "#/components/schemas/Time"}}}}}}}}
          """)
    ),
    (
      "HealthAnswer",
      envelope(
        inline: """
          {"description": "Beside the whole, each store by its name",
           "type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
          """)
    ),
  ]

  /// The one failure envelope, and errors inside a job.
  static let errors: [Member] = [
    (
      "Error",
      """
      {"type": "object", "required": ["status", "message", "error_code", "error"],
       "properties": {
         "status": {"const": "error"},
         "message": {"description": "For people", "type": "string"},
         "error_code": {"$ref": "#/components/schemas/ErrorCode"},
         "errors": {
           "description": "All fields or files at fault at once",
           "type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/ErrorEntry"}},
         "error": {
           "description": "The same again, with where and when",
           "type": "object", "required": ["code", "message", "timestamp", "request_id"],
           "properties": {
             "code": {"$ref": "#/components/schemas/ErrorCode"},
             "message": {"type": "string"},
             "details": {"type": "string"},
             "field": {"type": "string"},
             "timestamp": {"$ref": "#/components/schemas/Time"},
             "request_id": {"description": "As in `X-Request-Id`", "type": "string"}}}}}
      """
    ),
    (
      "ErrorEntry",
      """
      {"type": "object", "required": ["code", "error"],
       "properties": {
         "field": {"description": "Of the body, or a query parameter", "type": "string"},
         "filename": {"type": "string"},
         "index": {"description": "The file's place in the upload", "type": "integer", "minimum": 0},
         "code": {"type": "string"},
         "error": {"description": "For people", "type": "string"}}}
      """
    ),
    (
      "ErrorCode",
      #"{"type": "string", "enum": ["#
        + APIErrorCode.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ") + "]}"
    ),
    (
      "JobError",
      """
      {"description": "Why a job, or one of its pictures, failed",
       "type": "object", "required": ["code", "message"],
       "properties": {
         "code": {
           "type": "string",
           "enum": ["MODEL_LOAD_ERROR", "FILE_NOT_FOUND", "CORRUPTED_FILE", "INFERENCE_ERROR",
             "STORAGE_ERROR", "REASONING_ERROR", "WORKER_CRASHED", "TIMED_OUT", "MAX_RETRIES"]},
         "message": {"type": "string"},
         "details": {"type": "string"}}}
      """
    ),
  ]
}
