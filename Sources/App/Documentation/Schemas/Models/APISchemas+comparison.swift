import ObjectDetection

extension APISchemas {
  /// Two models over the same pictures.
  static let comparisons: [Member] = [
    (
      "CompareRequest",
      """
      {"type": "object", "additionalProperties": false, "required": ["model"],
       "properties": {
         "model": {
           "description": "A name, of a registered model alone or with a version or an alias (`aerial@3`, `aerial@candidate`); the job keeps the version",
           "type": "string",
           "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(@([1-9][0-9]*|[a-z][a-z0-9-]{0,31}))?$"},
         "priority": {"type": "string", "enum": ["low", "normal", "high"], "default": "normal"}}}
      """
    ),
    (
      "JobComparison",
      """
      {"description": "The job was made to be compared", "type": "object",
       "required": ["job_id", "shadow"],
       "properties": {
         "job_id": {
           "description": "Whose results its own are compared with",
           "$ref": "#/components/schemas/JobID"},
         "shadow": {
           "description": "Whether nobody waits for it: it tries a candidate beside a client's job",
           "type": "boolean"}}}
      """
    ),
    ("ComparisonAnswer", envelope("Comparison")),
    (
      "Comparison",
      """
      {"type": "object",
       "required": ["job_id", "base_job_id", "base_model", "candidate_model", "iou_threshold",
         "figures", "classes", "relabelled", "images"],
       "properties": {
         "job_id": {"description": "The candidate", "$ref": "#/components/schemas/JobID"},
         "base_job_id": {"$ref": "#/components/schemas/JobID"},
         "base_model": {"$ref": "#/components/schemas/UsedModel"},
         "candidate_model": {"$ref": "#/components/schemas/UsedModel"},
         "iou_threshold": {
           "description": "From which overlap on two boxes are the same object", "const": 0.5},
         "figures": {
           "description": "Of all pictures that both have results of",
           "$ref": "#/components/schemas/ComparisonFigures"},
         "classes": {
           "description": "By label, those with most boxes first",
           "type": "array", "items": {"$ref": "#/components/schemas/ClassComparison"}},
         "relabelled": {
           "description": "Boxes without a partner that overlap under different labels, each once; the most frequent pairs of labels first",
           "type": "array", "maxItems": \(ModelComparison.maxRelabellings),
           "items": {"$ref": "#/components/schemas/Relabelling"}},
         "images": {
           "description": "The files that both jobs have done, in the order of the candidate's",
           "type": "array", "items": {"$ref": "#/components/schemas/ComparedImage"}}}}
      """
    ),
    ("ComparisonFigures", #"{"type": "object", \#(figures())}"#),
    (
      "ClassComparison",
      #"{"type": "object", \#(figures(also: ("class", #"{"type": "string"}"#)))}"#
    ),
    (
      "Relabelling",
      """
      {"type": "object", "required": ["base", "candidate", "count"],
       "properties": {
         "base": {"description": "The base's label", "type": "string"},
         "candidate": {"description": "The candidate's label", "type": "string"},
         "count": {"type": "integer", "minimum": 1}}}
      """
    ),
    (
      "ComparedImage",
      """
      {"type": "object",
       "required": ["number", "file_id", "filename", "base_annotated_url",
         "candidate_annotated_url"],
       "properties": {
         "number": {"description": "Its place in the candidate", "type": "integer", "minimum": 1},
         "file_id": {"$ref": "#/components/schemas/FileID"},
         "filename": {"type": "string"},
         "figures": {
           "description": "Absent where the picture failed in one of the jobs",
           "$ref": "#/components/schemas/ComparisonFigures"},
         "failure": {
           "description": "Where it failed; in both: the base's",
           "type": "object", "required": ["side", "code", "message"],
           "properties": {
             "side": {"type": "string", "enum": ["base", "candidate"]},
             "code": {"type": "string"},
             "message": {"description": "For people", "type": "string"}}},
         "base_annotated_url": {
           "description": "null where nothing was drawn", "type": ["string", "null"]},
         "candidate_annotated_url": {
           "description": "null where nothing was drawn", "type": ["string", "null"]}}}
      """
    ),
  ]

  /// `required` and `properties` of a schema that has the figures, and perhaps one member more.
  private static func figures(also other: (name: String, schema: String)? = nil) -> String {
    let count = #"{"type": "integer", "minimum": 0}"#
    var members = other.map { [$0] } ?? []
    members += [
      ("base_boxes", count), ("candidate_boxes", count),
      (
        "matched",
        #"{"description": "Boxes with a partner of the same label", "type": "integer", "minimum": 0}"#
      ), ("only_base", count), ("only_candidate", count),
      (
        "agreement",
        """
        {"description": "2 x matched / (base_boxes + candidate_boxes); 1 where there are none",
         "type": "number", "minimum": 0, "maximum": 1}
        """
      ),
      (
        "mean_iou",
        """
        {"description": "Of the matched boxes; null where there are none",
         "type": ["number", "null"], "minimum": 0, "maximum": 1}
        """
      ),
      (
        "mean_confidence_change",
        """
        {"description": "Candidate minus base, of the matched boxes; null where there are none",
         "type": ["number", "null"], "minimum": -1, "maximum": 1}
        """
      ),
    ]
    let required = members.map { "\"\($0.name)\"" }.joined(separator: ", ")
    let properties = members.map { "\"\($0.name)\": \($0.schema)" }.joined(separator: ", ")
    return "\"required\": [\(required)], \"properties\": {\(properties)}"
  }

  /// `base` of the query.
  static let comparisonParameters: [Member] = [
    (
      "ComparisonBase",
      parameter(
        "base", in: "query", #"{"type": "string", "pattern": "^(job_[0-9a-z]{12,26})?$"}"#,
        "The other job; not given: the one that the job was made to be compared with")
    )
  ]
}
