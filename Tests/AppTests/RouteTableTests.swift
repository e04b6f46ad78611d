import HTTPTypes
import Hummingbird
import Jobs
import Testing

@testable import App

@Suite("RouteTable")
struct RouteTableTests {
  private let table: RouteTable = {
    let handler: Route.Handler = { _, _ in Response(status: .ok) }
    return RouteTable([
      Route(.get, "/api/v1/jobs", handler), Route(.post, "/api/v1/jobs/{job_id}/cancel", handler),
      Route(.get, "/files/{file_id}", exempt: true, handler),
      Route(.delete, "/files/{file_id}", handler), Route(.get, "/", handler),
    ])
  }()

  @Test(
    "a path has the methods of its routes, and HEAD where it has GET",
    arguments: [
      ("/api/v1/jobs", "GET, HEAD"), ("/api/v1/jobs/x/cancel", "POST"),
      ("/files/1", "DELETE, GET, HEAD"), ("/", "GET, HEAD"), ("/files", ""), ("/files/1/2", ""),
      ("/nowhere", ""),
    ])
  func methods(path: String, expected: String) {
    #expect(table.methods(for: path).map(\.rawValue).joined(separator: ", ") == expected)
  }

  @Test("a path without the method is 405 with Allow, a path that is none is 404")
  func noRoute() {
    let wrongMethod = table.noRoute(for: request("PUT", "/api/v1/jobs"))
    #expect(wrongMethod.code == .methodNotAllowed)
    #expect(wrongMethod.headers[.allow] == "GET, HEAD")
    #expect(table.noRoute(for: request("GET", "/nowhere")).code == .notFound)
  }

  @Test("a path's template is known whatever the method")
  func templates() {
    #expect(table.template(of: "/api/v1/jobs/job_1/cancel") == "/api/v1/jobs/{job_id}/cancel")
    #expect(table.template(of: "/") == "/")
    #expect(table.template(of: "/nowhere") == nil)
  }

  @Test("the routes are those of the OpenAPI document, one for one, for the same callers")
  func document() async {
    let monitored = MonitoredService()
    let access = await AccessControl(
      service: monitored.service, keys: MemoryStore(),
      secret: ServiceSettings.randomTokenSecret())
    let table = Routes(
      service: monitored.service, monitoring: monitored.monitoring(), access: access
    ).table
    #expect(table.operations == OpenAPIDocument.operations)
    #expect(table.operations.count == table.routes.count)
    for operation in OpenAPIDocument.operationTable {
      let route = table.routes.first {
        $0.path == operation.path && $0.method.rawValue == operation.method
      }
      #expect(
        route?.access == operation.access ?? .standard(operation.method), "\(operation.path)")
    }
  }

  @Test("methods that nobody knows share one label")
  func knownMethods() throws {
    #expect(RouteTable.knownMethod(.get) == "GET")
    #expect(RouteTable.knownMethod(try #require(HTTPRequest.Method("BREW"))) == "other")
  }

  private func request(_ method: String, _ path: String) -> Request {
    Request(
      head: HTTPRequest(
        method: HTTPRequest.Method(method) ?? .get, scheme: "http", authority: "a", path: path),
      body: RequestBody(buffer: .init()))
  }
}
