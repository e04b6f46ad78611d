import AsyncHTTPClient
import Foundation
public import Jobs
import NIOCore
import NIOHTTP1

/// Asks services that the operator named, with AsyncHTTPClient.
///
/// A client a request, as for webhooks: the calls are seconds apart, so connections are not worth keeping, and none is
/// left over that the other side has closed meanwhile.
public struct HTTPClientTransport: HTTPTransport {
  public init() {}

  public func send(_ call: HTTPCall) async throws -> HTTPReply {
    let deadline = ContinuousClock.now + call.timeout
    // NIO traps at a port that is none.
    guard let url = URL(string: call.url), (0...65_535).contains(url.port ?? 0) else {
      throw JobsError(.unavailable, "The service's URL is wrong")
    }
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.httpVersion = .http1Only
    // Half of the time, so that some is left for an answer.
    configuration.timeout.connect = max(.nanoseconds(1), TimeAmount(call.timeout / 2))
    // Who calls knows whether another attempt is worth it.
    configuration.connectionPool.retryConnectionEstablishment = false
    // The exporter of traces sends with this: its requests must not become traces themselves.
    configuration.tracing.tracer = nil
    let client = HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    let result: Result<HTTPReply, any Error>
    do {
      result = .success(
        try await within(deadline, else: late) { try await exchange(call, by: client) })
    } catch {
      result = .failure(Task.isCancelled ? CancellationError() : failure(error, call))
    }
    do {
      try await client.shutdown()
    } catch {
      // What was answered counts; the connection is closed all the same.
    }
    return try result.get()
  }
}

private func exchange(_ call: HTTPCall, by client: HTTPClient) async throws -> HTTPReply {
  var message = HTTPClientRequest(url: call.url)
  message.method = HTTPMethod(rawValue: call.method)
  for (name, value) in call.headers { message.headers.add(name: name, value: value) }
  if !call.body.isEmpty { message.body = .bytes(ByteBuffer(bytes: call.body)) }
  // The caller's deadline is over all of it, the body included.
  let response = try await client.execute(message, deadline: .distantFuture)
  let body = try await response.body.collect(upTo: call.maxResponseBytes)
  return HTTPReply(
    status: Int(response.status.code),
    headers: Dictionary(
      response.headers.map { ($0.name.lowercased(), $0.value) },
      uniquingKeysWith: { "\($0), \($1)" }),
    body: Array(body.readableBytesView))
}

private let late = JobsError(.unavailable, "The service did not answer in time")

/// For people: without addresses and what the service sent.
private func failure(_ error: any Error, _ call: HTTPCall) -> JobsError {
  let words: String
  switch error {
  case let error as JobsError: return error
  case let error as IOError:
    words =
      error.errnoCode == ECONNREFUSED ? "The connection was refused" : "The connection failed"
  case is NIOTooManyBytesError: words = "The service's answer is too large"
  case let error as HTTPClientError where error == .connectTimeout: return late
  case let error as HTTPClientError where error == .remoteConnectionClosed:
    words = "The service closed the connection"
  case is HTTPClientError: words = "The request failed"
  default:
    words =
      call.url.lowercased().hasPrefix("https:")
      ? "The TLS connection failed" : "The connection failed"
  }
  return JobsError(.unavailable, words, cause: "\(error)")
}
