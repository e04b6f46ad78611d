extension APISchemas {
  /// Ids, and the body of predict: section 2 of the contract. Defaults and ranges are the server's own.
  static let requests: [Member] = [
    ("UploadID", id("upl", "01kgfsbz4wq8n5e2xa7c3hd9pt")),
    ("FileID", id("img", "01kgfsbz51m2k9r6td4wy8fbe3")),
    ("JobID", id("job", "01kgfsc0e7v5j1n8qg3zr6xh2a")),
    ("EventID", id("evt", "01kgfsebx0m4t7c2ynh8dk9r5q")),
    (
      "Name",
      #"{"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$", "examples": ["tree-crowns"]}"#
    ),
    (
      "Time",
      #"{"type": "string", "format": "date-time", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z$"}"#
    ),
    (
      "PredictRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["upload_id"],
       "properties": {
         "upload_id": {"$ref": "#/components/schemas/UploadID"},
         "file_ids": {
           "description": "Absent or null: all files of the upload, in upload order",
           "type": ["array", "null"], "minItems": 1, "maxItems": 100, "uniqueItems": true,
           "items": {"$ref": "#/components/schemas/FileID"}},
         "config": {"$ref": "#/components/schemas/Configuration"},
         "priority": {"type": "string", "enum": ["low", "normal", "high"], "default": "normal"},
         "callback_url": {
           "description": "Told when the job has ended, see `webhooks`. No user, password or fragment; no private, loopback or link-local address unless the server allows them",
           "type": ["string", "null"], "format": "uri", "maxLength": 2048,
           "pattern": "^https?://", "default": null}}}
      """
    ),
    (
      "RetryRequest",
      """
      {"type": "object", "additionalProperties": false,
       "properties": {
         "exclude_file_ids": {
           "description": "Pictures of the old job that the new one leaves out; one at least remains",
           "type": ["array", "null"], "maxItems": 99,
           "items": {"$ref": "#/components/schemas/FileID"}}}}
      """
    ),
    (
      "Configuration",
      """
      {"type": ["object", "null"], "additionalProperties": false,
       "properties": {
         "model": {
           "description": "A name, of a registered model alone or with a version or an alias (`aerial@3`, `aerial@candidate`); the job keeps the version. Absent or null: the server's default model",
           "type": ["string", "null"],
           "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(@([1-9][0-9]*|[a-z][a-z0-9-]{0,31}))?$"},
         "model_path": {
           "description": "Of older clients: its file name without folder and extension is the model's name",
           "type": ["string", "null"], "deprecated": true},
         "confidence_threshold": {
           "description": "Detections at or below go. Absent: what the model's document says, else 0.25. One that is given sets the document's thresholds of single classes aside",
           "type": "number", "minimum": 0, "maximum": 1, "default": 0.25},
         "iou_threshold": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.45},
         "max_detections": {"type": "integer", "minimum": 1, "maximum": 100000, "default": 3000},
         "classes": {
           "description": "Names of the model's classes, those after the map. Absent or null: all",
           "type": ["array", "null"], "minItems": 1, "uniqueItems": true,
           "items": {"type": "string", "minLength": 1}},
         "class_map": {"$ref": "#/components/schemas/ClassMap"},
         "class_thresholds": {"$ref": "#/components/schemas/ClassThresholds"},
         "sahi": {"$ref": "#/components/schemas/Slicing"},
         "symbolic_reasoning": {"$ref": "#/components/schemas/Reasoning"},
         "visualization": {"$ref": "#/components/schemas/Visualization"}}}
      """
    ),
    (
      "ClassMap",
      """
      {"description": "Labels in results by the model's class names; classes of one label are one class, whose boxes suppress each other. Classes that are not named keep their names; ids are new, in the model's order. Takes the place of the map in the model's document, an empty one too. Absent or null: the document's",
       "type": ["object", "null"], "maxProperties": 10000,
       "additionalProperties": {
         "type": "string", "minLength": 1, "maxLength": 128,
         "pattern": "^[^\\\\u0000-\\\\u001f\\\\u007f-\\\\u009f\\\\u2028\\\\u2029]*$"}}
      """
    ),
    (
      "ClassThresholds",
      """
      {"description": "Thresholds of single classes by their names after the map, before those of the model's document",
       "type": ["object", "null"], "maxProperties": 10000,
       "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}}
      """
    ),
    (
      "Slicing",
      """
      {"description": "Overlapping slices and how what they found is merged, as SAHI does it",
       "type": ["object", "null"], "additionalProperties": false,
       "properties": {
         "enabled": {"type": "boolean", "default": true},
         "slice_width": {"type": "integer", "minimum": 256, "maximum": 2048, "default": 640},
         "slice_height": {"type": "integer", "minimum": 256, "maximum": 2048, "default": 640},
         "overlap_ratio": {"type": "number", "minimum": 0, "maximum": 0.5, "default": 0.2},
         "full_image": {
           "description": "Look at the whole picture once more after its slices",
           "type": "boolean", "default": true},
         "merge": {
           "type": "string", "enum": ["greedy_nmm", "nmm", "nms", "none"], "default": "greedy_nmm"},
         "merge_metric": {"type": "string", "enum": ["iou", "ios"], "default": "iou"}}}
      """
    ),
    (
      "Reasoning",
      """
      {"type": ["object", "null"], "additionalProperties": false,
       "properties": {
         "enabled": {"type": "boolean", "default": true},
         "rules": {
           "description": "A rule set. Absent or null: the server's default, if one is installed",
           "type": ["string", "null"], "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"},
         "rules_file": {
           "description": "Of older clients: its file name without folder and extension is the rule set's name",
           "type": ["string", "null"], "deprecated": true},
         "geometry": {"$ref": "#/components/schemas/RuleGeometry"}}}
      """
    ),
    (
      "Visualization",
      """
      {"type": ["object", "null"], "additionalProperties": false,
       "properties": {
         "enabled": {"type": "boolean", "default": true},
         "show_labels": {"type": "boolean", "default": true},
         "confidence_display": {"type": "boolean", "default": true},
         "line_width": {
           "description": "Pixels; null: by the picture's size",
           "type": ["number", "null"], "minimum": 1, "maximum": 64, "default": null},
         "format": {"type": "string", "enum": ["jpeg", "png"], "default": "jpeg"}}}
      """
    ),
  ]

  private static func id(_ prefix: String, _ example: String) -> String {
    """
    {"type": "string", "pattern": "^\(prefix)_[0-9a-z]{12,26}$", "examples": ["\(prefix)_\(example)"]}
    """
  }
}
