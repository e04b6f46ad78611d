extension APISchemas {
  /// The other formats of results, and visualization: sections 4 and 5 of the contract.
  static let resultFiles: [Member] = [
    ("YOLOAnswer", envelope(inline: files("yolo", ["label_content", "download_url"]))),
    ("VOCAnswer", envelope(inline: files("voc", ["xml"]))),
    (
      "COCOResults",
      """
      {"type": "object", "required": ["images", "categories", "annotations"],
       "properties": {
         "images": {"type": "array", "items": {
           "type": "object", "required": ["id", "file_name", "width", "height"],
           "properties": {
             "id": {"type": "integer"}, "file_name": {"type": "string"},
             "width": {"type": "integer"}, "height": {"type": "integer"}}}},
         "categories": {"type": "array", "items": {
           "type": "object", "required": ["id", "name"],
           "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}},
         "annotations": {"type": "array", "items": {
           "type": "object",
           "required": ["id", "image_id", "category_id", "bbox", "area", "score", "segmentation"],
           "properties": {
             "id": {"type": "integer"}, "image_id": {"type": "integer"},
             "category_id": {"type": "integer"},
             "bbox": {
               "description": "x, y, width, height",
               "type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
             "area": {"type": "number", "minimum": 0},
             "score": {"type": "number", "minimum": 0, "maximum": 1},
             "iscrowd": {"const": 0},
             "segmentation": {
               "description": "The corners of an oriented box, or the outer borders of a mask; else empty",
               "type": "array",
               "items": {"type": "array", "items": {"type": "number"}}}}}}}}
      """
    ),
    (
      "GeoJSONResults",
      """
      {"description": "RFC 7946",
       "type": "object", "required": ["type", "coordinates", "features"],
       "properties": {
         "type": {"const": "FeatureCollection"},
         "coordinates": {
           "description": "What the numbers are: pixels, or longitude and latitude",
           "type": "string"},
         "features": {"type": "array", "items": {
           "type": "object", "required": ["type", "geometry", "properties"],
           "properties": {
             "type": {"const": "Feature"},
             "geometry": {
               "type": "object", "required": ["type", "coordinates"],
               "properties": {
                 "type": {"description": "MultiPolygon for a mask", "enum": ["Polygon", "MultiPolygon"]},
                 "coordinates": {"type": "array"}}},
             "properties": {
               "type": "object",
               "required": ["filename", "class_id", "class_name", "confidence"]}}}}}}
      """
    ),
    (
      "VisualizationAnswer",
      envelope(
        inline: """
          {"oneOf": [
            {"$ref": "#/components/schemas/VisualizationList"},
            {"$ref": "#/components/schemas/VisualizationImage"}]}
          """)
    ),
    (
      "VisualizationList",
      """
      {"type": "object", "required": ["job_id", "visualizations"],
       "properties": {
         "job_id": {"$ref": "#/components/schemas/JobID"},
         "visualizations": {"type": "array", "items": {
           "type": "object",
           "required": ["file_id", "filename", "original_url", "detection_count"],
           "properties": {
             "file_id": {"$ref": "#/components/schemas/FileID"},
             "filename": {"type": "string"},
             "original_url": {"type": "string"},
             "annotated_url": {
               "description": "Absent where the picture failed or annotation was off",
               "type": "string"},
             "thumbnail_url": {"type": "string"},
             "error": {"$ref": "#/components/schemas/JobError"},
             "detection_count": {"type": "integer", "minimum": 0}}}}}}
      """
    ),
    (
      "VisualizationImage",
      """
      {"type": "object",
       "required": ["file_id", "filename", "format", "original_image", "annotated_image",
         "detection_count"],
       "properties": {
         "file_id": {"$ref": "#/components/schemas/FileID"},
         "filename": {"type": "string"},
         "format": {"const": "base64"},
         "original_image": {"$ref": "#/components/schemas/DataURL"},
         "annotated_image": {"$ref": "#/components/schemas/DataURL"},
         "detection_count": {"type": "integer", "minimum": 0}}}
      """
    ),
    ("DataURL", #"{"type": "string", "pattern": "^data:image/(jpeg|png|tiff);base64,"}"#),
  ]

  private static func files(_ format: String, _ members: [String]) -> String {
    let required = members.map { "\"\($0)\"" }.joined(separator: ", ")
    let properties = members.map { "\"\($0)\": {\"type\": \"string\"}" }.joined(separator: ", ")
    return """
      {"type": "object", "required": ["job_id", "format", "files"],
       "properties": {
         "job_id": {"$ref": "#/components/schemas/JobID"},
         "format": {"const": "\(format)"},
         "files": {"type": "array", "items": {
           "type": "object", "required": ["file_id", "filename"],
           "anyOf": [{"required": [\(required)]}, {"required": ["error"]}],
           "properties": {
             "file_id": {"$ref": "#/components/schemas/FileID"},
             "filename": {"type": "string"},
             "error": {"$ref": "#/components/schemas/JobError"}, \(properties)}}}}}
      """
  }
}
