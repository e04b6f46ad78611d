extension APISchemas {
  /// Rule sets, what they did to detections, and the relations between classes.
  static let rules: [Member] = ruleSets + reports + relations

  private static let ruleSets: [Member] = [
    (
      "RuleSetListAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["rules"],
           "properties": {
             "rules": {"type": "array", "items": {"$ref": "#/components/schemas/InstalledRuleSet"}}}}
          """)
    ),
    (
      "InstalledRuleSet",
      """
      {"type": "object", "required": ["name", "default"],
       "properties": {
         "name": {"$ref": "#/components/schemas/Name"},
         "sha256": {"description": "Of the file", "$ref": "#/components/schemas/SHA256"},
         "pair_count": {
           "description": "Pairs of classes that it weighs",
           "type": "integer", "minimum": 0, "maximum": 10000},
         "error": {"description": "Why it cannot be used, for people", "type": "string"},
         "default": {"description": "Whether jobs that name no rules take it", "type": "boolean"}},
       "oneOf": [{"required": ["sha256", "pair_count"]}, {"required": ["error"]}]}
      """
    ),
    ("RuleSetAnswer", envelope("RuleSet")),
    (
      "RuleSet",
      """
      {"type": "object", "required": ["name", "sha256", "default", "source", "table"],
       "properties": {
         "name": {"$ref": "#/components/schemas/Name"},
         "sha256": {"description": "Of the file", "$ref": "#/components/schemas/SHA256"},
         "default": {"description": "Whether jobs that name no rules take it", "type": "boolean"},
         "source": {"description": "The file's text, in Prolog", "type": "string"},
         "table": {
           "description": "Each pair of classes once, in the order of the solutions",
           "type": "array", "maxItems": 10000,
           "items": {"$ref": "#/components/schemas/RulePair"}},
         "warnings": {
           "description": "One for each class that the model asked for does not have; absent without `model`",
           "type": "array", "items": {"type": "string"}}}}
      """
    ),
    (
      "RulePair",
      """
      {"type": "object", "required": ["first", "second", "weight", "effect"],
       "properties": {
         "first": {"description": "The name of a class, as `second`", "type": "string"},
         "second": {"type": "string"},
         "weight": {"description": "Multiplies confidences", "type": "number", "minimum": 0},
         "effect": {
           "description": "Of a weight above, below and of 1",
           "type": "string", "enum": ["BOOST", "PENALTY", "NONE"]}}}
      """
    ),
  ]

  private static let reports: [Member] = [
    (
      "PreviewRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["rules"],
       "properties": {
         "rules": {
           "description": "An installed rule set",
           "type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$"},
         "geometry": {"$ref": "#/components/schemas/RuleGeometry"}}}
      """
    ),
    (
      "RuleGeometry",
      """
      {"description": "What distances and overlaps are measured in: coordinates divided by the picture's width and height, as results of older versions were, or pixels",
       "type": "string", "enum": ["normalized", "pixels"], "default": "normalized"}
      """
    ),
    ("ReasoningAnswer", envelope("ReasoningReport")),
    (
      "ReasoningReport",
      """
      {"type": "object",
       "required": ["job_id", "rules", "total_images", "total_changes", "total_actions",
         "actions_left_out", "results"],
       "properties": {
         "job_id": {"$ref": "#/components/schemas/JobID"},
         "rules": {
           "description": "The rule set; null where none was applied", "type": ["string", "null"]},
         "rules_sha256": {
           "description": "Of the file that was read; absent where no rules were applied",
           "$ref": "#/components/schemas/SHA256"},
         "total_images": {"type": "integer", "minimum": 0},
         "total_changes": {"type": "integer", "minimum": 0},
         "total_actions": {
           "description": "With those left out", "type": "integer", "minimum": 0},
         "actions_left_out": {
           "description": "Beyond the first 100,000 of a picture: they took place and are not listed",
           "type": "integer", "minimum": 0},
         "results": {"type": "array", "items": {"$ref": "#/components/schemas/PictureReasoning"}}}}
      """
    ),
    (
      "PictureReasoning",
      """
      {"type": "object", "required": ["file_id", "filename"],
       "properties": {
         "file_id": {"$ref": "#/components/schemas/FileID"},
         "filename": {"type": "string"},
         "changes": {
           "description": "Detections whose confidence is another one now, in the order of the results",
           "type": "array", "items": {"$ref": "#/components/schemas/DetectionChange"}},
         "actions": {
           "description": "In the order in which they happened",
           "type": "array", "maxItems": 100000,
           "items": {"$ref": "#/components/schemas/RuleAction"}},
         "error": {"$ref": "#/components/schemas/JobError"}},
       "oneOf": [{"required": ["changes", "actions"]}, {"required": ["error"]}]}
      """
    ),
    (
      "DetectionChange",
      ruled(
        "From the model to the end",
        """
        "rules": {
          "description": "In the order in which they changed it, without actions left out",
          "type": "array", "items": {"type": "string"}}
        """, required: "rules")
    ),
    ("RuledDetection", ruled("At one action; others may come before and after it")),
    (
      "RuleAction",
      """
      {"type": "object", "required": ["action", "rule", "first", "second"],
       "properties": {
         "action": {
           "description": "A boost multiplies both confidences, up to 1; a penalty the lower one",
           "type": "string", "enum": ["BOOST", "PENALTY"]},
         "rule": {"type": "string", "examples": ["ship<->harbor x1.25"]},
         "first": {"$ref": "#/components/schemas/RuledDetection"},
         "second": {"$ref": "#/components/schemas/RuledDetection"},
         "suppressed": {
           "description": "Only of a penalty, as `kept`",
           "type": "string", "enum": ["first", "second"]},
         "kept": {"type": "string", "enum": ["first", "second"]}},
       "oneOf": [
         {"properties": {"action": {"const": "BOOST"}}},
         {"properties": {"action": {"const": "PENALTY"}}, "required": ["suppressed", "kept"]}]}
      """
    ),
  ]

  private static let relations: [Member] = [
    (
      "RelationsAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["job_id", "limited_images", "graph"],
           "properties": {
             "job_id": {"$ref": "#/components/schemas/JobID"},
             "limited_images": {
               "description": "Pictures with more than 20,000 detections, of which the most confident ones count",
               "type": "integer", "minimum": 0},
             "graph": {"$ref": "#/components/schemas/RelationGraph"}}}
          """)
    ),
    (
      "RelationGraph",
      """
      {"type": "object", "required": ["classes", "images", "relations"],
       "properties": {
         "classes": {
           "description": "Each class that was found with its detections, most first",
           "type": "array", "items": {
             "type": "object", "required": ["name", "count"],
             "properties": {
               "name": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}}},
         "images": {
           "description": "Pictures that were looked at, also those without detections",
           "type": "integer", "minimum": 0},
         "relations": {
           "description": "By kind, then by count, highest first",
           "type": "array", "items": {"$ref": "#/components/schemas/Relation"}}}}
      """
    ),
    (
      "Relation",
      """
      {"description": "Written once where it is symmetric: all but `located_on`",
       "type": "object", "required": ["relation", "subject", "object", "count"],
       "properties": {
         "relation": {
           "type": "string", "enum": ["cooccurs", "located_near", "located_on", "adjacent_to"]},
         "subject": {"description": "The name of a class, as `object`", "type": "string"},
         "object": {"type": "string"},
         "count": {
           "description": "Pictures for `cooccurs`, else pairs of detections",
           "type": "integer", "minimum": 1}}}
      """
    ),
  ]

  /// A detection before and after rules; `properties` and `required` name what it has beside that.
  private static func ruled(
    _ description: String, _ properties: String? = nil, required: String? = nil
  ) -> String {
    """
    {"description": "\(description)",
     "type": "object",
     "required": ["detection", "class_name", "bbox", "confidence_before",
       "confidence_after"\(required.map { ", \"\($0)\"" } ?? "")],
     "properties": {
       "detection": {
         "description": "Its place among all detections of the picture after the rules, from 0",
         "type": "integer", "minimum": 0},
       "class_name": {"type": "string"},
       "bbox": {
         "description": "x_min, y_min, x_max, y_max in pixels of the upright picture",
         "type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
       "confidence_before": {"type": "number", "minimum": 0, "maximum": 1},
       "confidence_after": {"type": "number", "minimum": 0, "maximum": 1}\(properties.map { ",\n\($0)" } ?? "")}}
    """
  }
}
