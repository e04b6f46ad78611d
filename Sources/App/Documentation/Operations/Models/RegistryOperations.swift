import Jobs

extension APIOperation {
  private static let alias = "/api/v1/models/{name}/aliases/{alias}"

  /// Registered models: versions, aliases, deletions.
  static let registry = [
    APIOperation(
      method: "POST", path: RegistryRoutes.path, id: "registerModel", tag: .models,
      summary: "Register a version of a model",
      description: """
        The part `model` is an ONNX file, or the XML of OpenVINO IR with the part `weights`; `document` is the JSON file \
        that may stand beside a model, `alias` is moved to the new version. The file is compiled and tried in a process \
        of its own before it is accepted. Numbers count from 1 and are never given twice; the first version of a model \
        takes the alias `production`. Where golden pictures guard `alias`, the version is checked with them: one that \
        does not pass is registered all the same, answered with 409 `GOLDEN_CHECK_FAILED` and its `Location`, and the \
        alias stays. The same files and document a second time are the same version, answered with 200. \
        With an `Idempotency-Key`, the same key and parts within 24 hours return the first answer again.
        """,
      parameters: ["RegisteredModelName", "IdempotencyKey"],
      body: uploadBody,
      answers: [
        .json(
          "ModelAnswer", "The version is kept, durably, on every machine's file store", status: 201,
          headers: [.location], examples: APIExamples.registered),
        .json(
          "ModelAnswer", "This model is a version already", headers: [.location],
          examples: APIExamples.registered),
      ],
      errors: stored + [
        .invalidRequest, .invalidModel, .notFound, .modelConflict, .goldenCheckFailed,
        .idempotencyConflict, .corruptedFile, .uploadTooLarge, .unsupportedMediaType,
        .storageError,
      ], access: .scope(.admin)),
    APIOperation(
      method: "DELETE", path: "\(RegistryRoutes.path)/{version}", id: "deleteModelVersion",
      tag: .models, summary: "Delete a version and its files",
      description: "Not while an alias is at it, or a job that has not ended runs it.",
      parameters: ["RegisteredModelName", "ModelVersion"],
      answers: [
        .json("DeletedVersionAnswer", "It is gone", examples: APIExamples.deletedVersion)
      ],
      errors: stored + [.invalidRequest, .notFound, .modelInUse], access: .scope(.admin)),
    APIOperation(
      method: "DELETE", path: "/api/v1/models/{name}", id: "deleteModel", tag: .models,
      summary: "Delete a registered model with all versions and aliases",
      description:
        "Not while a job that has not ended runs one of them. Its numbers go on if it is registered again.",
      parameters: ["RegisteredModelName"],
      answers: [.json("DeletedModelAnswer", "It is gone", examples: APIExamples.deletedModel)],
      errors: stored + [.invalidRequest, .notFound, .modelInUse], access: .scope(.admin)),
    APIOperation(
      method: "GET", path: alias, id: "getModelAlias", tag: .models,
      summary: "Where an alias is, and where it was",
      description: "Its moves, newest first, the last thousand; also of an alias that was removed.",
      parameters: ["RegisteredModelName", "ModelAlias"],
      answers: [.json("AliasAnswer", "The alias", examples: APIExamples.alias)],
      errors: stored + [.invalidRequest, .notFound], access: .scope(.admin)),
    APIOperation(
      method: "PUT", path: alias, id: "moveModelAlias", tag: .models,
      summary: "Move an alias to a version, or make it",
      description: """
        With `expected` it moves only from there; `null` means that there is no such alias yet. The next request that \
        names the model runs the new version, in every process; jobs that are accepted keep theirs. Where golden \
        pictures guard the alias, it moves only to a version that passes them, which is checked first if it was not; \
        `unchecked` moves it all the same.
        """,
      parameters: ["RegisteredModelName", "ModelAlias"],
      body: """
        {"required": true,
         "content": {"application/json": {
           "schema": {"$ref": "#/components/schemas/AliasRequest"},
           "examples": \(APIExamples.aliasRequest)}}}
        """,
      answers: [
        .json("AliasMoveAnswer", "It is there", examples: APIExamples.aliasMove),
        .json(
          "AliasMoveAnswer", "It is new", status: 201, headers: [.location],
          examples: APIExamples.aliasMove),
      ],
      errors: stored + [
        .invalidRequest, .invalidConfig, .notFound, .modelConflict, .goldenCheckFailed,
        .corruptedFile, .storageError, .uploadTooLarge, .unsupportedMediaType,
      ], access: .scope(.admin)),
    APIOperation(
      method: "DELETE", path: alias, id: "removeModelAlias", tag: .models,
      summary: "Remove an alias",
      description: "Without `production` the model's name means its newest version.",
      parameters: ["RegisteredModelName", "ModelAlias", "ExpectedVersion"],
      answers: [.json("AliasMoveAnswer", "It is gone", examples: APIExamples.aliasRemoval)],
      errors: stored + [.invalidRequest, .notFound, .modelConflict], access: .scope(.admin)),
    APIOperation(
      method: "POST", path: "\(alias)/rollback", id: "rollBackModelAlias", tag: .models,
      summary: "Move an alias back to where it was before",
      description: """
        A second rollback goes further back, not forth again; versions that are gone are passed over. `expected` makes \
        it safe to send twice. Golden pictures are not asked: the version was there before, and seconds matter.
        """,
      parameters: ["RegisteredModelName", "ModelAlias", "ExpectedVersion"],
      answers: [.json("AliasMoveAnswer", "It is back", examples: APIExamples.aliasMove)],
      errors: stored + [.invalidRequest, .notFound, .modelConflict], access: .scope(.admin)),
  ]

  private static let uploadBody = """
    {"required": true,
     "content": {"multipart/form-data": {
       "schema": {
         "type": "object", "required": ["model"],
         "properties": {
           "model": {"type": "string", "format": "binary"},
           "weights": {"type": "string", "format": "binary"},
           "document": {"description": "A JSON object", "type": "string"},
           "alias": {"$ref": "#/components/schemas/Alias"}}}}}}
    """
}
