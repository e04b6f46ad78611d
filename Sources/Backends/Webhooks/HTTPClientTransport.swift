import AsyncHTTPClient
import Foundation
public import Jobs
import NIOCore
import NIOHTTP1
import NIOSSL

/// Asks services that the operator named, with AsyncHTTPClient.
///
/// A client a request, as for webhooks: the calls are seconds apart, so connections are not worth keeping, and none is
/// left over that the other side has closed meanwhile.
public struct HTTPClientTransport: HTTPTransport {
  private let tls: TLSConfiguration?

  public init() { tls = nil }

  /// - Parameters:
  ///   - trustedCertificates: PEM file of the authorities that servers are trusted by; nil takes those of the system.
  ///   - certificate: PEM file of a client certificate with its chain, and its key; nil shows none.
  /// - Throws: `JobsError` for a file that cannot be used, which it names.
  public init(
    trustedCertificates: String?, certificate: (path: String, key: String)?
  ) throws(JobsError) {
    var tls = TLSConfiguration.makeClientConfiguration()
    // What every server of today has.
    tls.minimumTLSVersion = .tlsv12
    if let path = trustedCertificates {
      tls.trustRoots = .certificates(try certificates(in: path))
    }
    if let certificate {
      tls.certificateChain = try certificates(in: certificate.path).map { .certificate($0) }
      do {
        tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: certificate.key, format: .pem))
        // Whether they belong together.
        _ = try NIOSSLContext(configuration: tls)
      } catch {
        throw JobsError(
          .unavailable, "\(certificate.key) holds no private key of \(certificate.path), in PEM",
          cause: "\(error)")
      }
    }
    self.tls = tls
  }

  public func send(_ call: HTTPCall) async throws -> HTTPReply {
    let deadline = ContinuousClock.now + call.timeout
    // NIO traps at a port that is none.
    guard let url = URL(string: call.url), (0...65_535).contains(url.port ?? 0) else {
      throw JobsError(.unavailable, "The service's URL is wrong")
    }
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.httpVersion = .http1Only
    configuration.tlsConfiguration = tls
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

private func certificates(in path: String) throws(JobsError) -> [NIOSSLCertificate] {
  do {
    return try NIOSSLCertificate.fromPEMFile(path)
  } catch {
    throw JobsError(
      .unavailable, "\(path) cannot be read, or holds no certificates in PEM", cause: "\(error)")
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
