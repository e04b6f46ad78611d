import Foundation
import TestSupport
import Testing

/// One after the other: SwiftPM and dpkg are asked each time.
@Suite("The list of dependencies", .serialized)
struct SBOMTests {
  private static let python = Checkout.path(".deps/test-venv/bin/python")
  private static let hasValidator = FileManager.default.isExecutableFile(atPath: python)
  /// Any second will do, as long as it is always the same.
  private static let epoch = "1770000000"

  /// SwiftPM's build folder that the tested binary comes from.
  private static let scratch: String = {
    var folder = URL(fileURLWithPath: HarrierProcess.binary).resolvingSymlinksInPath()
    while folder.path != "/" {
      folder.deleteLastPathComponent()
      let state = folder.appendingPathComponent("workspace-state.json").path
      if FileManager.default.fileExists(atPath: state) { return folder.path }
    }
    return Checkout.path(".build")
  }()

  private static func run(
    _ arguments: [String] = [], binary: String = HarrierProcess.binary, epoch: String = epoch
  ) async throws -> HarrierProcess.Output {
    try await HarrierProcess(
      program: Checkout.path("scripts/sbom"),
      ["--scratch-path", scratch, "--binary", binary] + arguments,
      environment: ["SOURCE_DATE_EPOCH": epoch]
    ).run()
  }

  /// Most tests look at the same document.
  private static let document = Task { try await run() }

  private func document() async throws -> SPDXDocument {
    let output = try await Self.document.value
    try #require(output.status == 0, "\(output.standardError)")
    return try JSONDecoder().decode(SPDXDocument.self, from: output.standardOutput)
  }

  @Test(
    "is valid SPDX 2.3 by the library of SPDX, also with what only tests need",
    .enabled(if: hasValidator, "scripts/test-tools installs spdx-tools"),
    arguments: [[], ["--tests"]])
  func valid(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    let file = folder.path("harrier.spdx.json")
    let made = try await Self.run(["--output", file] + arguments)
    try #require(made.status == 0, "\(made.standardError)")
    let check = """
      import sys
      from spdx_tools.spdx.parser.parse_anything import parse_file
      from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
      document = parse_file(sys.argv[1])
      for message in validate_full_spdx_document(document):
          print(message.context.spdx_id, message.validation_message)
      print(document.creation_info.spdx_version, len(document.packages))
      """
    let output = try await HarrierProcess(program: Self.python, ["-c", check, file]).run()
    #expect(output.status == 0, "\(output.standardError)")
    #expect(output.text.split(separator: "\n").count == 1, "\(output.text)")
    #expect(output.text.hasPrefix("SPDX-2.3 "))
  }

  @Test("has every field that SPDX 2.3 requires, and names nothing that is not there")
  func requiredFields() async throws {
    let document = try await document()
    #expect(document.spdxVersion == "SPDX-2.3" && document.dataLicense == "CC0-1.0")
    #expect(document.SPDXID == "SPDXRef-DOCUMENT" && document.name == "harrier-0.1.0")
    // 1770000000 seconds after 1970.
    #expect(document.creationInfo.created == "2026-02-02T02:40:00Z")
    #expect(document.creationInfo.creators == ["Tool: harrier-sbom-0.1.0"])
    let namespace = /https:\/\/spdx\.org\/spdxdocs\/harrier-0\.1\.0-[0-9a-f]{32}/
    #expect(document.documentNamespace.wholeMatch(of: namespace) != nil)
    let ids = document.packages.map(\.SPDXID)
    #expect(Set(ids).count == ids.count)
    for package in document.packages {
      #expect(package.SPDXID.wholeMatch(of: /SPDXRef-[A-Za-z0-9.-]+/) != nil)
      #expect(!package.name.isEmpty && !package.licenseDeclared.isEmpty, "\(package.SPDXID)")
      #expect(package.filesAnalyzed == false)
      for reference in package.externalRefs ?? [] {
        #expect(reference.referenceType == "purl")
        #expect(
          reference.referenceLocator.wholeMatch(
            of: /pkg:(swift|deb|pypi|npm|github|generic)\/[\w.+~%\/@-]+(\?[\w=&-]+)?/) != nil,
          "\(reference.referenceLocator)")
      }
    }
    let known = Set(ids + ["SPDXRef-DOCUMENT"])
    for relationship in document.relationships {
      #expect(known.contains(relationship.spdxElementId), "\(relationship)")
      #expect(known.contains(relationship.relatedSpdxElement), "\(relationship)")
    }
    // Nothing hangs loose: each package has to do with something that has to do with Harrier.
    var reached: Set = ["SPDXRef-Package-harrier"]
    var count = 0
    while reached.count != count {
      count = reached.count
      for relationship in document.relationships {
        let ends = [relationship.spdxElementId, relationship.relatedSpdxElement]
        if !reached.isDisjoint(with: ends) { reached.formUnion(ends) }
      }
    }
    #expect(reached == known)
  }

  @Test("names every Swift package with its version and its licence")
  func swiftPackages() async throws {
    struct Resolved: Decodable {
      struct Pin: Decodable {
        struct State: Decodable { var version: String }
        var identity: String
        var location: String
        var state: State
      }
      var pins: [Pin]
    }
    let document = try await document()
    let pins = try JSONDecoder().decode(
      Resolved.self, from: try Checkout.data(Checkout.path("Package.resolved"))
    ).pins
    #expect(pins.count > 20)
    for pin in pins {
      let package = try #require(document.package("SPDXRef-Swift-\(pin.identity)"), "\(pin)")
      #expect(package.versionInfo == pin.state.version)
      #expect(package.licenseDeclared != "NOASSERTION", "\(pin.identity)")
      let path = pin.location.replacing("https://", with: "").replacing(/\.git$/, with: "")
      #expect(
        package.externalRefs?.map(\.referenceLocator)
          == ["pkg:swift/\(path)@\(pin.state.version)"])
    }
    #expect(document.package("SPDXRef-Swift-grdb.swift")?.licenseDeclared == "MIT")
    #expect(document.package("SPDXRef-Swift-swift-nio")?.licenseDeclared == "Apache-2.0")
    #expect(
      document.package("SPDXRef-Swift-swift-collections")?.licenseDeclared
        == "Apache-2.0 WITH Swift-exception")
    #expect(document.relates("Swift-swift-nio-ssl", "CONTAINS", "Carried-boringssl-swift-nio-ssl"))
    #expect(document.relates("Swift-hummingbird", "DEPENDS_ON", "Swift-swift-nio"))
  }

  @Test("names what is linked, what is started, what is fetched, and the models with their licence")
  func otherParts() async throws {
    let document = try await document()
    for name in [
      "Debian-libvips42", "Debian-libpango-1.0-0", "Debian-libarchive13", "Debian-libpq5",
      "Debian-libsqlite3-0", "Debian-libc6", "Debian-swi-prolog-nox", "Debian-util-linux",
      "Debian-fonts-dejavu-core", "Package-openvino", "Package-swagger-ui", "Package-swift",
    ] {
      #expect(document.relates("Package-harrier", "DEPENDS_ON", name), "\(name)")
    }
    #expect(document.relates("Debian-libvips42", "DEPENDS_ON", "Debian-libtiff6"))
    #expect(document.relates("Debian-libvips-dev", "BUILD_DEPENDENCY_OF", "Package-harrier"))
    #expect(document.relates("Debian-gcc", "BUILD_TOOL_OF", "Package-harrier"))
    #expect(!document.packages.contains { $0.SPDXID.hasPrefix("SPDXRef-PyPI") })
    let setup = try String(contentsOfFile: Checkout.path("scripts/setup"), encoding: .utf8)
    let openvino = try #require(document.package("SPDXRef-Package-openvino"))
    #expect(setup.contains("openvino_version=\(openvino.versionInfo ?? "?")\n"))
    #expect(
      setup.contains("openvino_sha256=\(openvino.checksums?.first?.checksumValue ?? "?")\n"))
    #expect(openvino.licenseDeclared == "Apache-2.0")
    for name in ["tree-crowns", "aerial15-obb"] {
      let model = try #require(document.package("SPDXRef-Model-\(name)"))
      let sum = try await HarrierProcess(
        program: "sha256sum", [Checkout.model("\(name).onnx")]
      ).run()
      #expect(sum.text.hasPrefix(model.checksums?.first?.checksumValue ?? "?"))
      #expect(model.licenseDeclared == "AGPL-3.0-only")
      #expect(document.relates("Model-\(name)", "DATA_FILE_OF", "Package-harrier"))
    }
  }

  @Test("is the same for the same input, and another one has another namespace")
  func reproducible() async throws {
    let first = try await Self.document.value
    let second = try await Self.run()
    #expect(first.standardOutput == second.standardOutput)
    let later = try await Self.run(epoch: "1770000001")
    let document = try JSONDecoder().decode(SPDXDocument.self, from: later.standardOutput)
    #expect(document.creationInfo.created == "2026-02-02T02:40:01Z")
    #expect(document.documentNamespace != (try await self.document()).documentNamespace)
    // Licences that nobody recognised are named, and no others.
    let unknown = Set(document.packages.filter { $0.licenseDeclared == "NOASSERTION" }.map(\.name))
    let line = try #require(later.errorLines.first { $0.hasPrefix("sbom: licences not") })
    let named = line.split(separator: ": ").last?.components(separatedBy: ", ") ?? []
    #expect(Set(named) == unknown)
  }

  @Test("is not made where something is missing, and says what")
  func refused() async throws {
    let missing = try await Self.run(binary: "/nonexistent/harrier")
    #expect(missing.status == 1 && missing.text.isEmpty)
    #expect(missing.standardError.contains("harrier is not built"))
    let noTime = try await Self.run(epoch: "yesterday")
    #expect(noTime.status == 1 && noTime.text.isEmpty)
    #expect(noTime.standardError.contains("SOURCE_DATE_EPOCH"))
  }

  @Test("knows licences by their texts and by Debian's names, and no others")
  func licences() async throws {
    let script = """
      import sys
      sys.path.insert(0, "\(Checkout.path("scripts"))")
      sys.dont_write_bytecode = True
      from sbom_lib.licences import of_debian, of_text
      own = open("\(Checkout.path("LICENSE"))").read()
      for name in ("GPL-2+", "LGPL-2.1", "Expat", "GPL-2+ or LGPL-3+", "BSD-3-clause and Zlib", "BSD-variant",
                   "GPL-2+ or AFL-2.1, and Expat", "GPL-2+ with OpenSSL exception", "GPL-9", "LGPL-2+ and Other"):
          print(of_debian(name))
      for text in (own, own.replace("Grant of Patent License", "Grant of nothing"), "All rights reserved.", ""):
          print(of_text(text))
      exception = '''Runtime Library Exception to the Apache 2.0 License: As an exception, if you use this Software to
      compile your source code and portions of this Software are embedded into the binary product as a result, you
      may redistribute such product without providing attribution'''
      print(of_text(own + exception))
      """
    let output = try await HarrierProcess(program: "python3", ["-c", script]).run()
    #expect(output.status == 0, "\(output.standardError)")
    #expect(
      output.text.split(separator: "\n") == [
        "GPL-2.0-or-later", "LGPL-2.1-only", "MIT", "GPL-2.0-or-later OR LGPL-3.0-or-later",
        "BSD-3-Clause AND Zlib", "None", "(GPL-2.0-or-later OR AFL-2.1) AND MIT", "None", "None",
        "None", "Apache-2.0", "None", "None", "None", "Apache-2.0 WITH Swift-exception",
      ])
  }
}

/// The members of an SPDX document that tests look at; a required one that is missing is an error.
private struct SPDXDocument: Decodable {
  struct CreationInfo: Decodable {
    var created: String
    var creators: [String]
  }
  struct Checksum: Decodable { var checksumValue: String }
  struct Reference: Decodable {
    var referenceType: String
    var referenceLocator: String
  }
  struct Package: Decodable {
    var SPDXID: String
    var name: String
    var versionInfo: String?
    var downloadLocation: String
    var filesAnalyzed: Bool
    var licenseConcluded: String
    var licenseDeclared: String
    var copyrightText: String
    var checksums: [Checksum]?
    var externalRefs: [Reference]?
  }
  struct Relationship: Decodable {
    var spdxElementId: String
    var relationshipType: String
    var relatedSpdxElement: String
  }

  var spdxVersion: String
  var dataLicense: String
  var SPDXID: String
  var name: String
  var documentNamespace: String
  var creationInfo: CreationInfo
  var packages: [Package]
  var relationships: [Relationship]

  func package(_ id: String) -> Package? { packages.first { $0.SPDXID == id } }

  /// Ids without their `SPDXRef-`.
  func relates(_ subject: String, _ kind: String, _ other: String) -> Bool {
    relationships.contains {
      $0.spdxElementId == "SPDXRef-\(subject)" && $0.relationshipType == kind
        && $0.relatedSpdxElement == "SPDXRef-\(other)"
    }
  }
}
