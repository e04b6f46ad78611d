extension APISchemas {
  /// Deliveries, and what receivers are sent.
  static let webhooks: [Member] = [
    ("JobEvent", #"{"type": "string", "enum": ["job.completed", "job.failed", "job.cancelled"]}"#),
    (
      "DeliveriesAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["job_id", "deliveries"],
           "properties": {
             "job_id": {"$ref": "#/components/schemas/JobID"},
             "deliveries": {"type": "array", "items": {"$ref": "#/components/schemas/Delivery"}}}}
          """)
    ),
    (
      "Delivery",
      """
      {"type": "object", "required": ["event_id", "event", "url", "status", "attempts", "created_at"],
       "properties": {
         "event_id": {"$ref": "#/components/schemas/EventID"},
         "event": {"$ref": "#/components/schemas/JobEvent"},
         "url": {"description": "Without the values of its query", "type": "string"},
         "status": {"type": "string", "enum": ["pending", "delivered", "failed"]},
         "attempts": {
           "description": "Attempts that were begun", "type": "integer", "minimum": 0, "maximum": 12},
         "created_at": {"$ref": "#/components/schemas/Time"},
         "next_attempt_at": {
           "description": "While it is pending; in the past while it is being sent",
           "$ref": "#/components/schemas/Time"},
         "last_attempt_at": {"$ref": "#/components/schemas/Time"},
         "response_status": {
           "description": "HTTP status of the last answer; absent when there was none",
           "type": "integer"},
         "error": {"description": "Why the last attempt failed, for people", "type": "string"}}}
      """
    ),
    (
      "WebhookEvent",
      """
      {"type": "object", "required": ["event", "event_id", "created_at", "data"],
       "properties": {
         "event": {"$ref": "#/components/schemas/JobEvent"},
         "event_id": {"$ref": "#/components/schemas/EventID"},
         "created_at": {"$ref": "#/components/schemas/Time"},
         "data": {"$ref": "#/components/schemas/Job"}}}
      """
    ),
  ]

  /// The document's `webhooks`: what a receiver at `callback_url` is sent.
  static let webhookOperations = """
    {"jobEnded": {"post": {
      "operationId": "jobEnded", "tags": ["jobs"],
      "summary": "A job with a callback_url has ended",
      "description": "Sent at least once, signed as Standard Webhooks 1.0.0 says: `webhook-signature` is `v1,` and the base64 of the HMAC-SHA256 of `ID.TIMESTAMP.BODY`. Whatever is not 2xx is tried again, up to 12 attempts in some two hours and a half; 410 ends them at once.",
      "parameters": [
        \(header("webhook-id", "The event's id: the same at every attempt")),
        \(header("webhook-timestamp", "Seconds since 1970 of this attempt")),
        \(header("webhook-signature", "`v1,BASE64`"))],
      "requestBody": {"required": true, "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/WebhookEvent"},
        "examples": \(APIExamples.webhookEvent)}}},
      "responses": {
        "2XX": {"description": "The receiver has taken it"},
        "410": {"description": "Never send it again"}}}}}
    """

  private static func header(_ name: String, _ description: String) -> String {
    """
    {"name": "\(name)", "in": "header", "required": true, "description": "\(description)",
     "schema": {"type": "string"}}
    """
  }
}
