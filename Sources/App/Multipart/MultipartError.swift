/// Why a body is not the `multipart/form-data` that its Content-Type promises.
///
/// The messages are for people and hold nothing of the client's but header and parameter names.
enum MultipartError: Error, Sendable, Equatable, CustomStringConvertible {
  case notFormData
  case missingBoundary
  case invalidBoundary
  case emptyBody
  /// The body ended before the first boundary.
  case boundaryNotFound
  case preambleTooLong(limit: Int)
  /// The boundary, but neither a line end nor `--` behind it.
  case malformedDelimiter
  case tooManyParts(limit: Int)
  /// The body ended before the closing boundary. The part's number counts from 1.
  case truncated(part: Int)
  /// The headers of a part are wrong. The part's number counts from 1.
  case part(Int, MultipartPartFault)

  var description: String {
    switch self {
    case .notFormData: "The Content-Type is not multipart/form-data with well-formed parameters"
    case .missingBoundary: "The Content-Type header has no boundary parameter"
    case .invalidBoundary:
      "The boundary in the Content-Type header is not 1 to 70 of the characters RFC 2046 allows"
    case .emptyBody: "The body is empty"
    case .boundaryNotFound:
      "The body does not contain the boundary that the Content-Type header names"
    case .preambleTooLong(let limit):
      "The first boundary does not come within the first \(limit) bytes of the body"
    case .malformedDelimiter:
      "A boundary in the body is followed by something else than CRLF or --"
    case .tooManyParts(let limit): "The body has more than \(limit) parts"
    case .truncated(let part):
      "The body ends in part \(part), before the closing boundary: it was cut off"
    case .part(let number, let fault): "Part \(number): \(fault)"
    }
  }
}

/// What is wrong with the headers of one part.
enum MultipartPartFault: Error, Sendable, Equatable, CustomStringConvertible {
  case headersTooLong(limit: Int)
  case tooManyHeaders(limit: Int)
  /// CR without LF, or LF without CR.
  case bareLineEnd
  case foldedHeader
  /// No colon, a name that is none, or a NUL.
  case malformedHeader
  case duplicateHeader(String)
  case missingDisposition
  case notFormData
  case malformedParameters
  case duplicateParameter(String)
  /// `filename*` is not `charset'language'percent-encoded`, or not in a character set we know.
  case malformedExtendedValue
  case missingName
  case encodedContent

  var description: String {
    switch self {
    case .headersTooLong(let limit): "the headers are longer than \(limit) bytes"
    case .tooManyHeaders(let limit): "there are more than \(limit) headers"
    case .bareLineEnd: "a header line does not end with CRLF"
    case .foldedHeader: "a header continues on the next line, which is not supported"
    case .malformedHeader: "a header is not of the form 'Name: value'"
    case .duplicateHeader(let name): "the header \(name) is there twice"
    case .missingDisposition: "there is no Content-Disposition header"
    case .notFormData: "the Content-Disposition is not form-data"
    case .malformedParameters: "the parameters of the Content-Disposition header are malformed"
    case .duplicateParameter(let name): "the Content-Disposition parameter \(name) is there twice"
    case .malformedExtendedValue:
      "an extended parameter (RFC 5987) of the Content-Disposition header is malformed"
    case .missingName: "the Content-Disposition header has no name"
    case .encodedContent: "the Content-Transfer-Encoding is not binary, 8bit or 7bit"
    }
  }
}
