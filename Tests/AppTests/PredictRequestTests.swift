import Jobs
import TestSupport
import Testing

@testable import App

@Suite("PredictRequest")
struct PredictRequestTests {
  @Test("the contract's example is read")
  func example() throws {
    let request = try predictRequest(predictExample)
    #expect(request.uploadID.description == "upl_0123456789ab")
    #expect(request.fileIDs?.map(\.description) == ["img_0123456789ab", "img_0123456789ac"])
    #expect(request.configuration.model == "aerial15-obb")
    #expect(request.configuration.classes == ["plane", "ship"])
    #expect(request.configuration.rules == "dota")
    #expect(request.priority == .normal)
    #expect(request.callbackURL == nil)
  }

  @Test("only upload_id is required, and null is the same as absent where the contract allows it")
  func least() throws {
    let least = try predictRequest(#"{"upload_id": "upl_0123456789ab"}"#)
    #expect(least.fileIDs == nil && least.priority == .normal && least.callbackURL == nil)
    #expect(least.configuration.model == "tree-crowns")
    let nulls = try predictRequest(
      #"{"upload_id": "upl_0123456789ab", "file_ids": null, "config": null, "callback_url": null}"#)
    #expect(nulls == least)
    #expect(
      try configuration(
        #"""
        {"model": null, "model_path": null, "classes": null, "sahi": null, "visualization": null,
         "symbolic_reasoning": {"rules": null, "rules_file": null}}
        """#) == least.configuration)
  }

  @Test("priorities and callbacks", arguments: ["low", "normal", "high"])
  func priority(name: String) throws {
    let url = "https://example.org/hook?job=1"
    let request = try predictRequest(
      #"{"upload_id": "upl_0123456789ab", "priority": "\#(name)", "callback_url": "\#(url)"}"#)
    #expect("\(request.priority)" == name)
    #expect(request.callbackURL == url)
  }

  @Test("malformed JSON is an invalid request, not an invalid configuration")
  func malformed() {
    let error = #expect(throws: APIError.self) { try predictRequest("{\"upload_id\": NaN}") }
    #expect(error?.code == .invalidRequest)
    #expect(error?.details == "line 1, column 15: NaN is not JSON")
  }

  static let wrong: [(String, [String])] = [
    ("[]", ["body WRONG_TYPE"]), ("null", ["body WRONG_TYPE"]),
    ("\"upl_0123456789ab\"", ["body WRONG_TYPE"]),
    ("{}", ["upload_id REQUIRED"]), (#"{"upload_id": null}"#, ["upload_id WRONG_TYPE"]),
    (#"{"upload_id": 5}"#, ["upload_id WRONG_TYPE"]),
    (
      #"{"file_ids": [], "priority": "urgent"}"#,
      ["upload_id REQUIRED", "file_ids OUT_OF_RANGE", "priority INVALID_VALUE"]
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "file_ids": "img_0123456789ab"}"#, ["file_ids WRONG_TYPE"]
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "file_ids": [1, "img_0123456789ab", null]}"#,
      ["file_ids[0] WRONG_TYPE", "file_ids[2] WRONG_TYPE"]
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "file_ids": ["img_0123456789ab", "img_0123456789ab"]}"#,
      ["file_ids[1] INVALID_VALUE"]
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "priority": null, "config": []}"#,
      ["config WRONG_TYPE", "priority WRONG_TYPE"]
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "confidence": 1, "callback": ""}"#,
      ["confidence UNKNOWN_FIELD", "callback UNKNOWN_FIELD"]
    ),
    (#"{"upload_id": "upl_0123456789ab", "callback_url": 1}"#, ["callback_url WRONG_TYPE"]),
    // A problem of form comes before an id that names nothing.
    (#"{"upload_id": "nonsense", "priority": "urgent"}"#, ["priority INVALID_VALUE"]),
  ]

  @Test("every wrong field is named at once", arguments: wrong)
  func wrongFields(body: String, expected: [String]) throws {
    #expect(faults(body) == expected)
    let error = #expect(throws: APIError.self) { try predictRequest(body) }
    #expect(error?.code == .invalidConfig && error?.message == "Invalid configuration")
  }

  @Test(
    "callbacks that cannot be called are refused",
    arguments: [
      "", "example.org", "/hook", "ftp://example.org", "file:///etc/passwd", "http://",
      "https:///x", "http://exa mple.org/",
    ])
  func callback(url: String) {
    #expect(
      faults(#"{"upload_id": "upl_0123456789ab", "callback_url": "\#(url)"}"#)
        == ["callback_url INVALID_VALUE"])
  }

  @Test(
    "a callback with a password, a fragment, or a host that two parsers may read differently is refused",
    arguments: [
      "https://user@example.org/", "https://user:secret@example.org/", "https://@example.org/",
      "https://example.org/#top", "https://127.1/", "https://0x7f000001/", "https://2130706433/",
      "https://1.2.3.4.5/", "https://exa%6dple.org/", "https://münchen.example/",
      "https://example.org:0/", "https://example.org:65536/", "https://[fe80::1%25eth0]/",
      "https://.example.org/", "https://example..org/",
    ])
  func doubtfulCallback(url: String) {
    let body = #"{"upload_id": "upl_0123456789ab", "callback_url": "\#(url)"}"#
    #expect(faults(body) == ["callback_url INVALID_VALUE"])
  }

  @Test(
    "a callback to a private address is refused at once, unless the operator allows it",
    arguments: [
      "http://127.0.0.1:8080/hook", "http://10.1.2.3/", "http://169.254.169.254/latest/meta-data",
      "http://[::1]/", "http://[fd00::1]:9000/", "http://[::ffff:192.168.1.1]/", "http://0.0.0.0/",
    ])
  func privateCallback(url: String) throws {
    let body = #"{"upload_id": "upl_0123456789ab", "callback_url": "\#(url)"}"#
    #expect(faults(body) == ["callback_url NOT_ALLOWED"])
    #expect(try predictRequest(body, callbacks: .everywhere).callbackURL == url)
  }

  @Test("a callback may have 2048 characters")
  func longCallback() {
    let base = "https://example.org/"
    for (length, expected) in [(2048, []), (2049, ["callback_url OUT_OF_RANGE"])] {
      let url = base + String(repeating: "a", count: length - base.count)
      #expect(faults(#"{"upload_id": "upl_0123456789ab", "callback_url": "\#(url)"}"#) == expected)
    }
  }

  @Test("a hundred files may be named, one more is too many")
  func fileCount() {
    for (count, expected) in [(100, []), (101, ["file_ids OUT_OF_RANGE"])] {
      let ids = (0..<count).map { "\"img_000000000\(100 + $0)\"" }.joined(separator: ",")
      #expect(faults(#"{"upload_id": "upl_0123456789ab", "file_ids": [\#(ids)]}"#) == expected)
    }
  }

  static let absent: [(String, APIErrorCode, String)] = [
    (#"{"upload_id": "../../etc/passwd"}"#, .uploadNotFound, "upload_id"),
    (#"{"upload_id": "img_0123456789ab"}"#, .uploadNotFound, "upload_id"),
    (#"{"upload_id": "", "config": {"model": "../x"}}"#, .uploadNotFound, "upload_id"),
    (
      #"{"upload_id": "upl_0123456789ab", "file_ids": ["img_0123456789ab", "x"]}"#, .fileNotFound,
      "file_ids[1]"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"model": "../secret"}}"#, .modelNotFound,
      "config.model"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"model": ""}}"#, .modelNotFound, "config.model"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"model": ".."}}"#, .modelNotFound,
      "config.model"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"model": "\#(String(repeating: "a", count: 129))"}}"#,
      .modelNotFound, "config.model"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"model_path": "//"}}"#, .modelNotFound,
      "config.model_path"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"model_path": "ä.pt"}}"#, .modelNotFound,
      "config.model_path"
    ),
    (
      #"{"upload_id": "upl_0123456789ab", "config": {"symbolic_reasoning": {"rules": "a/b"}}}"#,
      .rulesNotFound, "config.symbolic_reasoning.rules"
    ),
  ]

  @Test("a text that can be no id or name names nothing", arguments: absent.indices)
  func notFound(index: Int) {
    let (body, code, field) = Self.absent[index]
    let error = #expect(throws: APIError.self) { try predictRequest(body) }
    #expect(error?.code == code)
    #expect(error?.field == field)
  }

  @Test("a hundred problems are told, not a hundred thousand")
  func manyProblems() {
    let unknown = (0..<50_000).map { "\"f\($0)\": 0" }.joined(separator: ",")
    let body = #"{"config": {\#(unknown)}, "sahi": {}, \#(unknown)}"#
    #expect(faults(body).count == 100)
  }
}
