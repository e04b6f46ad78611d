extension APISchemas {
  /// `components/securitySchemes`.
  static let securitySchemes: [Member] = [
    (
      "bearer",
      """
      {"type": "http", "scheme": "bearer",
       "description": "A key of `harrier keys create`, a token that was exchanged for one, or a JWT of the operator's identity provider. Scopes: `read`, `submit`, `metrics`, `admin`"}
      """
    ),
    (
      "apiKey",
      #"{"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same, in a header of its own"}"#
    ),
    (
      "session",
      #"{"type": "apiKey", "in": "cookie", "name": "__Host-harrier", "description": "Of browsers, begun with `POST /api/v1/auth/session`"}"#
    ),
  ]

  private static let scopes =
    #"{"type": "array", "items": {"type": "string", "enum": ["read", "submit", "metrics", "admin"]}}"#

  static let access: [Member] = [
    (
      "TokenRequest",
      """
      {"type": "object", "additionalProperties": false,
       "properties": {
         "scopes": {
           "description": "Absent or null: those of the key",
           "type": ["array", "null"], "minItems": 1, "maxItems": 4,
           "items": {"type": "string", "enum": ["read", "submit", "metrics", "admin"]}},
         "expires_in": {"description": "Seconds, at most the server's `token_seconds`", "type": "integer", "minimum": 1, "maximum": 86400}}}
      """
    ),
    (
      "SessionRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["key"],
       "properties": {"key": {"type": "string", "minLength": 1}}}
      """
    ),
    (
      "TokenAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["access_token", "token_type", "expires_in", "scopes"],
           "properties": {
             "access_token": {"type": "string"}, "token_type": {"const": "Bearer"},
             "expires_in": {"type": "integer", "minimum": 1}, "scopes": \(scopes)}}
          """)
    ),
    (
      "CallerAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["authentication", "credential", "scopes", "limits", "used"],
           "properties": {
             "authentication": {"type": "string", "enum": ["on", "off"]},
             "credential": {"type": "string", "enum": ["none", "key", "token", "session", "jwt", "metrics_token"]},
             "owner": {"description": "Whose uploads and jobs are made and seen", "type": "string"},
             "key_id": {"type": "string", "pattern": "^hrk_[0-9a-z]{12,26}$"}, "scopes": \(scopes),
             "limits": {
               "description": "Those that there are",
               "type": "object",
               "properties": {
                 "requests_per_minute": {"type": "integer"}, "bytes_per_day": {"type": "integer"},
                 "queued_jobs": {"type": "integer"}, "running_jobs": {"type": "integer"}}},
             "used": {
               "type": "object",
               "properties": {
                 "bytes_today": {"type": "integer"}, "queued_jobs": {"type": "integer"},
                 "running_jobs": {"type": "integer"}}}}}
          """)
    ),
    ("EmptyAnswer", envelope(inline: #"{"type": "object"}"#)),
  ]

  static let tokenBody = """
    {"required": false,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/TokenRequest"}}}}
    """

  static let sessionBody = """
    {"required": true,
     "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SessionRequest"}}}}
    """
}
