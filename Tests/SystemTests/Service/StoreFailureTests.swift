import Foundation
import TestSupport
import Testing

/// What clients see when a store fails, and that the service goes on by itself when it is back.
@Suite("Service: stores that fail")
struct StoreFailureTests {
  private func picture() throws -> (name: String, data: Data) {
    ("a.jpg", try Checkout.data(Checkout.imageFixture("jpeg-444.jpg")))
  }

  @Test("a file store that cannot be written is 500, keeps nothing, and is not ready")
  func files() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    // A file where the folder of new files was: even root cannot write there.
    let temporary = folder.path("data/tmp")
    try FileManager.default.moveItem(atPath: temporary, toPath: folder.path("away"))
    try Data().write(to: URL(fileURLWithPath: temporary))
    let refused = try await client.upload([try picture()])
    #expect(refused.status == 500)
    #expect(refused.errorCode == "STORAGE_ERROR")
    #expect(!refused.text.contains(folder.path))
    let ready = try await client.get("/health/ready")
    #expect(ready.status == 503)
    #expect(ready.headers["retry-after"] != nil)
    #expect(ready.errors.compactMap { $0["field"] as? String } == ["files"])
    #expect(try await client.get("/health/live").status == 200)
    try FileManager.default.removeItem(atPath: temporary)
    try FileManager.default.moveItem(atPath: folder.path("away"), toPath: temporary)
    #expect(try await client.upload([try picture()]).status == 200)
    #expect(await server.stop() == 0)
  }

  @Test("a database whose tables are gone is 500 and tells nothing of its SQL")
  func database() async throws {
    let folder = try TemporaryFolder()
    let server = try await ServerProcess.start(
      dataDirectory: folder.path("data"), arguments: ["--workers", "0"])
    let client = ServiceClient(baseURL: server.baseURL)
    let script = """
      import sqlite3
      database = sqlite3.connect("\(folder.path("data/harrier.sqlite"))")
      database.execute("DROP TABLE file")
      database.commit()
      """
    let dropped = try await HarrierProcess(program: "python3", ["-c", script]).run()
    #expect(dropped.status == 0, "\(dropped.standardError)")
    let refused = try await client.upload([try picture()])
    #expect(refused.status == 500)
    #expect(refused.errorCode == "DATABASE_ERROR")
    #expect(!refused.text.lowercased().contains("sql") && !refused.text.contains("table"))
    // What was kept before the rows were refused is taken back.
    #expect(try folder.files().filter { $0.contains("/blobs/") || $0.contains("/tmp/") } == [])
    await server.stop()
  }
}
