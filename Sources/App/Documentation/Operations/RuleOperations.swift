extension APIOperation {
  /// Installed rule sets.
  static let rules = [
    APIOperation(
      method: "GET", path: "/api/v1/rules", id: "listRules", tag: .rules,
      summary: "Installed rule sets",
      description: "One that cannot be used has `error` instead of `sha256` and `pair_count`.",
      answers: [
        .json("RuleSetListAnswer", "All rule sets, by name", examples: APIExamples.ruleSets)
      ],
      errors: always + [.invalidRequest]),
    APIOperation(
      method: "GET", path: "/api/v1/rules/{name}", id: "getRules", tag: .rules,
      summary: "One rule set: its text, and the pairs of classes that it weighs",
      description: """
        With `model`, `warnings` names the classes that the model does not have: their pairs never meet a detection. A \
        set that is installed but cannot be used is `RULES_NOT_FOUND`, with the reason in `error.details`.
        """,
      parameters: ["RuleSetName", "ModelFilter"],
      answers: [.json("RuleSetAnswer", "The rule set", examples: APIExamples.ruleSet)],
      errors: always + [.invalidRequest, .modelNotFound, .rulesNotFound, .notFound]),
  ]

  /// What rules did to a job, what others would do, and what its classes have to do with each other.
  static let reasoning = [
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/reasoning", id: "getReasoning", tag: .results,
      summary: "Which rules changed which detections",
      description: """
        A job keeps the rules as they were when it was accepted. For each picture, `changes` has the detections whose \
        confidence is another one now, and `actions` everything that happened, in its order; CSV has a line an action.
        """,
      parameters: ["JobID", "ReasoningFormat", "IfNoneMatch"],
      answers: [report(headers: [.eTag]), .notModified],
      errors: finished + [.invalidRequest]),
    APIOperation(
      method: "POST", path: "/api/v1/jobs/{job_id}/reasoning/preview", id: "previewReasoning",
      tag: .results, summary: "What other rules would do to a completed job",
      description: """
        The report as the job would have it with this rule set and geometry, from the confidences that the model gave. \
        Nothing is stored, and the job keeps its results.
        """,
      parameters: ["JobID", "ReasoningFormat"],
      body: """
        {"required": true,
         "content": {"application/json": {
           "schema": {"$ref": "#/components/schemas/PreviewRequest"},
           "examples": \(APIExamples.previewRequest)}}}
        """,
      answers: [report(headers: [])],
      errors: finished + [
        .invalidRequest, .invalidConfig, .rulesNotFound, .uploadTooLarge,
        .unsupportedMediaType,
      ]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/relations", id: "getRelations", tag: .results,
      summary: "Which classes were found together, and how they lie to one another",
      description: """
        Counted over all pictures of the job; docs/relations.md defines the relations. `json` comes in the envelope; \
        `prolog` is a file of facts `fact(Relation, Subject, Object, Count).`, `svg` a picture that stands alone.
        """,
      parameters: ["JobID", "RelationFormat", "IfNoneMatch"],
      answers: [relations, .notModified],
      errors: finished + [.invalidRequest]),
  ]

  private static func report(headers: [APIHeader]) -> APIAnswer {
    APIAnswer(
      status: 200, description: "The report", headers: headers,
      content: [
        .init(
          mediaType: "application/json", schema: APISchemas.reference("ReasoningAnswer"),
          examples: APIExamples.reasoning),
        .init(
          mediaType: "text/csv", schema: #"{"type":"string"}"#, examples: APIExamples.reasoningCSV),
      ])
  }

  private static let relations = APIAnswer(
    status: 200, description: "The relations", headers: [.eTag],
    content: [
      .init(
        mediaType: "application/json", schema: APISchemas.reference("RelationsAnswer"),
        examples: APIExamples.relations),
      .init(
        mediaType: "text/x-prolog", schema: #"{"type":"string"}"#,
        examples: APIExamples.relationsProlog),
      .init(mediaType: "image/svg+xml", schema: #"{"type":"string"}"#),
    ])
}
