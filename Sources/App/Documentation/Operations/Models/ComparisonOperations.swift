extension APIOperation {
  /// Two models over the same pictures.
  static let comparisons = [
    APIOperation(
      method: "POST", path: "/api/v1/jobs/{job_id}/compare", id: "compareJob", tag: .jobs,
      summary: "Run another model over the pictures of a completed job",
      description: """
        Makes a new job with the same pictures and configuration. Thresholds of classes stay where the model has the \
        class; a filter or a map that names a class which it lacks is refused, and rules are made anew for its classes. \
        When the new job has completed, `/comparison` of it says what is other. Its pictures are never those of \
        `/files/{file_id}/annotated` without `job_id`.
        """,
      parameters: ["JobID", "IdempotencyKey"],
      body: """
        {"required": true,
         "content": {"application/json": {
           "schema": {"$ref": "#/components/schemas/CompareRequest"},
           "examples": \(APIExamples.compareRequest)}}}
        """,
      answers: [
        .json(
          "PredictAnswer", "The new job is queued", status: 202, headers: [.location],
          examples: APIExamples.predict)
      ],
      errors: finished + [
        .invalidRequest, .invalidConfig, .modelNotFound, .rulesNotFound, .idempotencyConflict,
        .uploadTooLarge, .unsupportedMediaType,
      ]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/comparison", id: "getComparison", tag: .results,
      summary: "What is other in a job's results than in another one's",
      description: """
        The job in the path is the candidate. Its base is the job that it was made to be compared with, or any completed \
        one over common files that `base` names. Boxes are the same object when they have one label and overlap by an IoU \
        of 0.5; oriented ones by their polygons. Each box of the base takes the free one that is most like it, the most \
        confident first.
        """,
      parameters: ["JobID", "ComparisonBase", "IfNoneMatch"],
      answers: [
        .json(
          "ComparisonAnswer", "The comparison", headers: [.eTag],
          examples: APIExamples.comparison), .notModified,
      ],
      errors: finished + [.invalidRequest]),
  ]
}
