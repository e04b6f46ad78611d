import Foundation
import NIOPosix
import Testing

@testable import Backends

/// All expected values are AWS' own: its SigV4 test suite ("get-vanilla" and others) and the examples of the S3 API
/// reference, "Signature Calculations for the Authorization Header" and "Using Query Parameters".
@Suite("S3 signer")
struct S3SignerTests {
  /// Of the test suite.
  private static let suite = S3Signer(
    credentials: S3Credentials(
      accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    region: "us-east-1", service: "service")

  struct Vector: Sendable {
    var name: String
    var method = "GET"
    var path = "/"
    var query: [(name: String, value: String)] = []
    var headers: [(name: String, value: String)] = []
    var signature: String
  }

  static let vectors = [
    Vector(
      name: "get-vanilla",
      signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    Vector(
      name: "post-vanilla", method: "POST",
      signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    Vector(
      name: "get-vanilla-query-order-key-case",
      query: [("Param2", "value2"), ("Param1", "value1")],
      signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"),
    Vector(
      name: "get-vanilla-utf8-query", query: [("\u{1234}", "bar")],
      signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    Vector(
      name: "get-utf8", path: "/" + S3Signer.encode("\u{1234}"),
      signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    Vector(
      name: "post-header-key-sort", method: "POST", headers: [("My-Header1", "value1")],
      signature: "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"),
  ]

  @Test("requests are signed as in AWS' test suite", arguments: vectors)
  func testSuite(vector: Vector) {
    let signature = Self.suite.authorization(
      for: S3Signer.Request(
        method: vector.method, authority: "example.amazonaws.com", path: vector.path,
        query: vector.query, headers: vector.headers + [("X-Amz-Date", "20150830T123600Z")]),
      payloadHash: S3Signer.emptyHash, at: Date(timeIntervalSince1970: 1_440_938_160))
    #expect(signature.hasSuffix("Signature=\(vector.signature)"), "\(vector.name)")
    #expect(
      signature.hasPrefix(
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;"
      ))
  }

  /// Of the S3 API reference.
  private static let examples = S3Signer(
    credentials: S3Credentials(
      accessKeyID: "AKIAIOSFODNN7EXAMPLE",
      secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    region: "us-east-1")
  /// 24 May 2013, 00:00 UTC.
  private static let may24 = Date(timeIntervalSince1970: 1_369_353_600)

  static let exampleVectors = [
    Vector(
      name: "GET object", path: "/test.txt", headers: [("Range", "bytes=0-9")],
      signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
    Vector(
      name: "PUT object", method: "PUT", path: "/test%24file.text",
      headers: [
        ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
      ], signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"),
    Vector(
      name: "GET bucket lifecycle", query: [("lifecycle", "")],
      signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
    Vector(
      name: "GET bucket, list", query: [("prefix", "J"), ("max-keys", "2")],
      signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
  ]

  @Test("requests are signed as in the S3 API reference", arguments: exampleVectors)
  func reference(vector: Vector) throws {
    let body = vector.method == "PUT" ? "Welcome to Amazon S3." : ""
    let headers = Self.examples.headers(
      for: S3Signer.Request(
        method: vector.method, authority: "examplebucket.s3.amazonaws.com", path: vector.path,
        query: vector.query, headers: vector.headers),
      payloadHash: S3Digest(of: Array(body.utf8)).sha256, at: Self.may24)
    let authorization = try #require(headers.first { $0.name == "authorization" }?.value)
    #expect(authorization.hasSuffix("Signature=\(vector.signature)"), "\(vector.name)")
    #expect(headers.contains { $0.name == "x-amz-date" && $0.value == "20130524T000000Z" })
  }

  @Test("a URL is presigned as in the S3 API reference")
  func presigned() throws {
    let client = S3Client(
      location: try S3Location(
        "s3://examplebucket?endpoint=https://s3.amazonaws.com&path_style=false"),
      limits: S3Limits(), threads: .singleton,
      keyring: try S3Keyring(.explicit(Self.examples.credentials), threads: .singleton))
    let url = client.presignedURL(of: "test.txt", query: [], seconds: 86400, at: Self.may24)
    #expect(
      url == "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
  }

  @Test("a session token is sent and signed, in headers as in URLs")
  func sessionToken() {
    var signer = Self.examples
    signer = S3Signer(
      credentials: S3Credentials(
        accessKeyID: "id", secretAccessKey: "secret", sessionToken: "to/ken=="),
      region: signer.region)
    let request = S3Signer.Request(method: "GET", authority: "host", path: "/")
    let headers = signer.headers(for: request, payloadHash: S3Signer.emptyHash, at: Self.may24)
    #expect(headers.contains { $0.name == "x-amz-security-token" && $0.value == "to/ken==" })
    #expect(headers.last?.value.contains("x-amz-date;x-amz-security-token,") == true)
    let query = signer.presignedQuery(for: request, seconds: 60, at: Self.may24)
    #expect(query.contains("X-Amz-Security-Token=to%2Fken%3D%3D&X-Amz-SignedHeaders=host"))
  }

  @Test("a presigned URL is good for a second at least and seven days at most")
  func expiry() {
    let request = S3Signer.Request(method: "GET", authority: "host", path: "/")
    for (seconds, expected) in [(0, 1), (-5, 1), (60, 60), (.max, 604_800)] {
      let query = Self.examples.presignedQuery(for: request, seconds: seconds, at: Self.may24)
      #expect(query.contains("X-Amz-Expires=\(expected)&"))
    }
  }
}
