import Backends
import Testing

@Suite("Redis URL")
struct RedisURLTests {
  @Test("all parts are read")
  func parts() throws {
    let url = try RedisURL("rediss://ali%40ce:p%3Aa%2Fs@redis.example:6380/7")
    #expect(url.isEncrypted)
    #expect(url.user == "ali@ce")
    #expect(url.password == "p:a/s")
    #expect(url.host == "redis.example")
    #expect(url.port == 6380)
    #expect(url.database == 7)
  }

  @Test(
    "parts that are left out have their defaults",
    arguments: ["redis://localhost", "redis://localhost/", "REDIS://localhost:6379/0"])
  func defaults(text: String) throws {
    let url = try RedisURL(text)
    #expect(!url.isEncrypted)
    #expect(url.host == "localhost")
    #expect(url.port == 6379)
    #expect(url.user == nil)
    #expect(url.password == nil)
    #expect(url.database == 0)
  }

  @Test("a password needs no user, a host may be an IPv6 address")
  func forms() throws {
    let url = try RedisURL("redis://:pa@ss@[::1]:7000")
    #expect(url.user == nil)
    #expect(url.password == "pa@ss")
    #expect(url.host == "::1")
    #expect(url.port == 7000)
    #expect(url.description == "redis://[::1]:7000/0")
  }

  @Test(
    "an error names the part and does not show it",
    arguments: [
      ("localhost:6379", "scheme"), ("http://secret@host", "scheme"), ("redis://", "host"),
      ("redis://:secret@:1", "host"), ("redis://[::1", "host"), ("redis://[::1]x", "host"),
      ("redis://host:secret", "port"), ("redis://host:0", "port"), ("redis://host:65536", "port"),
      ("redis://host/secret", "database"), ("redis://host/-1", "database"),
      ("redis://user@host", "password"), ("redis://user:@host", "password"),
      ("redis://user:secret%zz@host", "password"), ("redis://%zz:secret@host", "user"),
      ("redis://host?a=secret", "query"), ("redis://user:sec#ret@host", "query"),
    ])
  func errors(text: String, part: String) {
    let error = #expect(throws: RedisError.self) { try RedisURL(text) }
    #expect(error?.code == .invalidSettings)
    #expect(error?.description.contains("The Redis URL's \(part) ") == true)
    #expect(error?.description.contains("secret") == false)
  }

  @Test("no description shows the password")
  func descriptions() throws {
    let url = try RedisURL("redis://alice:secret@host")
    var dumped = ""
    dump(url, to: &dumped)
    dump(RedisOptions(url: url), to: &dumped)
    for text in ["\(url)", String(reflecting: url), dumped, "\(RedisOptions(url: url))"] {
      #expect(!text.contains("secret"))
      #expect(text.contains("alice@host"))
    }
  }
}
