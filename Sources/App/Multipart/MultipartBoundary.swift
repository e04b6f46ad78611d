/// The line that separates the parts of a body, as the request's Content-Type names it.
///
/// Source: RFC 2046, 5.1.1. 1 to 70 characters, none of them CR or LF: the search relies on that.
struct MultipartBoundary: Sendable, Equatable {
  /// CRLF, two hyphens and the boundary: what stands between two parts.
  let delimiter: [UInt8]

  /// Reads `multipart/form-data; boundary=...`, quoted or not, in any case.
  init(contentType: String) throws(MultipartError) {
    guard let header = try? HeaderParameters(Array(contentType.utf8)),
      header.type == "multipart/form-data"
    else { throw .notFormData }
    guard let boundary = header["boundary"] else { throw .missingBoundary }
    guard (1...70).contains(boundary.count), boundary.allSatisfy(Self.isAllowed),
      boundary.last != UInt8(ascii: " ")
    else { throw .invalidBoundary }
    delimiter = Array("\r\n--".utf8) + boundary
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    byte.isASCIIAlphanumeric || "'()+_,-./:=? ".utf8.contains(byte)
  }
}
