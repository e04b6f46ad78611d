extension APIExamples {
  static let token = example(
    """
    {"status": "success",
     "data": {"access_token": "eyJhbGciOiJIUzI1NiIsImtpZCI6ImhhcnJpZXIifQ.e30.c2lnbmF0dXJl", "token_type": "Bearer",
              "expires_in": 900, "scopes": ["read"]}}
    """)

  static let caller = example(
    """
    {"status": "success",
     "data": {"authentication": "on", "credential": "key", "owner": "survey team",
              "key_id": "hrk_01kgfsbz4wq8n5e2xa7c3hd9pt", "scopes": ["read", "submit"],
              "limits": {"requests_per_minute": 100, "bytes_per_day": 10737418240},
              "used": {"bytes_today": 2048576, "queued_jobs": 1, "running_jobs": 0}}}
    """)

  static let ended = example(
    #"{"status": "success", "message": "The session has ended", "data": {}}"#)
}
