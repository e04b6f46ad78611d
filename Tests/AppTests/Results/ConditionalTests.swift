import Testing

@testable import App

@Suite("Conditional requests and ranges")
struct ConditionalTests {
  @Test(
    "If-None-Match compares weakly, in lists (RFC 9110, 8.8.3.2 and 13.1.2)",
    arguments: [
      ("\"1\"", true), ("W/\"1\"", true), ("\"2\"", false), ("W/\"2\"", false),
      ("\"0\", \"1\"", true), ("\"0\",W/\"1\" , \"2\"", true), ("*", true), (" * ", true),
      ("1", false), ("", false), ("\"1", false), ("\"a,b\", \"1\"", true), ("w/\"1\"", false),
      ("\"0\" \"1\"", true), (",, \"1\"", true),
    ])
  func ifNoneMatch(field: String, matches: Bool) {
    #expect(EntityTag(opaque: "1").matches(ifNoneMatch: field) == matches)
  }

  @Test("without a condition nothing matches, and every range is allowed")
  func unconditional() {
    #expect(!EntityTag(opaque: "1").matches(ifNoneMatch: nil))
    #expect(EntityTag(opaque: "1").allowsRange(ifRange: nil))
  }

  @Test("a tag is a function of its parts, told apart")
  func hashes() {
    #expect(EntityTag(of: "a", "b") == EntityTag(of: "a", "b"))
    #expect(EntityTag(of: "a", "b") != EntityTag(of: "ab"))
    #expect(EntityTag(of: "a", "b") != EntityTag(of: "b", "a"))
    // printf a | sha256sum
    #expect(EntityTag(of: "a").opaque == "ca978112ca1bbdcafac231b39a23dc4d")
  }

  /// The examples of RFC 9110, 14.1.2, over 10,000 bytes, and what breaks its rules.
  @Test(
    "ranges are read as RFC 9110 says",
    arguments: [
      ("bytes=0-499", RequestedRange.part(0..<500)), ("bytes=500-999", .part(500..<1000)),
      ("bytes=-500", .part(9500..<10_000)), ("bytes=9500-", .part(9500..<10_000)),
      ("bytes=0-0", .part(0..<1)), ("bytes=9999-", .part(9999..<10_000)),
      ("bytes=0-99999", .part(0..<10_000)), ("bytes=-99999", .part(0..<10_000)),
      ("Bytes=0-0", .part(0..<1)), ("bytes= 0-0", .part(0..<1)),
      ("bytes=0-99999999999999999999999999", .part(0..<10_000)),
      ("bytes=10000-", .unsatisfiable), ("bytes=10000-10001", .unsatisfiable),
      ("bytes=99999999999999999999999999-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
      ("bytes=0-0,-1", .whole), ("bytes=500-400", .whole), ("bytes=", .whole),
      ("bytes=-", .whole), ("bytes=a-b", .whole), ("bytes=+1-2", .whole), ("bytes=1", .whole),
      ("bytes=--1", .whole), ("lines=0-1", .whole), ("0-1", .whole), ("", .whole),
    ])
  func ranges(field: String, expected: RequestedRange) {
    #expect(RequestedRange(field, of: 10_000) == expected)
  }

  @Test("an empty file has no range, and without a field it is whole")
  func empty() {
    #expect(RequestedRange("bytes=0-", of: 0) == .unsatisfiable)
    #expect(RequestedRange("bytes=-1", of: 0) == .unsatisfiable)
    #expect(RequestedRange(nil, of: 10) == .whole)
  }

  @Test(
    "file names are there in ASCII and as they are (RFC 6266, 4.3; RFC 8187, 3.2)",
    arguments: [
      ("a.jpg", "inline; filename=\"a.jpg\""), ("a b.jpg", "inline; filename=\"a b.jpg\""),
      ("€ rates", "inline; filename=\"_ rates\"; filename*=UTF-8''%E2%82%AC%20rates"),
      ("a\"b\\c%.jpg", "inline; filename=\"a_b_c_.jpg\"; filename*=UTF-8''a%22b%5Cc%25.jpg"),
      ("é'(1).png", "inline; filename=\"_'(1).png\"; filename*=UTF-8''%C3%A9%27%281%29.png"),
    ])
  func disposition(filename: String, expected: String) {
    #expect(contentDisposition("inline", filename: filename) == expected)
  }
}
