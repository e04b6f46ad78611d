import Crypto
import Foundation

/// AWS Signature Version 4, as S3 has it: paths are encoded once and not normalized.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
struct S3Signer: Sendable {
  let credentials: S3Credentials
  let region: String
  var service = "s3"

  /// What is signed of a request.
  struct Request {
    var method: String
    /// `host` as it is sent.
    var authority: String
    /// Percent-encoded.
    var path: String
    /// Not encoded, in any order.
    var query: [(name: String, value: String)] = []
    /// All of them are signed; `host` is added.
    var headers: [(name: String, value: String)] = []
  }

  /// The hash of no bytes.
  static let emptyHash = hex(SHA256.hash(data: [UInt8]()))

  /// The longest time S3 lets a URL be good.
  static let maxPresignedSeconds = 7 * 24 * 3600

  /// The headers that S3 wants beside the request's own: `x-amz-date`, `x-amz-content-sha256`, the session
  /// token and `authorization`.
  func headers(
    for request: Request, payloadHash: String, at time: Date
  ) -> [(name: String, value: String)] {
    var added = [("x-amz-date", Self.stamp(time)), ("x-amz-content-sha256", payloadHash)]
    if let token = credentials.sessionToken { added.append(("x-amz-security-token", token)) }
    var request = request
    request.headers += added.map { (name: $0.0, value: $0.1) }
    added.append(("authorization", authorization(for: request, payloadHash: payloadHash, at: time)))
    return added.map { (name: $0.0, value: $0.1) }
  }

  /// The value of `Authorization` for a request that has all its other headers.
  func authorization(for request: Request, payloadHash: String, at time: Date) -> String {
    let (names, signature) = sign(request, payloadHash: payloadHash, at: time)
    return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope(time)), "
      + "SignedHeaders=\(names), Signature=\(signature)"
  }

  /// The encoded query of a URL that is good without any header.
  func presignedQuery(for request: Request, seconds: Int, at time: Date) -> String {
    var request = request
    request.query += [
      ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
      ("X-Amz-Credential", "\(credentials.accessKeyID)/\(scope(time))"),
      ("X-Amz-Date", Self.stamp(time)),
      ("X-Amz-Expires", "\(min(max(1, seconds), Self.maxPresignedSeconds))"),
      ("X-Amz-SignedHeaders", "host"),
    ]
    if let token = credentials.sessionToken {
      request.query.append(("X-Amz-Security-Token", token))
    }
    let signature = sign(request, payloadHash: "UNSIGNED-PAYLOAD", at: time).signature
    return Self.canonicalQuery(request.query) + "&X-Amz-Signature=\(signature)"
  }

  private func sign(
    _ request: Request, payloadHash: String, at time: Date
  ) -> (names: String, signature: String) {
    let headers = ([("host", request.authority)] + request.headers.map { ($0.name, $0.value) })
      .map { (name: $0.0.lowercased(), value: Self.trimmed($0.1)) }
      .sorted { $0.name < $1.name }
    let names = headers.map(\.name).joined(separator: ";")
    let canonical = [
      request.method, request.path, Self.canonicalQuery(request.query),
      headers.map { "\($0.name):\($0.value)\n" }.joined(), names, payloadHash,
    ].joined(separator: "\n")
    let text = [
      "AWS4-HMAC-SHA256", Self.stamp(time), scope(time),
      Self.hex(SHA256.hash(data: Array(canonical.utf8))),
    ].joined(separator: "\n")
    var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
    for part in [Self.day(time), region, service, "aws4_request"] {
      key = SymmetricKey(
        data: Data(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key)))
    }
    return (names, Self.hex(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)))
  }

  private func scope(_ time: Date) -> String {
    "\(Self.day(time))/\(region)/\(service)/aws4_request"
  }

  /// Ordered by encoded name, then value.
  static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
    query.map { (encode($0.name), encode($0.value)) }.sorted { $0 < $1 }
      .map { "\($0)=\($1)" }.joined(separator: "&")
  }

  /// Percent-encodes all but the unreserved characters of RFC 3986, and one more that is to be kept.
  static func encode(_ text: String, keeping kept: Character? = nil) -> String {
    var encoded = ""
    encoded.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      let character = Character(UnicodeScalar(byte))
      if byte < 128, character.isLetter || character.isNumber || "-._~".contains(character) {
        encoded.append(character)
      } else if character == kept {
        encoded.append(character)
      } else {
        encoded += "%" + hex([byte]).uppercased()
      }
    }
    return encoded
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// `20130524T000000Z`
  static func stamp(_ time: Date) -> String {
    let text = time.formatted(.iso8601)
    return text.filter { $0 != "-" && $0 != ":" }
  }

  private static func day(_ time: Date) -> String { String(stamp(time).prefix(8)) }

  /// Without blanks at its ends and with one for several, as the signature has it.
  private static func trimmed(_ value: String) -> String {
    value.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }
}
