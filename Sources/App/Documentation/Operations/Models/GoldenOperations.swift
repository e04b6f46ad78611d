import Jobs

extension APIOperation {
  /// Golden pictures of registered models, and what versions find in them.
  static let golden = [
    APIOperation(
      method: "PUT", path: GoldenRoutes.path, id: "putGoldenPictures", tag: .models,
      summary: "Keep pictures with the boxes that a version must find",
      description: """
        As multipart: `files` are 1 to 100 pictures, `expected` is COCO's JSON with an image for each of them, by \
        `file_name`; a `segmentation` of four corners is an oriented box, else `bbox` counts. Of a label that is no \
        category found boxes are neither right nor wrong. As JSON: pictures and results of a completed job that \
        somebody has looked at. The set takes the place of the model's earlier one, with whose verdicts it goes. From \
        then on the aliases that it guards move only to versions that reach its recall and precision, over all \
        pictures, at an IoU of 0.5.
        """,
      parameters: ["RegisteredModelName"], body: setBody,
      answers: [
        .json(
          "GoldenSetAnswer", "The set is kept", status: 201, headers: [.location],
          examples: APIExamples.goldenSet)
      ],
      errors: stored + [
        .invalidRequest, .invalidConfig, .invalidFormat, .fileTooLarge, .tooManyFiles,
        .invalidDimensions, .corruptedFile, .noFiles, .notFound, .jobNotFound, .resultsNotReady,
        .uploadTooLarge, .unsupportedMediaType, .storageError,
      ], access: .scope(.admin)),
    APIOperation(
      method: "GET", path: GoldenRoutes.path, id: "getGoldenPictures", tag: .models,
      summary: "The golden pictures of a model, and what its versions found in them",
      parameters: ["RegisteredModelName"],
      answers: [.json("GoldenSetAnswer", "The set", examples: APIExamples.goldenSet)],
      errors: stored + [.invalidRequest, .notFound], access: .scope(.admin)),
    APIOperation(
      method: "DELETE", path: GoldenRoutes.path, id: "deleteGoldenPictures", tag: .models,
      summary: "Delete the golden pictures of a model",
      description: "Its aliases move freely from then on.",
      parameters: ["RegisteredModelName"],
      answers: [
        .json("DeletedGoldenSetAnswer", "It is gone", examples: APIExamples.deletedGoldenSet)
      ],
      errors: stored + [.invalidRequest, .notFound], access: .scope(.admin)),
    APIOperation(
      method: "POST", path: GoldenRoutes.checkPath, id: "checkModelVersion", tag: .models,
      summary: "Run a version over the golden pictures of its model",
      description: """
        As a job that says nothing but the model's name, without rules, in a confined process; one check at a time, \
        and each takes at most `golden_check_seconds`. The verdict is kept in the place of an earlier one. A version \
        that cannot be run is answered with `GOLDEN_CHECK_FAILED`, and no verdict is kept.
        """,
      parameters: ["RegisteredModelName", "ModelVersion"],
      answers: [.json("GoldenCheckAnswer", "What it found", examples: APIExamples.goldenCheck)],
      errors: stored + [
        .invalidRequest, .notFound, .modelConflict, .goldenCheckFailed, .corruptedFile,
        .storageError,
      ], access: .scope(.admin)),
    APIOperation(
      method: "GET", path: GoldenRoutes.checkPath, id: "getModelVersionCheck", tag: .models,
      summary: "What a version found in the golden pictures",
      description: "404 when it was not checked with those that the model has now.",
      parameters: ["RegisteredModelName", "ModelVersion"],
      answers: [.json("GoldenCheckAnswer", "What it found", examples: APIExamples.goldenCheck)],
      errors: stored + [.invalidRequest, .notFound, .modelConflict], access: .scope(.admin)),
  ]

  private static let setBody = """
    {"required": true,
     "content": {
       "multipart/form-data": {
         "schema": {
           "type": "object", "required": ["files", "expected"],
           "properties": {
             "files": {"type": "array", "minItems": 1, "maxItems": 100,
               "items": {"type": "string", "format": "binary"}},
             "expected": {"description": "COCO's JSON", "type": "string"},
             "min_recall": {"$ref": "#/components/schemas/GoldenShare"},
             "min_precision": {"$ref": "#/components/schemas/GoldenShare"},
             "aliases": {
               "description": "Guarded aliases, with commas between", "type": "string",
               "default": "production"}}}},
       "application/json": {
         "schema": {"$ref": "#/components/schemas/GoldenRequest"},
         "examples": \(APIExamples.goldenRequest)}}}
    """
}
