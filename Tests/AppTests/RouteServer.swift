import Foundation
import FoundationNetworking
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Testing

@testable import App

/// A server on a free port that has some routes and nothing around them.
enum RouteServer {
  struct Answer: Sendable {
    var status: Int
    /// By lower-case name.
    var headers: [String: String]
    var body: String
  }

  typealias Get =
    @Sendable (_ path: String, _ headers: [String: String]) async throws ->
    Answer

  typealias Handler = @Sendable (Request, HarrierContext) async throws -> Response

  /// Lends a way to ask it.
  static func serving(
    _ routes: [(path: String, handler: Handler)],
    _ body: @escaping @Sendable (Get) async throws -> Void
  ) async throws {
    let router = Router(context: HarrierContext.self)
    for route in routes {
      router.get(RouterPath(route.path), use: mapping(route.handler))
    }
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let application = Application(
      router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        port.yield(channel.localAddress?.port ?? 0)
      }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      let port = try #require(await ports.first { _ in true })
      try await body { path, headers in
        try await Self.get("http://127.0.0.1:\(port)\(path)", headers)
      }
      group.cancelAll()
    }
  }

  /// Errors with their status, as the service's middleware does it.
  private static func mapping(
    _ handler: @escaping @Sendable (Request, HarrierContext) async throws -> Response
  ) -> @Sendable (Request, HarrierContext) async throws -> Response {
    { request, context in
      do { return try await handler(request, context) } catch let error as APIError {
        return Response(
          status: error.code.status,
          body: ResponseBody(byteBuffer: ByteBuffer(string: error.message)))
      }
    }
  }

  private static func get(_ url: String, _ headers: [String: String]) async throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.cachePolicy = .reloadIgnoringLocalCacheData
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    var fields: [String: String] = [:]
    for (name, value) in http.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
    return Answer(
      status: http.statusCode, headers: fields, body: String(decoding: data, as: UTF8.self))
  }
}
