import Testing

@testable import App

@Suite("MultipartBoundary")
struct MultipartBoundaryTests {
  static let accepted = [
    // Chrome, curl, undici, requests; then the examples of RFC 2046, 5.1.1.
    (
      "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
      "----WebKitFormBoundary7MA4YWxkTrZu0gW"
    ),
    (
      "multipart/form-data; boundary=------------------------10288aeb926b9409",
      "------------------------10288aeb926b9409"
    ),
    (
      "multipart/form-data; boundary=1a74562ef3958d30b1811966120b674e",
      "1a74562ef3958d30b1811966120b674e"
    ),
    ("multipart/form-data; boundary=\"gc0pJq0M:08jU534c0p\"", "gc0pJq0M:08jU534c0p"),
    ("multipart/form-data; boundary=\"'()+_,-./:=? x\"", "'()+_,-./:=? x"),
    ("Multipart/Form-Data;BOUNDARY=x", "x"),
    ("multipart/form-data ; charset=utf-8 ; boundary=x;", "x"),
    ("multipart/form-data; boundary=\"x\"; charset=\"a;b\\\"c\"", "x"),
    (
      "multipart/form-data; boundary=\(String(repeating: "b", count: 70))",
      String(repeating: "b", count: 70)
    ),
  ]

  @Test("the boundary is read from the Content-Type, quoted or not", arguments: accepted)
  func accepts(contentType: String, boundary: String) throws {
    let found = try MultipartBoundary(contentType: contentType)
    #expect(found.delimiter == Array("\r\n--\(boundary)".utf8))
  }

  static let refused: [(String, MultipartError)] = [
    ("", .notFormData),
    ("application/json", .notFormData),
    ("multipart/mixed; boundary=x", .notFormData),
    ("multipart/form-data, text/plain; boundary=x", .notFormData),
    ("multipart/form-data", .missingBoundary),
    ("multipart/form-data; charset=utf-8", .missingBoundary),
    ("multipart/form-data; boundary", .notFormData),
    ("multipart/form-data; boundary=", .notFormData),
    ("multipart/form-data; boundary=a b", .notFormData),
    ("multipart/form-data; boundary=\"a", .notFormData),
    ("multipart/form-data; boundary=a; boundary=b", .notFormData),
    ("multipart/form-data; boundary=\"\"", .invalidBoundary),
    ("multipart/form-data; boundary=\"a \"", .invalidBoundary),
    ("multipart/form-data; boundary=\"a\r\nb\"", .invalidBoundary),
    ("multipart/form-data; boundary=\"a\\\"b\"", .invalidBoundary),
    ("multipart/form-data; boundary=a*b", .invalidBoundary),
    ("multipart/form-data; boundary=\"ä\"", .invalidBoundary),
    ("multipart/form-data; boundary=\(String(repeating: "b", count: 71))", .invalidBoundary),
  ]

  @Test("a Content-Type without a usable boundary is refused with the reason", arguments: refused)
  func refuses(contentType: String, error: MultipartError) {
    #expect(throws: error) { try MultipartBoundary(contentType: contentType) }
  }
}
