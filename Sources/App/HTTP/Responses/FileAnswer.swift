import HTTPTypes
import Hummingbird
import Jobs
import ObjectDetection

/// A stored file on its way to a client: conditional, in whole or in part.
struct FileAnswer {
  var reader: any BlobReader
  var contentType: String
  /// As the client sees it when it saves the file.
  var filename: String
  var tag: EntityTag
  var policy: CachePolicy

  /// - Throws: `APIError(.rangeNotSatisfiable)`.
  func response(to request: Request, _ context: HarrierContext) throws -> Response {
    let size = reader.sizeBytes
    var headers = HTTPFields.validators(tag, policy)
    headers[.acceptRanges] = "bytes"
    switch range(of: request) {
    case .unsatisfiable:
      headers[.contentRange] = "bytes */\(size)"
      throw APIError(
        .rangeNotSatisfiable, "The file has no such bytes", details: "It has \(size) bytes",
        headers: headers)
    case .whole:
      return answer(.ok, headers, 0..<size, context)
    case .part(let range):
      headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
      return answer(.partialContent, headers, range, context)
    }
  }

  /// Ranges are defined for GET alone.
  private func range(of request: Request) -> RequestedRange {
    guard request.method == .get, tag.allowsRange(ifRange: request.headers[.ifRange]) else {
      return .whole
    }
    return RequestedRange(request.headers[.range], of: reader.sizeBytes)
  }

  private func answer(
    _ status: HTTPResponse.Status, _ headers: HTTPFields, _ range: Range<Int>,
    _ context: HarrierContext
  ) -> Response {
    var headers = headers
    headers[.contentType] = contentType
    headers[.contentDisposition] = contentDisposition("inline", filename: filename)
    headers[.xContentTypeOptions] = "nosniff"
    return Response(
      status: status, headers: headers, body: .blob(reader, range, context))
  }
}

/// `inline` or `attachment` with a file name: in ASCII for old clients, and as it is (RFC 6266, RFC 8187).
func contentDisposition(_ kind: String, filename: String) -> String {
  let fallback = filename.unicodeScalars.map { scalar in
    // A quote or backslash would need escapes, and `%` is decoded by some clients.
    (0x20..<0x7f).contains(scalar.value) && !"\"\\%".unicodeScalars.contains(scalar)
      ? String(scalar) : "_"
  }.joined()
  if fallback == filename { return "\(kind); filename=\"\(filename)\"" }
  let encoded = filename.utf8.map { byte in
    let scalar = Unicode.Scalar(byte)
    let isKept =
      scalar.properties.isASCIIHexDigit || (97...122).contains(byte) || (65...90).contains(byte)
      || "!#$&+-.^_`|~".utf8.contains(byte)
    guard !isKept else { return String(scalar) }
    return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }.joined()
  return "\(kind); filename=\"\(fallback)\"; filename*=UTF-8''\(encoded)"
}

extension ImageFormat {
  var contentType: String {
    switch self {
    case .jpeg: "image/jpeg"
    case .png: "image/png"
    case .tiff: "image/tiff"
    }
  }

  var fileExtension: String {
    switch self {
    case .jpeg: "jpg"
    case .png: "png"
    case .tiff: "tif"
    }
  }
}

extension UploadedFile {
  var contentType: String {
    ImageFormat(rawValue: format)?.contentType ?? "application/octet-stream"
  }
}
