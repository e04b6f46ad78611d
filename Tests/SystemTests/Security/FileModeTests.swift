import Foundation
import TestSupport
import Testing

@Suite("Who may read what the service keeps")
struct FileModeTests {
  /// Paths below the folder, and itself, with a right for the group or for others.
  private func open(_ folder: String) throws -> [String] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder).map {
      "\(folder)/\($0)"
    }
    return try ([folder] + paths).filter { path in
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      return try #require(mode as? NSNumber).intValue & 0o077 != 0
    }
  }

  @Test(
    "nothing in a new data folder has a right for anybody else, whatever the umask",
    .enabled(if: !TestStores.areShared, "a cluster keeps hardly anything in it"))
  func new() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    let server = try await ServerProcess.start(dataDirectory: data)
    let client = ServiceClient(baseURL: server.baseURL)
    _ = try await client.runJob([try SandboxTests.file()], config: SandboxTests.config)
    #expect(try open(data) == [])
    #expect(await server.stop() == 0)
    #expect(try open(data) == [])
    let names = try FileManager.default.subpathsOfDirectory(atPath: data)
    // The walk has met what it is about.
    #expect(names.contains("harrier.sqlite"))
    #expect(names.contains { $0.hasPrefix("blobs/jobs/") })
    #expect(names.contains { $0.hasPrefix("blobs/uploads/") })
  }

  @Test("migrate and worker make it as closed as serve", arguments: ["migrate", "worker"])
  func others(command: String) async throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    let arguments = [command, "--data-dir", data]
    let output = try await harrier(
      arguments: command == "worker" ? arguments + ["--check-sandbox"] : arguments)
    #expect(output.status == 0, "\(output.standardError)")
    #expect(try open(data) == [])
  }

  @Test("a data folder that others could enter is closed, and the log says so once a process")
  func older() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    try folder.write("", to: "data/harrier.sqlite")
    #expect(chmod(data, 0o755) == 0)
    let server = try await ServerProcess.start(dataDirectory: data)
    #expect(server.log.contains("is closed to them now"), "\(server.log)")
    let mode = try FileManager.default.attributesOfItem(atPath: data)[.posixPermissions]
    #expect((mode as? NSNumber)?.intValue == 0o700)
    #expect(await server.stop() == 0)
  }

  @Test("what harrier detect writes has the rights that its user's umask gives")
  func detect() async throws {
    let folder = try TemporaryFolder()
    let output = try await HarrierProcess(
      program: "/bin/sh",
      [
        "-c", #"umask 027; exec "$0" detect "$1" --slice off --output "$2" --annotate"#,
        HarrierProcess.binary, SandboxTests.picture.1, folder.path("out"),
      ]
    ).run()
    #expect(output.status == 0, "\(output.standardError)")
    for name in ["jpeg-444.json", "jpeg-444.annotated.jpg"] {
      let mode = try FileManager.default.attributesOfItem(atPath: folder.path("out/\(name)"))
      #expect((mode[.posixPermissions] as? NSNumber)?.intValue == 0o640, "\(name)")
    }
  }
}
