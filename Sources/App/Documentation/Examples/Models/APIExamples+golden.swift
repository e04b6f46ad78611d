extension APIExamples {
  static let goldenRequest = example(
    """
    {"job_id": "job_01kgfsbz4wq8n5e2xa7c3hd9pt", "min_confidence": 0.5, "min_recall": 0.95,
     "min_precision": 0.9, "aliases": ["production"]}
    """)

  static let goldenSet = example(
    """
    {"status": "success",
     "data": {"name": "aerial", "set_id": "gld_01kgfsbz4wq8n5e2xa7c3hd9pt", "min_recall": 0.95,
       "min_precision": 0.9, "aliases": ["production"], "size_bytes": 2097152, "expected": 32,
       "classes": [{"class": "plane", "expected": 0}, {"class": "ship", "expected": 32}],
       "pictures": [{"filename": "harbour-7.jpg", "size_bytes": 2097152,
         "sha256": "\(hash)", "expected": 32}],
       "created_at": "2026-02-02T18:54:57.324Z", "created_by": "survey team",
       "checks": [{"version": 3, "passed": false, "expected": 32, "found": 30, "missing": 4,
         "extra": 2, "recall": 0.875, "precision": 0.9333,
         "checked_at": "2026-02-02T18:56:12.000Z"}]}}
    """)

  static let deletedGoldenSet = example(
    """
    {"status": "success", "message": "Golden pictures deleted",
     "data": {"name": "aerial", "set_id": "gld_01kgfsbz4wq8n5e2xa7c3hd9pt",
       "deleted_bytes": 2097152}}
    """)

  static let goldenCheck = example(
    """
    {"status": "success", "message": "The version does not pass",
     "data": {"name": "aerial", "version": 3, "set_id": "gld_01kgfsbz4wq8n5e2xa7c3hd9pt",
       "passed": false, "expected": 32, "found": 30, "missing": 4, "extra": 2, "recall": 0.875,
       "precision": 0.9333, "min_recall": 0.95, "min_precision": 0.9,
       "pictures": [{"filename": "harbour-7.jpg", "expected": 32, "found": 30, "missing": 4,
         "extra": 2, "recall": 0.875, "precision": 0.9333}],
       "classes": [
         {"class": "plane", "expected": 0, "found": 1, "missing": 0, "extra": 1, "recall": 1,
          "precision": 0},
         {"class": "ship", "expected": 32, "found": 29, "missing": 4, "extra": 1, "recall": 0.875,
          "precision": 0.9655}],
       "checked_at": "2026-02-02T18:56:12.000Z", "checked_by": "survey team"}}
    """)
}
