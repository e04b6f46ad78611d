extension APIOperation {
  /// Results, labels, export and visualization: sections 4 and 5 of the contract.
  static let results = [
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/results", id: "getResults", tag: .results,
      summary: "What was found",
      description: """
        `json`, `yolo` and `voc` come in the envelope; `coco`, `csv` and `geojson` are the bare document, so that tools \
        can open the address itself. Detections are sorted by confidence, highest first. An image that failed has \
        `error` and no detections.
        """,
      parameters: [
        "JobID", "Format", "FileIDFilter", "MinConfidence", "ClassFilter", "IfNoneMatch",
      ],
      answers: [resultsAnswer, .notModified],
      errors: finished + [.invalidRequest, .fileNotFound]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/results/{file_id}/labels.txt", id: "getLabels",
      tag: .results, summary: "YOLO labels of one file",
      description: """
        A line a detection, normalized, six decimals: `class cx cy w h confidence`; oriented models \
        `class x1 y1 x2 y2 x3 y3 x4 y4 confidence`.
        """,
      parameters: ["JobID", "FileID", "IfNoneMatch"],
      answers: [
        .text("text/plain", "The lines", headers: [.eTag], examples: APIExamples.labels),
        .notModified,
      ],
      errors: finished.filter { $0 != .rateLimitExceeded } + [.invalidRequest, .fileNotFound]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/export", id: "exportJob", tag: .results,
      summary: "Labels, pictures and a manifest as a ZIP file",
      description: "Streamed while it is packed.",
      parameters: ["JobID", "Format", "Images", "IfNoneMatch"],
      answers: [
        .bytes(["application/zip"], "The archive", headers: [.eTag, .contentDisposition]),
        .notModified,
      ],
      errors: finished + [.invalidRequest]),
    APIOperation(
      method: "GET", path: "/api/v1/jobs/{job_id}/visualization", id: "getVisualization",
      tag: .results, summary: "Annotated pictures",
      description: """
        `url` lists addresses of all files; `base64` answers one file within a limit of size, `file_id` is required \
        when the job has several.
        """,
      parameters: ["JobID", "FileIDFilter", "VisualizationFormat", "IfNoneMatch"],
      answers: [
        .json(
          "VisualizationAnswer", "Addresses, or one picture", headers: [.eTag],
          examples: APIExamples.visualization), .notModified,
      ],
      errors: finished + [.invalidRequest, .fileNotFound]),
  ]

  /// Of routes that need a completed job.
  static let finished = stored + [.jobNotFound, .resultsNotReady, .storageError]

  private static let resultsAnswer = APIAnswer(
    status: 200, description: "The results", headers: [.eTag],
    content: [
      .init(
        mediaType: "application/json", schema: APISchemas.anyResults,
        examples: APIExamples.results),
      .init(
        mediaType: "text/csv", schema: #"{"type":"string"}"#, examples: APIExamples.resultsCSV),
      .init(
        mediaType: "application/geo+json",
        schema: ##"{"$ref":"#/components/schemas/GeoJSONResults"}"##,
        examples: APIExamples.resultsGeoJSON),
    ])
}
