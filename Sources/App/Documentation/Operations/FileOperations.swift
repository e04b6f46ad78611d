extension APIOperation {
  /// Picture bytes and the deletion of uploads.
  static let files = [
    picture(
      "original", id: "getOriginal", summary: "The picture as it was sent",
      types: ["image/jpeg", "image/png", "image/tiff"]),
    picture(
      "picture", id: "getPicture", summary: "The picture as browsers show it",
      description: """
        The original where it is a JPEG or PNG; of a TIFF what a job with visualization has drawn without marks: the \
        newest one, or `job_id`. The bytes come from the service itself, wherever the files are.
        """,
      parameters: ["JobIDFilter"], types: ["image/jpeg", "image/png"], isLent: false),
    picture(
      "annotated", id: "getAnnotated", summary: "The picture with its detections drawn",
      description: "Of the newest completed job of the file, or of `job_id`.",
      parameters: ["JobIDFilter", "Redirect"], types: ["image/jpeg", "image/png"]),
    picture(
      "thumbnail", id: "getThumbnail", summary: "A small annotated picture",
      description: "Of the newest completed job of the file, or of `job_id`.",
      parameters: ["JobIDFilter", "Redirect"], types: ["image/jpeg", "image/png"]),
    APIOperation(
      method: "DELETE", path: "/api/v1/uploads/{upload_id}", id: "deleteUpload", tag: .files,
      summary: "Delete an upload and everything made from it",
      parameters: ["UploadID"],
      answers: [.json("DeletedAnswer", "It is gone", examples: APIExamples.deleted)],
      errors: stored + [.invalidRequest, .uploadNotFound, .uploadInUse, .storageError]),
  ]

  private static func picture(
    _ kind: String, id: String, summary: String, description: String? = nil,
    parameters: [String] = [], types: [String], isLent: Bool = true
  ) -> APIOperation {
    let lent = APIAnswer(
      status: 302,
      description:
        "Where the service sends clients to its file store: the bytes are there for 15 minutes",
      headers: [.location, .cacheControl])
    return APIOperation(
      method: "GET", path: "/api/v1/files/{file_id}/\(kind)", id: id, tag: .files,
      summary: summary, description: description,
      parameters: ["FileID"] + parameters + ["Range", "IfRange", "IfNoneMatch"],
      answers: [
        .bytes(types, "The bytes", headers: pictureHeaders),
        .bytes(
          types, "The range asked for", status: 206, headers: pictureHeaders + [.contentRange]),
        .notModified,
      ] + (isLent ? [lent] : []),
      errors: [
        .internalError, .databaseError, .serviceUnavailable, .storageError, .invalidRequest,
        .fileNotFound, .rangeNotSatisfiable,
      ] + (parameters.isEmpty ? [] : [.jobNotFound, .resultsNotReady]))
  }

  private static let pictureHeaders: [APIHeader] = [
    .eTag, .cacheControl, .acceptRanges, .contentDisposition, .contentTypeOptions,
  ]
}
