import ObjectDetection
import Testing

@testable import App

@Suite("Closest name")
struct ClosestNameTests {
  static let known = [
    "port", "host", "data_dir", "max_json_bytes", "max_header_bytes", "rate_limit",
  ]

  @Test(
    "a typing mistake finds its name, another word finds none",
    arguments: [
      ("prot", "port"), ("prt", "port"), ("hots", "host"), ("datadir", "data_dir"),
      ("rate", "rate_limit"), ("max_jason_bytes", "max_json_bytes"), ("max_", nil), ("colour", nil),
      ("", nil), ("p", nil), (String(repeating: "port", count: 100), nil),
    ] as [(String, String?)])
  func closest(name: String, expected: String?) {
    #expect(closestName(to: name, among: Self.known) == expected)
  }
}
