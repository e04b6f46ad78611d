import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

@Suite("RelationGraph documents")
struct RelationDocumentsTests {
  private static let swipl = "/usr/bin/swipl"

  /// What quoting, escaping and encoding can go wrong with.
  static let awkwardNames = [
    "plane", "Bridge", "small-vehicle", "_", "", "it's", "back\\slash", "two\nlines", "tab\tbed",
    "caf\u{e9}", "船", "🛥️", "\u{0}nul", "a.b", "% no comment", "/* nor this */", "is", "dynamic",
    "mod", "[]", "{}", "!", "\"double\"", "<&>", "\\x41\\", "été", "snake_case9", "9lives",
    "`tick`",
  ]

  /// Each name beside the next one, far from all others.
  static var awkward: RelationGraph {
    var graph = RelationGraph()
    for (index, name) in awkwardNames.enumerated() {
      let next = awkwardNames[(index + 1) % awkwardNames.count]
      graph.add([.at(0, 40, 40, 50, 50), .at(1, 0, 0, 100, 100)], classNames: [name, next])
    }
    return graph
  }

  private var harbor: RelationGraph {
    var graph = RelationGraph()
    graph.add(
      [.at(0, 40, 40, 50, 50), .at(1, 0, 0, 100, 100), .at(0, 50, 40, 60, 50)],
      classNames: ["small-vehicle", "Bridge"])
    return graph
  }

  @Test("JSON is one object of classes, images and relations")
  func json() {
    #expect(
      harbor.json() == """
        {"classes":[{"name":"small-vehicle","count":2},{"name":"Bridge","count":1}],"images":1,\
        "relations":[\
        {"relation":"cooccurs","subject":"Bridge","object":"small-vehicle","count":1},\
        {"relation":"located_on","subject":"small-vehicle","object":"Bridge","count":2},\
        {"relation":"adjacent_to","subject":"small-vehicle","object":"small-vehicle","count":1}]}

        """)
  }

  @Test("Prolog is a fact a line")
  func prolog() {
    #expect(
      harbor.prolog() == """
        % Relations between the classes of a job, written by Harrier.
        % fact(Relation, Subject, Object, Count): 1 images, 3 detections, 2 classes.
        fact(cooccurs, 'Bridge', 'small-vehicle', 1).
        fact(located_on, 'small-vehicle', 'Bridge', 2).
        fact(adjacent_to, 'small-vehicle', 'small-vehicle', 1).

        """)
  }

  @Test("a job without detections gives documents without relations")
  func empty() {
    let graph = RelationGraph()
    #expect(graph.json() == "{\"classes\":[],\"images\":0,\"relations\":[]}\n")
    #expect(graph.prolog().split(separator: "\n").allSatisfy { $0.hasPrefix("%") })
  }

  @Test("Foundation reads every name back from JSON")
  func jsonNames() throws {
    struct Document: Decodable {
      struct Entry: Decodable {
        var subject: String
        var object: String
      }
      var relations: [Entry]
    }
    let document = try JSONDecoder().decode(Document.self, from: Data(Self.awkward.json().utf8))
    let expected = Self.awkward.relations
    #expect(document.relations.map(\.subject) == expected.map(\.subject))
    #expect(document.relations.map(\.object) == expected.map(\.object))
  }

  @Test("Prolog is ASCII without directives")
  func prologIsASCII() {
    let lines = Self.awkward.prolog().split(separator: "\n", omittingEmptySubsequences: false)
    #expect(Self.awkward.prolog().allSatisfy { $0.isASCII })
    #expect(lines.dropLast().allSatisfy { $0.hasPrefix("%") || $0.hasPrefix("fact(") })
  }

  @Test(
    "SWI-Prolog reads every name back, in a locale that knows only ASCII",
    .enabled(if: FileManager.default.isExecutableFile(atPath: swipl)))
  func prologNames() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("relations.pl")
    try Self.awkward.prolog().write(toFile: path, atomically: true, encoding: .ascii)
    let process = Process()
    let (output, errors) = (Pipe(), Pipe())
    process.executableURL = URL(filePath: Self.swipl)
    process.environment = ["LC_ALL": "C"]
    process.standardOutput = output
    process.standardError = errors
    process.arguments = [
      "-q", "-g",
      "consult('\(path)'), forall(fact(R, S, O, C), (atom(S), atom(O), atom_codes(S, X), "
        + "atom_codes(O, Y), write([R, X, Y, C]), nl))",
      "-t", "halt",
    ]
    try process.run()
    let text = try String(
      decoding: output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    let complaints = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(String(decoding: complaints, as: UTF8.self).isEmpty)
    #expect(process.terminationStatus == 0)
    #expect(text.split(separator: "\n").map(String.init) == Self.awkward.relations.map(codes))
  }

  /// As `write/1` prints the relation with lists of code points for the names.
  private func codes(_ relation: Relation) -> String {
    let names = [relation.subject, relation.object].map { name in
      "[" + name.unicodeScalars.map { String($0.value) }.joined(separator: ",") + "]"
    }
    return "[\(relation.kind.rawValue),\(names[0]),\(names[1]),\(relation.count)]"
  }
}
