/// The schemas, parameters and headers of the document, as JSON by name.
enum APISchemas {
  typealias Member = (name: String, json: String)

  /// `components/parameters`.
  static let parameters: [Member] =
    path + modelParameters + comparisonParameters + shadowParameters + filters + headersOfRequests

  private static let path: [Member] = [
    ("JobID", parameter("job_id", in: "path", reference("JobID"), "The job")),
    ("FileID", parameter("file_id", in: "path", reference("FileID"), "The file")),
    ("UploadID", parameter("upload_id", in: "path", reference("UploadID"), "The upload")),
    ("RuleSetName", parameter("name", in: "path", reference("Name"), "The rule set")),
    (
      "ConsoleAsset",
      parameter("asset", in: "path", consoleFiles, "The file's name")
    ),
    (
      "Asset",
      parameter(
        "asset", in: "path",
        """
        {"type": "string", "enum": ["swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png",
          "swagger-initializer.js"]}
        """, "The file's name")
    ),
  ]

  private static let consoleFiles = """
    {"type": "string", "enum": [\(ConsoleAssets.files.filter { $0.name != ConsoleAssets.page }.map { "\"\($0.name)\"" }.joined(separator: ", "))]}
    """

  private static let filters: [Member] = [
    (
      "Wait",
      parameter(
        "wait", in: "query", #"{"type":"number","minimum":0,"maximum":30,"default":0}"#,
        "Seconds to wait for a change")
    ),
    (
      "JobState", parameter("status", in: "query", reference("JobState"), "Only jobs in this state")
    ),
    (
      "Limit",
      parameter(
        "limit", in: "query", #"{"type":"integer","minimum":1,"maximum":100,"default":20}"#,
        "Jobs on a page")
    ),
    (
      "LogAfter",
      parameter(
        "after", in: "query", #"{"type":"integer","minimum":0,"maximum":2147483647}"#,
        "`next_after` of the answer before; not given: from the oldest entry that is kept")
    ),
    (
      "LogLimit",
      parameter(
        "limit", in: "query", #"{"type":"integer","minimum":1,"maximum":1000,"default":200}"#,
        "Entries in an answer")
    ),
    (
      "Cursor",
      parameter("cursor", in: "query", idOrEmpty("job"), "`next_cursor` of the page before")
    ),
    (
      "Format",
      parameter(
        "format", in: "query",
        #"{"type":"string","enum":["json","yolo","coco","voc","csv","geojson"],"default":"json"}"#,
        "The format of the labels")
    ),
    (
      "ReasoningFormat",
      parameter(
        "format", in: "query", #"{"type":"string","enum":["json","csv"],"default":"json"}"#,
        "The format of the report")
    ),
    (
      "RelationFormat",
      parameter(
        "format", in: "query",
        #"{"type":"string","enum":["json","prolog","svg"],"default":"json"}"#,
        "The format of the relations")
    ),
    (
      "ModelFilter",
      parameter(
        "model", in: "query",
        #"{"type":"string","pattern":"^([A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(@([1-9][0-9]*|[a-z][a-z0-9-]{0,31}))?)?$"}"#,
        "Also say which classes of the rules this model does not have")
    ),
    (
      "VisualizationFormat",
      parameter(
        "format", in: "query", #"{"type":"string","enum":["url","base64"],"default":"url"}"#,
        "Addresses, or the picture itself")
    ),
    ("FileIDFilter", parameter("file_id", in: "query", idOrEmpty("img"), "Only this file")),
    (
      "JobIDFilter",
      parameter("job_id", in: "query", idOrEmpty("job"), "The job that made the picture")
    ),
    (
      "Redirect",
      parameter(
        "redirect", in: "query", #"{"type":"string","enum":["true","false"],"default":"true"}"#,
        "`false`: the bytes come from the service itself, also where clients are sent to the file store"
      )
    ),
    (
      "MinConfidence",
      parameter(
        "min_confidence", in: "query", #"{"type":"number","minimum":0,"maximum":1}"#,
        "Only detections of at least this confidence")
    ),
    (
      "ClassFilter",
      parameter(
        "class", in: "query", #"{"type":"string"}"#,
        "Only detections of this class of the model")
    ),
    (
      "Images",
      parameter(
        "images", in: "query", #"{"type":"boolean","default":false}"#,
        "Whether pictures go into the archive")
    ),
  ]

  private static let headersOfRequests: [Member] = [
    (
      "RequestId",
      parameter(
        "X-Request-Id", in: "header", #"{"type":"string"}"#,
        "A name for this request in answers and log; one that is too long or odd is replaced")
    ),
    (
      "IdempotencyKey",
      parameter(
        "Idempotency-Key", in: "header", #"{"type":"string","minLength":1,"maxLength":255}"#,
        "The same key and body start one job, for 24 hours")
    ),
    (
      "IfNoneMatch",
      parameter(
        "If-None-Match", in: "header", #"{"type":"string"}"#, "Entity tags, or `*`")
    ),
    (
      "Range",
      parameter(
        "Range", in: "header", #"{"type":"string"}"#,
        "One range of bytes (`bytes=0-1023`); others are answered with the whole file")
    ),
    (
      "IfRange",
      parameter(
        "If-Range", in: "header", #"{"type":"string"}"#,
        "The entity tag for which `Range` holds; the whole file otherwise")
    ),
    (
      "LastEventID",
      parameter(
        "Last-Event-ID", in: "header", #"{"type":"string"}"#,
        "The last event seen, which is not sent again")
    ),
  ]

  /// `components/headers`.
  static let headers: [Member] = APIHeader.allCases.map { header in
    let (schema, required, description) = documentation(of: header)
    return (
      header.rawValue,
      """
      {"description": "\(description)", "required": \(required), "schema": \(schema)}
      """
    )
  }

  private static func documentation(
    of header: APIHeader
  ) -> (schema: String, required: Bool, description: String) {
    let text = #"{"type":"string"}"#
    let count = #"{"type":"integer","minimum":0}"#
    return switch header {
    case .requestID: (text, true, "The request's name in the log")
    case .apiVersion: (#"{"const":"1.0"}"#, true, "The version of this contract")
    case .location: (text, true, "Path of what was made: a job's status, a model's version")
    case .eTag: (text, true, "Names this state of the answer")
    case .cacheControl: (text, true, "How long the answer may be kept")
    case .acceptRanges: (#"{"const":"bytes"}"#, true, "Ranges are answered")
    case .contentRange: (text, true, "The bytes sent, and the file's length")
    case .contentDisposition: (text, true, "A file name to save it under")
    case .contentTypeOptions: (#"{"const":"nosniff"}"#, true, "The type said is the type meant")
    case .allow: (text, true, "The methods that the path has")
    case .retryAfter: (count, true, "Seconds until it is worth another try")
    case .rateLimit: (count, true, "Requests a minute")
    case .rateLimitRemaining: (count, true, "Requests left")
    case .rateLimitReset: (count, true, "Seconds until there are more")
    case .setCookie: (text, true, "The session; scripts cannot read it")
    case .authenticate: (text, true, "How one says who one is")
    }
  }

  static func reference(_ name: String) -> String {
    "{\"$ref\":\"#/components/schemas/\(name)\"}"
  }

  /// An id of a query: an empty value counts as not there.
  private static func idOrEmpty(_ prefix: String) -> String {
    """
    {"type": "string", "pattern": "^(\(prefix)_[0-9a-z]{12,26})?$"}
    """
  }

  static func parameter(
    _ name: String, in place: String, _ schema: String, _ description: String
  ) -> String {
    """
    {"name": "\(name)", "in": "\(place)", "required": \(place == "path"),
     "description": "\(description)", "schema": \(schema)}
    """
  }
}
