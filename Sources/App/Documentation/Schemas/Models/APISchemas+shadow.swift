import Jobs
import ObjectDetection

extension APISchemas {
  /// Candidates that run beside a registered model.
  static let shadows: [Member] = [
    (
      "ShadowCandidate",
      """
      {"description": "A version, or an alias",
       "anyOf": [{"type": "integer", "minimum": 1}, {"$ref": "#/components/schemas/Alias"}]}
      """
    ),
    (
      "ShadowRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["candidate"],
       "properties": {
         "candidate": {"$ref": "#/components/schemas/ShadowCandidate"},
         "share": {
           "description": "Of the jobs", "type": "number", "exclusiveMinimum": 0, "maximum": 1,
           "default": \(ShadowRule.standardShare)}}}
      """
    ),
    (
      "ShadowRule",
      """
      {"type": "object", "required": ["candidate", "share", "set_at"],
       "properties": {
         "candidate": {"$ref": "#/components/schemas/ShadowCandidate"},
         "share": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
         "set_at": {"$ref": "#/components/schemas/Time"},
         "set_by": {"type": "string"}}}
      """
    ),
    (
      "ShadowRuleAnswer",
      envelope(
        inline: """
          {"type": "object", "required": ["name", "rule"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "rule": {"$ref": "#/components/schemas/ShadowRule"}}}
          """)
    ),
    (
      "ShadowAnswer",
      envelope(
        inline: """
          {"type": "object",
           "required": ["name", "rule", "base_version", "candidate_version", "report"],
           "properties": {
             "name": {"$ref": "#/components/schemas/Name"},
             "rule": {
               "description": "null where nothing runs beside the model",
               "anyOf": [{"$ref": "#/components/schemas/ShadowRule"}, {"type": "null"}]},
             "base_version": {"type": ["integer", "null"], "minimum": 1},
             "candidate_version": {
               "description": "null where there is no rule, or its alias is gone",
               "type": ["integer", "null"], "minimum": 1},
             "report": {
               "description": "null where those are not two versions",
               "anyOf": [{"$ref": "#/components/schemas/ShadowReport"}, {"type": "null"}]}}}
          """)
    ),
    (
      "ShadowReport",
      """
      {"type": "object",
       "required": ["jobs", "failed", "pending", "images", "figures", "classes", "relabelled",
         "failures", "worst"],
       "properties": {
         "jobs": {"description": "Pairs that were compared", "type": "integer", "minimum": 0},
         "failed": {
           "description": "Pairs one of whose jobs has no results", "type": "integer", "minimum": 0},
         "pending": {"description": "Pairs that have not ended", "type": "integer", "minimum": 0},
         "images": {
           "description": "Pictures that were compared", "type": "integer", "minimum": 0},
         "figures": {"$ref": "#/components/schemas/ComparisonFigures"},
         "classes": {
           "description": "By label, those with most boxes first",
           "type": "array", "items": {"$ref": "#/components/schemas/ClassComparison"}},
         "relabelled": {
           "type": "array", "maxItems": \(ModelComparison.maxRelabellings),
           "items": {"$ref": "#/components/schemas/Relabelling"}},
         "failures": {
           "description": "Why jobs had no results, the most frequent reason first",
           "type": "array", "items": {
             "type": "object", "required": ["side", "code", "count"],
             "properties": {
               "side": {"type": "string", "enum": ["base", "candidate"]},
               "code": {"type": "string"},
               "count": {"type": "integer", "minimum": 1}}}},
         "worst": {
           "description": "The pairs that agree least, the least first; the jobs may be gone by now",
           "type": "array", "maxItems": \(ShadowReport.worstCount), "items": {
             "type": "object", "required": ["job_id", "shadow_job_id", "agreement", "compared_at"],
             "properties": {
               "job_id": {"$ref": "#/components/schemas/JobID"},
               "shadow_job_id": {"$ref": "#/components/schemas/JobID"},
               "agreement": {"type": "number", "minimum": 0, "maximum": 1},
               "compared_at": {"$ref": "#/components/schemas/Time"}}}}}}
      """
    ),
  ]

  /// Of the query.
  static let shadowParameters: [Member] = [
    (
      "ShadowBase",
      parameter(
        "base", in: "query", #"{"type":"integer","minimum":1}"#,
        "The version of clients' jobs; not given: the one that the model's name means")
    ),
    (
      "ShadowCandidate",
      parameter(
        "candidate", in: "query", #"{"type":"integer","minimum":1}"#,
        "The version that was tried; not given: the rule's")
    ),
  ]
}
