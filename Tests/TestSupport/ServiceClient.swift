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

/// What was answered until a bucket of tokens was empty. It begins full and is refilled all the time, also while a
/// slow machine answers: how many requests are let in depends on the time that they took.
public struct BucketRun: Sendable {
  private let limit: Int
  /// Those that were let in.
  public private(set) var admitted: [ServiceClient.Answer] = []
  /// The first one that was not.
  public let refused: ServiceClient.Answer
  /// How many tokens can have come back until each answer was there.
  private var refilled: [Double] = []

  /// Asks one request after the other, counted from 1, until one is answered with 429.
  /// - Parameter limit: the tokens of the bucket, and how many come back in a minute.
  /// - Throws: `UnexpectedAnswer` when none is refused, however often it asks; what `ask` throws.
  public init(
    limit: Int, _ ask: (_ number: Int) async throws -> ServiceClient.Answer
  ) async throws {
    self.limit = limit
    let clock = ContinuousClock()
    let start = clock.now
    for number in 1...100 {
      let answer = try await ask(number)
      if answer.status == 429 {
        refused = answer
        return
      }
      admitted.append(answer)
      refilled.append((clock.now - start) / .seconds(60) * Double(limit))
    }
    throw UnexpectedAnswer(text: "none of 100 requests was refused")
  }

  /// Whether so many are let in as the bucket holds, and no more beside them than came back.
  public var isExplained: Bool {
    admitted.count >= limit && Double(admitted.count) <= Double(limit) + (refilled.last ?? 0)
  }

  /// Whether so many tokens can be left after a request that was let in, counted from 1.
  public func isExplained(_ left: Int, after number: Int) -> Bool {
    left >= max(0, limit - number) && Double(left) <= Double(limit - number) + refilled[number - 1]
  }
}

/// Counts the calls of a client and its copies.
private final class Turn: Sendable {
  private let count = Atomic<Int>(0)

  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// A `multipart/form-data` body.
public struct MultipartForm: Sendable {
  /// One part: a file when it has a name.
  public typealias Part = (field: String, name: String?, data: Data)

  public let contentType: String
  public let body: Data

  /// Files that are parts named `files`, or as `field` says.
  public init(_ files: [(name: String, data: Data)], field: String = "files") {
    self.init(parts: files.map { (field, $0.name, $0.data) })
  }

  public init(parts: [Part]) {
    let boundary = "harrier-test-boundary-7c0ffee"
    contentType = "multipart/form-data; boundary=\(boundary)"
    var body = Data()
    for part in parts {
      let filename = part.name.map { "; filename=\"\($0)\"" } ?? ""
      body += Data("--\(boundary)\r\n".utf8)
      body += Data(
        "Content-Disposition: form-data; name=\"\(part.field)\"\(filename)\r\n".utf8)
      if part.name != nil { body += Data("Content-Type: application/octet-stream\r\n".utf8) }
      body += Data("\r\n".utf8)
      body += part.data
      body += Data("\r\n".utf8)
    }
    body += Data("--\(boundary)--\r\n".utf8)
    self.body = body
  }
}
