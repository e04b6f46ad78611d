import HTTPTypes
import Hummingbird

/// One operation of the contract.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, HarrierContext) async throws -> Response

  var method: HTTPRequest.Method
  /// `/api/v1/jobs/{job_id}/status`
  var path: String
  /// Whether the rate limit leaves it alone: file bytes, health, metrics, documentation.
  var isExempt: Bool
  /// Who may use it, where access is controlled.
  var access: RouteAccess
  var handler: Handler

  /// - Parameter access: who looks needs another scope than who changes, unless it says otherwise.
  init(
    _ method: HTTPRequest.Method, _ path: String, exempt isExempt: Bool = false,
    access: RouteAccess? = nil, _ handler: @escaping Handler
  ) {
    self.method = method
    self.path = path
    self.access = access ?? .standard(method.rawValue)
    self.isExempt = isExempt
    self.handler = handler
  }
}

/// Which methods a path has, for 405, preflights and the documentation.
struct RouteTable: Sendable {
  let routes: [Route]
  private let exemptPaths: Set<String>
  private let accesses: [String: RouteAccess]
  private let templates: [Template]

  private struct Template {
    var segments: [Substring]
    var methods: [HTTPRequest.Method]
  }

  init(_ routes: [Route]) {
    self.routes = routes
    exemptPaths = Set(routes.filter(\.isExempt).map(\.path))
    accesses = Dictionary(
      routes.map { (Self.operation($0.method, $0.path), $0.access) }, uniquingKeysWith: { $1 })
    templates = Dictionary(grouping: routes, by: \.path).sorted { $0.key < $1.key }.map {
      path, routes in
      let methods = routes.map(\.method)
      let all = methods.contains(.get) ? methods + [.head] : methods
      return Template(
        segments: path.split(separator: "/"), methods: all.sorted { $0.rawValue < $1.rawValue })
    }
  }

  /// `GET /api/v1/jobs/{job_id}/status` ...
  var operations: Set<String> { Set(routes.map { Self.operation($0.method, $0.path) }) }

  private static func operation(_ method: HTTPRequest.Method, _ path: String) -> String {
    "\(method.rawValue) \(path)"
  }

  func isExempt(_ template: String) -> Bool { exemptPaths.contains(template) }

  /// Who may use the route at a path's template. What is no route may be asked by anyone: the answer is that it is none.
  func access(of method: HTTPRequest.Method, _ template: String) -> RouteAccess {
    accesses[Self.operation(method == .head ? .get : method, template)] ?? .anyone
  }

  /// Empty for a path that no route has.
  func methods(for path: String) -> [HTTPRequest.Method] { match(path)?.methods ?? [] }

  /// The template of the routes at a path, whatever their methods.
  func template(of path: String) -> String? {
    match(path).map { "/" + $0.segments.joined(separator: "/") }
  }

  private func match(_ path: String) -> Template? {
    let segments = path.split(separator: "/")
    return templates.first { template in
      template.segments.count == segments.count
        && zip(template.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
    }
  }

  /// What a request to nowhere is answered with: 405 where only the method is wrong.
  func noRoute(for request: Request) -> APIError {
    let methods = methods(for: request.uri.path)
    guard !methods.isEmpty else { return APIError(.notFound, "No such route") }
    let allowed = methods.map(\.rawValue).joined(separator: ", ")
    return APIError(
      .methodNotAllowed, "Method not allowed", details: "Allowed are: \(allowed)",
      headers: [.allow: allowed])
  }

  /// Methods that are no others' invention: a label of the metrics must not grow without bound.
  static func knownMethod(_ method: HTTPRequest.Method) -> String {
    switch method {
    case .get, .head, .post, .put, .patch, .delete, .options: method.rawValue
    default: "other"
    }
  }
}
