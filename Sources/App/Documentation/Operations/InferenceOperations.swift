extension APIOperation {
  /// Upload and predict: sections 1 and 2 of the contract.
  static let inference = [
    APIOperation(
      method: "POST", path: "/api/v1/inference/upload", id: "uploadImages", tag: .inference,
      summary: "Upload pictures",
      description: """
        One or more parts named `files`: JPEG, PNG or TIFF by their content, 64x64 to 8192x8192 pixels, at most 50 MB \
        each and 100 in one upload. All or nothing: if one file is bad, every bad file is named in `errors` and nothing \
        is kept. `uploaded_files` keeps the order sent.
        """,
      body: uploadBody,
      answers: [
        .json("UploadAnswer", "All files are kept, durably", examples: APIExamples.upload)
      ],
      errors: stored + [
        .invalidFormat, .fileTooLarge, .tooManyFiles, .invalidDimensions, .corruptedFile, .noFiles,
        .invalidRequest, .uploadTooLarge, .unsupportedMediaType, .storageError,
      ]),
    APIOperation(
      method: "POST", path: "/api/v1/inference/predict", id: "createJob", tag: .inference,
      summary: "Start a job on uploaded pictures",
      description: """
        Only `upload_id` is required; the defaults are in the schema. Without `file_ids` all files of the upload are \
        taken, in upload order. The answer comes when the job is stored durably. With an `Idempotency-Key`, the same key \
        and body within 24 hours return the first answer again and start nothing.
        """,
      parameters: ["IdempotencyKey"],
      body: predictBody,
      answers: [
        .json(
          "PredictAnswer", "The job is queued", status: 202, headers: [.location],
          examples: APIExamples.predict)
      ],
      errors: stored + [
        .invalidRequest, .invalidConfig, .modelNotFound, .rulesNotFound, .uploadNotFound,
        .fileNotFound, .idempotencyConflict, .uploadTooLarge, .unsupportedMediaType,
      ]),
  ]

  private static let uploadBody = """
    {"required": true,
     "content": {"multipart/form-data": {
       "schema": {
         "type": "object", "required": ["files"],
         "properties": {"files": {
           "type": "array", "minItems": 1, "maxItems": 100,
           "items": {"type": "string", "format": "binary"}}}},
       "encoding": {"files": {"contentType": "image/jpeg, image/png, image/tiff"}}}}}
    """

  private static let predictBody = """
    {"required": true,
     "content": {"application/json": {
       "schema": {"$ref": "#/components/schemas/PredictRequest"},
       "examples": \(APIExamples.predictRequest)}}}
    """
}
