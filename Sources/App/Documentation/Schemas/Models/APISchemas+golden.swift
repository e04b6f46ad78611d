extension APISchemas {
  /// Golden pictures.
  static let golden: [Member] = [
    (
      "GoldenShare", #"{"type": "number", "minimum": 0, "maximum": 1, "default": 0.9}"#
    ),
    (
      "GoldenRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["job_id"],
       "properties": {
         "job_id": {"$ref": "#/components/schemas/JobID"},
         "min_confidence": {
           "description": "Weaker detections are not expected",
           "type": "number", "minimum": 0, "maximum": 1, "default": 0},
         "min_recall": {"$ref": "#/components/schemas/GoldenShare"},
         "min_precision": {"$ref": "#/components/schemas/GoldenShare"},
         "aliases": {
           "description": "Those that move only to versions that pass; absent for production alone",
           "type": ["array", "null"], "maxItems": 16,
           "items": {"$ref": "#/components/schemas/Alias"}}}}
      """
    ),
    (
      "GoldenSetAnswer",
      envelope(
        inline: """
          {"type": "object",
           "required": ["name", "set_id", "min_recall", "min_precision", "aliases", "size_bytes",
             "expected", "classes", "pictures", "created_at", "checks"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "set_id": {"$ref": "#/components/schemas/GoldenSetID"},
             "min_recall": {"type": "number", "minimum": 0, "maximum": 1},
             "min_precision": {"type": "number", "minimum": 0, "maximum": 1},
             "aliases": {"type": "array", "items": {"$ref": "#/components/schemas/Alias"}},
             "size_bytes": {"type": "integer", "minimum": 0},
             "expected": {"description": "Boxes in all pictures", "type": "integer", "minimum": 1},
             "classes": {"type": "array", "items": {
               "type": "object", "required": ["class", "expected"],
               "properties": {
                 "class": {"type": "string"},
                 "expected": {
                   "description": "With 0 every found box of the class is wrong",
                   "type": "integer", "minimum": 0}}}},
             "pictures": {"type": "array", "items": {
               "type": "object", "required": ["filename", "size_bytes", "sha256", "expected"],
               "properties": {
                 "filename": {"type": "string"},
                 "size_bytes": {"type": "integer", "minimum": 0},
                 "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                 "expected": {"type": "integer", "minimum": 0}}}},
             "created_at": {"$ref": "#/components/schemas/Time"},
             "created_by": {"type": "string"},
             "checks": {
               "description": "Of versions that were checked with this set, newest version first",
               "type": "array", "items": {
                 "allOf": [{"$ref": "#/components/schemas/GoldenCounts"},
                   {"type": "object", "required": ["version", "passed", "checked_at"],
                    "properties": {
                      "version": {"type": "integer", "minimum": 1},
                      "passed": {"type": "boolean"},
                      "checked_at": {"$ref": "#/components/schemas/Time"}}}]}}}}
          """)
    ),
    (
      "GoldenSetID", #"{"type": "string", "pattern": "^gld_[0-9a-z]{12,26}$"}"#
    ),
    (
      "GoldenCounts",
      """
      {"type": "object",
       "required": ["expected", "found", "missing", "extra", "recall", "precision"],
       "properties": {
         "expected": {"type": "integer", "minimum": 0},
         "found": {"type": "integer", "minimum": 0},
         "missing": {"description": "Expected and not found", "type": "integer", "minimum": 0},
         "extra": {"description": "Found and not expected", "type": "integer", "minimum": 0},
         "recall": {"type": "number", "minimum": 0, "maximum": 1},
         "precision": {"type": "number", "minimum": 0, "maximum": 1}}}
      """
    ),
    (
      "GoldenCheckAnswer",
      envelope(
        inline: """
          {"allOf": [{"$ref": "#/components/schemas/GoldenCounts"},
            {"type": "object",
             "required": ["name", "version", "set_id", "passed", "min_recall", "min_precision",
               "pictures", "classes", "checked_at"],
             "properties": {
               "name": {"$ref": "#/components/schemas/Name"},
               "version": {"type": "integer", "minimum": 1},
               "set_id": {"$ref": "#/components/schemas/GoldenSetID"},
               "passed": {"type": "boolean"},
               "min_recall": {"type": "number", "minimum": 0, "maximum": 1},
               "min_precision": {"type": "number", "minimum": 0, "maximum": 1},
               "pictures": {"type": "array", "items": {
                 "allOf": [{"$ref": "#/components/schemas/GoldenCounts"},
                   {"type": "object", "required": ["filename"],
                    "properties": {"filename": {"type": "string"}}}]}},
               "classes": {"type": "array", "items": {
                 "allOf": [{"$ref": "#/components/schemas/GoldenCounts"},
                   {"type": "object", "required": ["class"],
                    "properties": {"class": {"type": "string"}}}]}},
               "checked_at": {"$ref": "#/components/schemas/Time"},
               "checked_by": {"type": "string"}}}]}
          """)
    ),
    (
      "DeletedGoldenSetAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["name", "set_id", "deleted_bytes"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "set_id": {"$ref": "#/components/schemas/GoldenSetID"},
             "deleted_bytes": {"type": "integer", "minimum": 0}}}
          """)
    ),
  ]
}
