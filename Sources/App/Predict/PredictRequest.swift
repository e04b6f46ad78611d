import Foundation
import Jobs

/// The body of `POST /api/v1/inference/predict`.
struct PredictRequest: Sendable, Equatable {
  static let maxCallbackURLLength = 2048

  let uploadID: UploadID
  /// nil stands for all files of the upload.
  let fileIDs: [FileID]?
  let configuration: DetectionConfiguration
  let priority: JobPriority
  let callbackURL: String?

  /// - Throws: `APIError`: `.invalidRequest` for malformed JSON; `.invalidConfig` with every field at
  ///   fault; where all have the right form, `.uploadNotFound`, `.fileNotFound`, `.modelNotFound` or
  ///   `.rulesNotFound` for the first text that can be no id or name.
  init(parsing body: [UInt8], defaultModel: String, maxFiles: Int) throws(APIError) {
    var fields = try JSONFields(try JSONValue(parsing: body))
    let uploadID = fields.uploadID("upload_id")
    fileIDs = fields.fileIDs("file_ids", maxFiles: maxFiles)
    configuration = fields.section("config") {
      DetectionConfiguration(&$0, defaultModel: defaultModel)
    }
    priority = fields.choice(
      "priority", among: JobPriority.allCases.map { ($0.contractName, $0) }, default: .normal)
    callbackURL = fields.callbackURL("callback_url")
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

  fileprivate mutating func callbackURL(_ key: String) -> String? {
    guard let text = optionalString(key) else { return nil }
    guard text.utf8.count <= PredictRequest.maxCallbackURLLength else {
      note(
        key, "OUT_OF_RANGE", "Must have at most \(PredictRequest.maxCallbackURLLength) characters")
      return nil
    }
    // Foundation would encode what is no part of a URL, but what is called should be what was sent.
    let url = URL(string: text, encodingInvalidCharacters: false)
    guard let scheme = url?.scheme?.lowercased(), ["http", "https"].contains(scheme),
      let host = url?.host(), !host.isEmpty
    else {
      note(key, "INVALID_VALUE", "Must be an http or https URL")
      return nil
    }
    return text
  }
}
