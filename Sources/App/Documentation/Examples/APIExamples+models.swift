extension APIExamples {
  private static let version = """
    {"name": "aerial", "version": 3, "task": "obb", "classes": ["plane", "ship"],
     "defaults": {"confidence_threshold": 0.25, "class_thresholds": {"ship": 0.4}},
     "input_size": [640, 640], "size_bytes": 10732512, "sha256": "\(hash)", "default": false,
     "format": "onnx", "created_at": "2026-02-02T18:54:57.324Z", "created_by": "survey team",
     "versions": [1, 2, 3], "aliases": {"candidate": 3, "production": 2}}
    """

  static let registered = example(
    #"{"status": "success", "message": "Version registered", "data": \#(version)}"#)

  static let aliasRequest = example(#"{"version": 3, "expected": 2}"#)

  static let aliasMove = example(
    """
    {"status": "success", "message": "Alias moved",
     "data": {"name": "aerial", "alias": "production", "version": 3, "moved": true, "from": 2}}
    """)

  static let aliasRemoval = example(
    """
    {"status": "success", "message": "Alias moved",
     "data": {"name": "aerial", "alias": "candidate", "version": null, "moved": true, "from": 3}}
    """)

  static let alias = example(
    """
    {"status": "success",
     "data": {"name": "aerial", "alias": "production", "version": 2,
       "moves": [
         {"number": 3, "from": 3, "to": 2, "moved_at": "2026-02-02T18:54:57.324Z",
          "moved_by": "survey team", "undoes": 2},
         {"number": 2, "from": 2, "to": 3, "moved_at": "2026-02-02T18:50:00.000Z"},
         {"number": 1, "from": null, "to": 2, "moved_at": "2026-02-01T08:00:00.000Z"}]}}
    """)

  static let deletedVersion = example(
    """
    {"status": "success", "message": "Version deleted",
     "data": {"name": "aerial", "version": 1, "deleted_bytes": 10732512}}
    """)

  static let deletedModel = example(
    """
    {"status": "success", "message": "Model deleted",
     "data": {"name": "aerial", "deleted_versions": 3, "deleted_bytes": 32197536}}
    """)
}
