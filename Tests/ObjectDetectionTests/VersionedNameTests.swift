import ObjectDetection
import Testing

@Suite("Names with versions")
struct VersionedNameTests {
  @Test(
    "what follows @ is the version; other names have none",
    arguments: [
      ("aerial@3", "aerial", 3), ("a.b@12", "a.b", 12), ("aerial", "aerial", nil),
      ("aerial@x", "aerial@x", nil), ("aerial@", "aerial@", nil),
    ] as [(String, String, Int?)])
  func parsed(text: String, name: String, version: Int?) {
    let versioned = VersionedName(text)
    #expect(versioned.name == name)
    #expect(versioned.version == version)
  }

  @Test("results say name and version apart")
  func results() {
    var json = JSONWriter()
    json.object { json in
      json.members(
        of: ModelIdentity(name: "aerial@3", task: .obb, sha256: "0a", classNames: []))
    }
    #expect(json.text == #"{"name":"aerial","version":3,"task":"obb","sha256":"0a"}"#)
  }
}
