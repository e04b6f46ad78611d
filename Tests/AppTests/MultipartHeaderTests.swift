import Testing

@testable import App

/// Expected values: by hand from RFC 7578, RFC 5987, RFC 9110 and the HTML standard.
@Suite("MultipartParser, headers")
struct MultipartHeaderTests {
  struct Disposition: Sendable, CustomTestStringConvertible {
    var value: String
    var name = "files"
    var filename: String?
    var testDescription: String { value }
  }

  static let accepted = [
    Disposition(value: #"form-data; name="files""#),
    Disposition(value: #"form-data; name=files; filename=a.jpg"#, filename: "a.jpg"),
    Disposition(value: #"form-data; filename="a.jpg"; name="files""#, filename: "a.jpg"),
    Disposition(value: #"FORM-DATA;NAME="files";FileName="a.jpg""#, filename: "a.jpg"),
    Disposition(value: #"form-data ; name="files" ; size=12 ;"#),
    Disposition(value: #"form-data; name="files"; filename="""#, filename: ""),
    Disposition(value: #"form-data; name="""#, name: ""),
    // What stands inside quotes is never a parameter.
    Disposition(
      value: #"form-data; name="files"; filename="a; name=\"x\".jpg""#,
      filename: #"a; name="x".jpg"#),
    Disposition(
      value: #"form-data; name="files"; filename="\\\"\\""#, filename: #"\"\"#),
    // Browsers and curl since 7.81: three escapes, nothing else is decoded.
    Disposition(
      value: #"form-data; name="files"; filename="%22%0D%0A%0d%41%25%2""#,
      filename: "\"\r\n%0d%41%25%2"),
    Disposition(value: #"form-data; name="a%22b""#, name: "a\"b"),
    // Old browsers send the path, without escapes.
    Disposition(
      value: #"form-data; name="files"; filename="C:\x\a.jpg""#, filename: #"C:\x\a.jpg"#),
    Disposition(
      value: #"form-data; name="files"; filename="../../etc/passwd""#,
      filename: "../../etc/passwd"),
    Disposition(value: #"form-data; name="files"; filename="🦅 日本.jpg""#, filename: "🦅 日本.jpg"),
    // RFC 5987, 3.2.2: its two examples.
    Disposition(
      value: "form-data; name=files; filename*=iso-8859-1'en'%A3%20rates", filename: "£ rates"),
    Disposition(
      value: "form-data; name=files; filename*=UTF-8''%c2%a3%20and%20%e2%82%ac%20rates",
      filename: "£ and € rates"),
    Disposition(
      value: #"form-data; name="files"; filename="plain.jpg"; filename*=UTF-8''n%C3%A4h.jpg"#,
      filename: "näh.jpg"),
    Disposition(
      value: #"form-data; FILENAME*=utf-8'de'%F0%9F%A6%85; filename="plain.jpg"; name=files"#,
      filename: "🦅"),
    Disposition(value: "form-data; name*=UTF-8''gr%C3%B6%C3%9Fe", name: "größe"),
  ]

  @Test("name and file name are read from the Content-Disposition", arguments: accepted)
  func accepts(_ disposition: Disposition) {
    let found = MultipartTranscript(headerBody("content-DISPOSITION:\(disposition.value)"))
    #expect(found.error == nil)
    #expect(found.parts.map(\.headers.name) == [disposition.name])
    #expect(found.parts.map(\.headers.filename) == [disposition.filename])
  }

  static let refused: [(String, MultipartPartFault)] = [
    ("Content-Type: image/jpeg", .missingDisposition),
    ("Content-Disposition: attachment; name=files", .notFormData),
    ("Content-Disposition:", .notFormData),
    ("Content-Disposition: form-data", .missingName),
    ("Content-Disposition: form-data; filename=a.jpg", .missingName),
    (filesHeader + "; name=\"x\"", .duplicateParameter("name")),
    (filesHeader + "; filename=a; FileName=\"b\"", .duplicateParameter("filename")),
    (filesHeader + "; filename*=UTF-8''a; filename*=UTF-8''b", .duplicateParameter("filename*")),
    (filesHeader + "\r\n" + filesHeader, .duplicateHeader("Content-Disposition")),
    (filesHeader + "; filename=\"a", .malformedParameters),
    (filesHeader + "; filename=\"a\\\"", .malformedParameters),
    (filesHeader + "; filename=\"a\"b", .malformedParameters),
    (filesHeader + "; filename=a b", .malformedParameters),
    (filesHeader + "; filename = a", .malformedParameters),
    (filesHeader + "; filename=", .malformedParameters),
    (filesHeader + "; filename", .malformedParameters),
    (filesHeader + ";; filename=a", .malformedParameters),
    (filesHeader + "; filename*0=a; filename*1=b", .malformedParameters),
    (filesHeader + "; filename*0*=UTF-8''a", .malformedParameters),
    (filesHeader + (1...16).map { "; p\($0)=x" }.joined(), .malformedParameters),
    (filesHeader + "; filename*=a.jpg", .malformedExtendedValue),
    (filesHeader + "; filename*=UTF-8'a.jpg", .malformedExtendedValue),
    (filesHeader + "; filename*=UTF-8''%C3", .malformedExtendedValue),
    (filesHeader + "; filename*=UTF-8''%4", .malformedExtendedValue),
    (filesHeader + "; filename*=UTF-8''%GG", .malformedExtendedValue),
    (filesHeader + "; filename*=KOI8-R''a", .malformedExtendedValue),
    (filesHeader + "\r\nContent-Type: a/b\r\ncontent-type: c/d", .duplicateHeader("Content-Type")),
    (filesHeader + "\r\nContent-Transfer-Encoding: base64", .encodedContent),
    (filesHeader + "\r\nContent-Transfer-Encoding: quoted-printable", .encodedContent),
    (filesHeader + "\r\n folded", .foldedHeader),
    (" " + filesHeader, .foldedHeader),
    (filesHeader + "\nX: y", .bareLineEnd),
    (filesHeader + "\rX: y", .bareLineEnd),
    (filesHeader + "\r\nX: y\r", .bareLineEnd),
    (filesHeader + "\r\nno colon", .malformedHeader),
    (filesHeader + "\r\n: no name", .malformedHeader),
    (filesHeader + "\r\nX : y", .malformedHeader),
    (filesHeader + "\r\nX(y): z", .malformedHeader),
    (filesHeader + "\r\nX: \u{0}", .malformedHeader),
    ("--bound--", .malformedHeader),
  ]

  @Test("headers that are wrong are refused with what is wrong", arguments: refused)
  func refuses(lines: String, fault: MultipartPartFault) {
    let found = MultipartTranscript(headerBody(lines))
    #expect(found.error == .part(1, fault))
    #expect(found.parts.isEmpty)
  }

  @Test("the part's number is in the error")
  func number() {
    let body = "--bound\r\n\(filesHeader)\r\n\r\nx\r\n--bound\r\nX: y\r\n\r\n"
    #expect(MultipartTranscript(body).error == .part(2, .missingDisposition))
  }

  @Test("a part without any header is refused")
  func noHeaders() {
    let found = MultipartTranscript("--bound\r\n\r\nx\r\n--bound--")
    #expect(found.error == .part(1, .missingDisposition))
  }

  @Test("headers without a meaning are passed over")
  func extraHeaders() {
    let found = MultipartTranscript(
      headerBody(
        "MIME-Version: 1.0", "X-Empty:", "Content-Length: 99", "Content-Transfer-Encoding: 8BIT",
        filesHeader, "Content-Type: \t image/jpeg; q=\"x\" \t", "X-Bytes: é\u{1}"))
    #expect(found.error == nil)
    #expect(found.parts.first?.headers.contentType == "image/jpeg; q=\"x\"")
  }

  @Test("the headers of a part do not pass to the next")
  func nextPart() {
    let first =
      "\(filesHeader); filename=a\r\nContent-Type: b/c\r\nContent-Transfer-Encoding: binary"
    let found = MultipartTranscript(
      [first, filesHeader, first].map { "--bound\r\n\($0)\r\n\r\n\r\n" }.joined() + "--bound--")
    #expect(found.error == nil)
    #expect(found.parts.map(\.headers.filename) == ["a", nil, "a"])
    #expect(found.parts.map(\.headers.contentType) == ["b/c", nil, "b/c"])
  }

  @Test("a name that is not UTF-8 is read as ISO-8859-1")
  func latin1() {
    let header = Array("\(filesHeader); filename=\"na".utf8) + [0xEF] + Array("ve.jpg\"".utf8)
    let found = MultipartTranscript(
      Array("--bound\r\n".utf8) + header + Array("\r\n\r\n\r\n--bound--".utf8))
    #expect(found.error == nil)
    #expect(found.parts.first?.headers.filename == "naïve.jpg")
  }
}
