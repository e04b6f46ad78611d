import Jobs
import ObjectDetection

/// The body of `POST /api/v1/inference/predict`.
struct PredictRequest: Sendable, Equatable {
  let uploadID: UploadID
  /// nil stands for all files of the upload.
  let fileIDs: [FileID]?
  let configuration: DetectionConfiguration
  let priority: JobPriority
  /// Who is told of the job's end.
  let callbackURL: String?

  /// - Throws: `APIError`: `.invalidRequest` for malformed JSON; `.invalidConfig` with every field at
  ///   fault; where all have the right form, `.uploadNotFound`, `.fileNotFound`, `.modelNotFound` or
  ///   `.rulesNotFound` for the first text that can be no id or name.
  init(
    parsing body: [UInt8], defaultModel: String, maxFiles: Int, callbacks policy: AddressPolicy
  ) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let uploadID = fields.uploadID("upload_id")
    fileIDs = fields.fileIDs("file_ids", maxFiles: maxFiles)
    configuration = fields.section("config") {
      DetectionConfiguration(&$0, defaultModel: defaultModel)
    }
    priority = fields.choice(
      "priority", among: JobPriority.allCases.map { ($0.contractName, $0) }, default: .normal)
    callbackURL = fields.callbackURL("callback_url", policy)
    try fields.finish()
    guard let uploadID else { throw APIError.noSuchUpload }
    self.uploadID = uploadID
  }
}

extension JSONFields {
  fileprivate mutating func uploadID(_ key: String) -> UploadID? {
    guard let text = requiredString(key) else { return nil }
    let id = UploadID(text)
    if id == nil { notFound(key, .uploadNotFound, "No such upload") }
    return id
  }

  fileprivate mutating func fileIDs(_ key: String, maxFiles: Int) -> [FileID]? {
    guard let texts = optionalStrings(key, count: 1...maxFiles) else { return nil }
    var seen: Set<String> = []
    return texts.enumerated().compactMap { index, text in
      if !seen.insert(text).inserted {
        note(key, at: index, "INVALID_VALUE", "Must not be there twice")
      }
      let id = FileID(text)
      if id == nil { notFound(key, at: index, .fileNotFound, "No such file in the upload") }
      return id
    }
  }

  fileprivate mutating func callbackURL(_ key: String, _ policy: AddressPolicy) -> String? {
    guard let text = optionalString(key) else { return nil }
    do {
      return try WebhookTarget(text, policy: policy).text
    } catch {
      note(key, error.code, error.words)
      return nil
    }
  }
}
