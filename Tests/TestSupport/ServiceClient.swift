import AsyncHTTPClient
public import Foundation
import NIOCore
import NIOHTTP1
import Synchronization

/// Calls a running server as any HTTP client does.
public struct ServiceClient: Sendable {
  /// What came back.
  public struct Answer: Sendable {
    public var status: Int
    /// By lower-case name; the last one of several.
    public var headers: [String: String]
    public var body: Data

    public var text: String { String(decoding: body, as: UTF8.self) }
    /// The body as a JSON object; empty when it is none.
    public var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    }
    /// The envelope's `data`.
    public var data: [String: Any] { json["data"] as? [String: Any] ?? [:] }
    public var errorCode: String? { json["error_code"] as? String }
    /// The envelope's `errors`.
    public var errors: [[String: Any]] { json["errors"] as? [[String: Any]] ?? [] }
  }

  /// The first of the servers.
  public var baseURL: String { baseURLs[0] }
  private let baseURLs: [String]
  /// Of every request.
  private var standardHeaders: [String: String] = [:]
  private let turn = Turn()
  /// No answer of ours takes longer, streams aside.
  private static let timeout = TimeAmount.seconds(120)

  public init(baseURL: String) { baseURLs = [baseURL] }

  /// Each call goes to the next of these servers.
  public init(baseURLs: [String]) {
    precondition(!baseURLs.isEmpty)
    self.baseURLs = baseURLs
  }

  /// The same client, with these headers in every request.
  public func with(headers: [String: String]) -> ServiceClient {
    var client = self
    client.standardHeaders.merge(headers) { $1 }
    return client
  }

  /// The same client, as the holder of a key or token.
  public func with(key: String) -> ServiceClient {
    with(headers: ["Authorization": "Bearer \(key)"])
  }

  public func get(_ path: String, headers: [String: String] = [:]) async throws -> Answer {
    try await send("GET", path, headers: headers)
  }

  public func post(
    _ path: String, json: String, headers: [String: String] = [:]
  ) async throws -> Answer {
    try await send(
      "POST", path, headers: ["Content-Type": "application/json"].merging(headers) { $1 },
      body: Data(json.utf8))
  }

  public func send(
    _ method: String, _ path: String, headers: [String: String] = [:], body: Data? = nil
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: baseURLs[turn.next() % baseURLs.count] + path)
    request.method = HTTPMethod(rawValue: method)
    for (name, value) in standardHeaders.merging(headers, uniquingKeysWith: { $1 }) {
      request.headers.replaceOrAdd(name: name, value: value)
    }
    if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
    let response = try await HTTPClient.shared.execute(request, timeout: Self.timeout)
    let buffer = try await response.body.collect(upTo: 1 << 30)
    return Answer(
      status: Int(response.status.code),
      headers: Dictionary(
        response.headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
      body: Data(buffer.readableBytesView))
  }

  /// Uploads files as the contract's multipart form.
  public func upload(_ files: [(name: String, data: Data)]) async throws -> Answer {
    let form = MultipartForm(files)
    return try await send(
      "POST", "/api/v1/inference/upload", headers: ["Content-Type": form.contentType],
      body: form.body)
  }
}

/// Counts the calls of a client and its copies.
private final class Turn: Sendable {
  private let count = Atomic<Int>(0)

  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// A `multipart/form-data` body with parts named `files`.
public struct MultipartForm: Sendable {
  public let contentType: String
  public let body: Data

  public init(_ files: [(name: String, data: Data)], field: String = "files") {
    let boundary = "harrier-test-boundary-7c0ffee"
    contentType = "multipart/form-data; boundary=\(boundary)"
    var body = Data()
    for file in files {
      body += Data("--\(boundary)\r\n".utf8)
      body += Data(
        "Content-Disposition: form-data; name=\"\(field)\"; filename=\"\(file.name)\"\r\n".utf8)
      body += Data("Content-Type: application/octet-stream\r\n\r\n".utf8)
      body += file.data
      body += Data("\r\n".utf8)
    }
    body += Data("--\(boundary)--\r\n".utf8)
    self.body = body
  }
}
