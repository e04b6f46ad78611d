import Foundation
import Jobs
import TestSupport
import Testing

@testable import Backends

@Suite("S3 location")
struct S3LocationTests {
  struct Row: Sendable {
    var text: String
    var url: String
    var isPathStyle: Bool
  }

  /// What AWS' "Virtual hosting of buckets" and the servers' own documents say of URLs.
  static let rows = [
    Row(
      text: "s3://pictures", url: "https://pictures.s3.us-east-1.amazonaws.com/k",
      isPathStyle: false),
    Row(
      text: "s3://pictures/a/b/?region=eu-central-1",
      url: "https://pictures.s3.eu-central-1.amazonaws.com/a/b/k", isPathStyle: false),
    Row(
      text: "s3://my.pictures", url: "https://s3.us-east-1.amazonaws.com/my.pictures/k",
      isPathStyle: true),
    Row(
      text: "s3://pictures?path_style=true",
      url: "https://s3.us-east-1.amazonaws.com/pictures/k", isPathStyle: true),
    Row(
      text: "s3://bucket/prefix?endpoint=http://127.0.0.1:8333&region=us-east-1&path_style=true",
      url: "http://127.0.0.1:8333/bucket/prefix/k", isPathStyle: true),
    Row(
      text: "s3://pictures?endpoint=https://MinIO.local:443/",
      url: "https://minio.local/pictures/k",
      isPathStyle: true),
    Row(
      text: "s3://pictures?endpoint=http://minio.local:9000&path_style=false",
      url: "http://pictures.minio.local:9000/k", isPathStyle: false),
    Row(
      text: "s3://pictures?endpoint=http://[::1]:9000", url: "http://[::1]:9000/pictures/k",
      isPathStyle: true),
    Row(
      text: "s3://pictures/a%20b+%C3%BC?path_style=true",
      url: "https://s3.us-east-1.amazonaws.com/pictures/a%20b%2B%C3%BC/k", isPathStyle: true),
  ]

  @Test("a URL says where objects are", arguments: rows)
  func good(row: Row) throws {
    let location = try S3Location(row.text)
    let path = location.path(of: location.object("k"))
    #expect("\(location.origin)\(path)" == row.url)
    #expect(location.isPathStyle == row.isPathStyle)
  }

  static let faults = [
    ("http://pictures", "s3://"), ("pictures", "s3://"), ("", "s3://"), ("s3://", "bucket"),
    ("s3://ab", "bucket"), ("s3://Pictures_1", "bucket"), ("s3://-ab", "bucket"),
    ("s3://id:secret@pictures", "credentials"), ("s3://pictures:80", "port"),
    ("s3://pictures#x", "fragment"), ("s3://pictures/a/../b", "prefix"),
    ("s3://pictures/a%0Ab", "prefix"), ("s3://pictures/a%5Cb", "prefix"),
    ("s3://pictures/\(String(repeating: "a", count: 401))", "prefix"),
    ("s3://pictures?region=", "region"), ("s3://pictures?region=eu_1", "region"),
    ("s3://pictures?endpoint=ftp://x", "endpoint"),
    ("s3://pictures?endpoint=127.0.0.1", "endpoint"),
    ("s3://pictures?endpoint=http://h/path", "endpoint"),
    ("s3://pictures?endpoint=http://id:secret@h", "endpoint"),
    ("s3://pictures?endpoint=http://127.0.0.1:99999", "endpoint"),
    ("s3://pictures?endpoint=http://127.0.0.1:0", "endpoint"),
    ("s3://pictures?public_endpoint=files.example", "public_endpoint"),
    ("s3://pictures?public_endpoint=http://10.0.0.1", "path_style"),
    ("s3://pictures?path_style=yes", "path_style"),
    ("s3://pictures?endpoint=http://10.0.0.1&path_style=false", "path_style"),
    ("s3://pictures?regoin=eu", "regoin"), ("s3://pictures?region=a&region=b", "twice"),
  ]

  @Test("a URL's fault is named, and no secret of it shown", arguments: faults)
  func bad(text: String, word: String) {
    #expect {
      _ = try S3Location(text)
    } throws: { error in
      guard let error = error as? JobsError else { return false }
      return error.code == .storageError && error.message.contains(word)
        && !error.description.contains("secret")
    }
  }
}

@Suite("S3 credentials")
struct S3CredentialsTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("no description shows the secret or the session token")
  func descriptions() {
    let credentials = S3Credentials(
      accessKeyID: "AKIAEXAMPLE", secretAccessKey: "topsecret", sessionToken: "tokentext")
    var dumped = ""
    dump(S3CredentialsSource.explicit(credentials), to: &dumped)
    let texts = [
      "\(credentials)", String(reflecting: credentials), String(describing: [credentials]),
      "\(Optional(credentials) as Any)", dumped,
      credentials.redacted("x topsecret tokentext AKIAEXAMPLE"),
      "\(S3CredentialsSource.explicit(credentials))",
    ]
    for text in texts {
      for secret in ["topsecret", "tokentext", "AKIAEXAMPLE"] {
        #expect(!text.contains(secret), "\(text)")
      }
    }
  }

  @Test("the environment of a process has its names as AWS' tools have them")
  func environment() throws {
    let values = ["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "s"]
    #expect(
      try S3CredentialsSource.standard(environment: values).read()
        == S3Credentials(accessKeyID: "id", secretAccessKey: "s"))
    let temporary = values.merging(["AWS_SESSION_TOKEN": "t"]) { $1 }
    #expect(try S3CredentialsSource.standard(environment: temporary).read().sessionToken == "t")
  }

  /// Also with what editors and people leave in such files.
  static let fileText = """
    # the team's
    [default]
    aws_access_key_id = id-1
    aws_secret_access_key=secret/1=+
    [ backup ]\r
    ; from the other account\r
    AWS_ACCESS_KEY_ID = id-2\r
    aws_secret_access_key = secret-2\r
    aws_session_token = token-2\r
    region = eu-central-1
    [empty]
    """

  @Test("a credentials file is read by profile")
  func file() throws {
    let path = try folder.write(Self.fileText, to: "credentials")
    #expect(
      try S3CredentialsSource.standard(environment: ["AWS_SHARED_CREDENTIALS_FILE": path]).read()
        == S3Credentials(accessKeyID: "id-1", secretAccessKey: "secret/1=+"))
    #expect(
      try S3CredentialsSource.file(path: path, profile: "backup").read()
        == S3Credentials(accessKeyID: "id-2", secretAccessKey: "secret-2", sessionToken: "token-2"))
  }

  @Test("what is missing is named, and no value shown")
  func missing() throws {
    let path = try folder.write(Self.fileText, to: "credentials")
    let table: [(S3CredentialsSource, String)] = [
      (.environment(["AWS_ACCESS_KEY_ID": "id"]), "AWS_SECRET_ACCESS_KEY is missing"),
      (.environment(["AWS_SECRET_ACCESS_KEY": "hush"]), "AWS_ACCESS_KEY_ID is missing"),
      (.environment(["AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "hush"]), "is missing"),
      (
        .environment(["AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "hu\nsh"]),
        "AWS_SECRET_ACCESS_KEY in the environment has a blank"
      ),
      (.file(path: path, profile: "none"), "no profile none"),
      (.file(path: path, profile: "empty"), "aws_access_key_id is missing"),
      (.file(path: folder.path("none"), profile: "default"), "no credentials file"),
    ]
    for (source, words) in table {
      #expect {
        _ = try source.read()
      } throws: { error in
        let text = (error as? JobsError)?.message ?? ""
        return text.contains(words) && !text.contains("hush")
      }
    }
  }
}

@Suite("S3 XML")
struct S3XMLTests {
  private func parse(_ text: String) throws -> S3XML { try S3XML(parsing: text.utf8) }

  @Test("an error as the S3 API reference shows it")
  func error() throws {
    let document = try parse(
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <!-- a proxy was here -->
      <Error xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a='>'>
        <Code>NoSuchKey</Code>
        <Message>The resource you requested does not exist</Message>
        <Resource>/mybucket/myfoto.jpg</Resource><HostId/>
      </Error>
      """)
    #expect(document.name == "Error")
    #expect(document["Code"] == "NoSuchKey")
    #expect(document.children.map(\.name) == ["Code", "Message", "Resource", "HostId"])
  }

  @Test("entities and CDATA are text")
  func entities() throws {
    let document = try parse(
      "<a><b>&#34;1&quot;&amp;amp;&lt;&gt;&apos;&#xfc;&#x1F600;</b><c>x<![CDATA[<&amp;>]]>y</c></a>"
    )
    #expect(document["b"] == "\"1\"&amp;<>'ü😀")
    #expect(document["c"] == "x<&amp;>y")
    let text = "a<b>&\"c\"]]>"
    #expect(try parse("<a><k>\(S3XML.escaped(text))</k></a>")["k"] == text)
  }

  @Test(
    "what is no whole document is refused",
    arguments: [
      "", "text", "<a>", "<a></b>", "<a><b></a></b>", "</a>", "<a", "<a>&nosuch;</a>",
      "<a>&amp</a>",
      "<a>&#xD800;</a>", "<a>&#;</a>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "<>", "<a><!-- </a>",
      "<a><![CDATA[</a>", "<a b='></a>", String(repeating: "<a>", count: 17),
      String(repeating: "<a>", count: 1 << 20),
    ])
  func broken(text: String) {
    #expect(throws: JobsError.self) { try parse(text) }
  }
}
