import Jobs

extension APIOperation {
  /// Candidates that run beside a registered model.
  static let shadows = [
    APIOperation(
      method: "GET", path: ShadowRoutes.path, id: "getModelShadow", tag: .models,
      summary: "What runs beside a model, and how it compares",
      description: """
        The rule, and what came of the newest ten thousand pairs of jobs of two versions: the one that the model's name \
        means now, and the rule's candidate; `base` and `candidate` name others. Pairs are compared some seconds after \
        both jobs have ended, and stay when the jobs are deleted.
        """,
      parameters: ["RegisteredModelName", "ShadowBase", "ShadowCandidate"],
      answers: [.json("ShadowAnswer", "The rule and its figures", examples: APIExamples.shadow)],
      errors: stored + [.invalidRequest, .notFound], access: .scope(.admin)),
    APIOperation(
      method: "PUT", path: ShadowRoutes.path, id: "setModelShadow", tag: .models,
      summary: "Run a candidate beside a model",
      description: """
        Beside a share of the jobs that run the model, the candidate runs over the same pictures as a job of low priority \
        that nobody owns. Clients' answers stay as they are. An alias means the version at which it is when a job is \
        accepted.
        """,
      parameters: ["RegisteredModelName"],
      body: """
        {"required": true,
         "content": {"application/json": {
           "schema": {"$ref": "#/components/schemas/ShadowRequest"},
           "examples": \(APIExamples.shadowRequest)}}}
        """,
      answers: [
        .json("ShadowRuleAnswer", "The rule is another one", examples: APIExamples.shadowRule),
        .json(
          "ShadowRuleAnswer", "The rule is new", status: 201, headers: [.location],
          examples: APIExamples.shadowRule),
      ],
      errors: stored + [
        .invalidRequest, .invalidConfig, .modelNotFound, .notFound, .uploadTooLarge,
        .unsupportedMediaType,
      ], access: .scope(.admin)),
    APIOperation(
      method: "DELETE", path: ShadowRoutes.path, id: "removeModelShadow", tag: .models,
      summary: "Run nothing beside a model any more",
      description: "Shadows that are queued still run, and what came of them stays.",
      parameters: ["RegisteredModelName"],
      answers: [
        .json("ShadowRuleAnswer", "The rule is gone", examples: APIExamples.shadowRemoval)
      ],
      errors: stored + [.invalidRequest, .notFound], access: .scope(.admin)),
  ]
}
