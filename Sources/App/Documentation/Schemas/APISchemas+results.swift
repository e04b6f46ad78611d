extension APISchemas {
  /// What `/results` answers as `application/json`: three formats in the envelope, and COCO.
  static let anyResults = """
    {"oneOf": [
      {"$ref": "#/components/schemas/DetectionsAnswer"},
      {"$ref": "#/components/schemas/YOLOAnswer"},
      {"$ref": "#/components/schemas/VOCAnswer"},
      {"$ref": "#/components/schemas/COCOResults"}]}
    """

  /// The `json` format: section 4 of the contract.
  static let results: [Member] = [
    ("DetectionsAnswer", envelope("Detections")),
    (
      "Detections",
      """
      {"type": "object",
       "required": ["job_id", "format", "model", "total_images", "total_detections",
         "class_distribution", "results"],
       "properties": {
         "job_id": {"$ref": "#/components/schemas/JobID"},
         "format": {"const": "json"},
         "model": {"$ref": "#/components/schemas/UsedModel"},
         "total_images": {"type": "integer", "minimum": 0},
         "total_detections": {"type": "integer", "minimum": 0},
         "class_distribution": {
           "type": "array", "items": {"$ref": "#/components/schemas/ClassCount"}},
         "results": {"type": "array", "items": {"$ref": "#/components/schemas/ImageResult"}}}}
      """
    ),
    (
      "UsedModel",
      """
      {"type": "object", "required": ["name"],
       "properties": {
         "name": {"type": "string"},
         "version": {"description": "Of a registered model", "type": "integer", "minimum": 1},
         "task": {"$ref": "#/components/schemas/Task"},
         "sha256": {"$ref": "#/components/schemas/SHA256"}}}
      """
    ),
    ("Task", #"{"type": "string", "enum": ["detect", "obb", "segment"]}"#),
    (
      "ClassCount",
      """
      {"type": "object", "required": ["class_id", "class_name", "count", "average_confidence"],
       "properties": {
         "class_id": {"type": "integer", "minimum": 0},
         "class_name": {"type": "string"},
         "count": {"type": "integer", "minimum": 1},
         "average_confidence": {"type": "number", "minimum": 0, "maximum": 1}}}
      """
    ),
    (
      "ImageResult",
      """
      {"type": "object", "required": ["file_id", "filename"],
       "properties": {
         "file_id": {"$ref": "#/components/schemas/FileID"},
         "filename": {"type": "string"},
         "width": {"type": "integer", "minimum": 1},
         "height": {"type": "integer", "minimum": 1},
         "detection_count": {"type": "integer", "minimum": 0},
         "inference_seconds": {"type": "number", "minimum": 0},
         "slices": {"type": "integer", "minimum": 0},
         "detections": {"type": "array", "items": {"$ref": "#/components/schemas/Detection"}},
         "error": {"$ref": "#/components/schemas/JobError"}},
       "oneOf": [
         {"required": ["width", "height", "detection_count", "inference_seconds", "slices", "detections"]},
         {"required": ["error"]}]}
      """
    ),
    (
      "Detection",
      """
      {"type": "object",
       "required": ["class_id", "class_name", "confidence", "bbox", "bbox_normalized"],
       "properties": {
         "class_id": {"type": "integer", "minimum": 0},
         "class_name": {"type": "string"},
         "confidence": {"type": "number", "minimum": 0, "maximum": 1},
         "bbox": {"$ref": "#/components/schemas/BoundingBox"},
         "bbox_normalized": {"$ref": "#/components/schemas/NormalizedBox"},
         "obb": {"$ref": "#/components/schemas/OrientedBox"},
         "segmentation": {"$ref": "#/components/schemas/Segmentation"},
         "reasoning": {"$ref": "#/components/schemas/DetectionReasoning"}}}
      """
    ),
    (
      "BoundingBox",
      """
      {"description": "Pixels of the upright picture; around the oriented box where there is one",
       "type": "object", "required": ["format", "x_min", "y_min", "x_max", "y_max"],
       "properties": {
         "format": {"const": "xyxy"},
         "x_min": {"type": "number"}, "y_min": {"type": "number"},
         "x_max": {"type": "number"}, "y_max": {"type": "number"}}}
      """
    ),
    (
      "NormalizedBox",
      """
      {"description": "Divided by the picture's width and height",
       "type": "object", "required": ["format", "center_x", "center_y", "width", "height"],
       "properties": {
         "format": {"const": "yolo"},
         "center_x": {"type": "number"}, "center_y": {"type": "number"},
         "width": {"type": "number"}, "height": {"type": "number"}}}
      """
    ),
    (
      "OrientedBox",
      """
      {"description": "Only of oriented models; the polygon has the four corners",
       "type": "object",
       "required": ["center_x", "center_y", "width", "height", "angle_degrees", "polygon"],
       "properties": {
         "center_x": {"type": "number"}, "center_y": {"type": "number"},
         "width": {"type": "number"}, "height": {"type": "number"},
         "angle_degrees": {"type": "number"},
         "polygon": {
           "type": "array", "minItems": 4, "maxItems": 4,
           "items": {
             "type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}}}}
      """
    ),
    (
      "Segmentation",
      """
      {"description": "Only of segmentation models: the object's pixels",
       "type": "object", "required": ["polygons", "area"],
       "properties": {
         "polygons": {
           "description": "The outer borders, one for each part, in pixels; not closed, at most 2048 points in all",
           "type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Ring"}},
         "holes": {
           "description": "Absent where there are none",
           "type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Ring"}},
         "area": {
           "description": "Pixels, without those of holes", "type": "integer", "minimum": 1}}}
      """
    ),
    (
      "Ring",
      """
      {"type": "array", "minItems": 3,
       "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}}
      """
    ),
    (
      "DetectionReasoning",
      """
      {"description": "Only where a rule changed the detection",
       "type": "object", "required": ["confidence_before", "rules"],
       "properties": {
         "confidence_before": {
           "description": "The model's", "type": "number", "minimum": 0, "maximum": 1},
         "rules": {
           "description": "In the order in which they changed it, without actions that the report leaves out",
           "type": "array", "items": {"type": "string", "examples": ["ship<->harbor x1.25"]}}}}
      """
    ),
  ]
}
