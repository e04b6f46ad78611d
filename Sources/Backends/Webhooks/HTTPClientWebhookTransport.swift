import AsyncHTTPClient
import Foundation
public import Jobs
import NIOCore
import NIOHTTP1

/// Sends webhooks with AsyncHTTPClient, to addresses that were looked up and checked here: the client itself never
/// asks a name server.
///
/// A client a request: its one override of a name must hold for no other request, and receivers are called too
/// seldom for connections to be worth keeping.
public struct HTTPClientWebhookTransport: WebhookTransport {
  /// Of an answer's body: enough to let most connections end well. It is thrown away.
  private static let maxBodyBytes = 64 << 10
  /// A host has an address of each family, or a few for its machines.
  private static let maxAddresses = 4

  private let resolver: HostResolver

  public init(resolver: HostResolver) { self.resolver = resolver }

  public func post(_ request: WebhookRequest) async throws -> WebhookResponse {
    let deadline = ContinuousClock.now + request.timeout
    guard let host = URL(string: request.url)?.host(percentEncoded: true)?.withoutBrackets,
      !host.isEmpty
    else {
      throw JobsError(.webhookFailed, "The URL has no host")
    }
    // Throws for what is no address, that is for a name.
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    let addresses = try await within(
      deadline, else: JobsError(.webhookFailed, "The host's name was not resolved in time")
    ) {
      try await resolver.addresses(of: host)
    }
    guard addresses.allSatisfy(request.allows) else {
      throw JobsError(
        .webhookFailed, "The host leads to a private, loopback or link-local address",
        cause: "\(host): \(addresses.map(text(of:)).joined(separator: ", "))")
    }
    var failure = JobsError(.webhookFailed, "The host's name has no address")
    let candidates = addresses.prefix(Self.maxAddresses)
    for (index, address) in candidates.enumerated() {
      do {
        return try await exchange(
          request, dnsOverride: isAddress ? [:] : [host: text(of: address)],
          connectShare: candidates.count - index, until: deadline)
      } catch let error as JobsError {
        // Another address of the host may be reachable, while there is time.
        failure = error
        if ContinuousClock.now >= deadline { break }
      }
    }
    throw failure
  }

  /// `connectShare` addresses share the time for connecting, so that a silent one leaves some to the others.
  private func exchange(
    _ request: WebhookRequest, dnsOverride: [String: String], connectShare: Int,
    until deadline: ContinuousClock.Instant
  ) async throws -> WebhookResponse {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.dnsOverride = dnsOverride
    configuration.httpVersion = .http1Only
    configuration.timeout.connect = .nanoseconds(
      max(1, nanoseconds(until: deadline) / Int64(connectShare)))
    // The next attempt is the outbox's affair.
    configuration.connectionPool.retryConnectionEstablishment = false
    let client = HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    let result: Result<WebhookResponse, any Error>
    do {
      result = .success(try await send(request, by: client, until: deadline))
    } catch {
      result = .failure(Task.isCancelled ? CancellationError() : error)
    }
    do {
      try await client.shutdown()
    } catch {
      // What was answered counts; the connection is closed all the same.
    }
    return try result.get()
  }

  private func send(
    _ request: WebhookRequest, by client: HTTPClient, until deadline: ContinuousClock.Instant
  ) async throws -> WebhookResponse {
    var message = HTTPClientRequest(url: request.url)
    message.method = .POST
    for (name, value) in request.headers { message.headers.add(name: name, value: value) }
    message.body = .bytes(ByteBuffer(bytes: request.body))
    let time = TimeAmount.nanoseconds(nanoseconds(until: deadline))
    let response: HTTPClientResponse
    do {
      response = try await client.execute(message, timeout: time)
    } catch {
      throw JobsError(.webhookFailed, words(for: error, request.url), cause: "\(error)")
    }
    await discard(response.body, until: deadline)
    return WebhookResponse(
      status: Int(response.status.code), location: response.headers.first(name: "location"))
  }

  private func discard(
    _ body: HTTPClientResponse.Body, until deadline: ContinuousClock.Instant
  ) async {
    do {
      try await within(deadline, else: JobsError(.webhookFailed, timeoutWords)) {
        var count = 0
        for try await piece in body {
          count += piece.readableBytes
          if count > Self.maxBodyBytes { return }
        }
      }
    } catch {
      // The status is known, and the rest is thrown away anyhow.
    }
  }
}

private let timeoutWords = "The receiver did not answer in time"

/// At least one, for what is started at the last moment.
private func nanoseconds(until deadline: ContinuousClock.Instant) -> Int64 {
  let left = deadline - ContinuousClock.now
  return max(
    1, left.components.seconds * 1_000_000_000 + left.components.attoseconds / 1_000_000_000)
}

/// For people: without addresses and what the receiver sent.
private func words(for error: any Error, _ url: String) -> String {
  if let error = error as? IOError {
    return error.errnoCode == ECONNREFUSED
      ? "The connection was refused" : "The connection failed"
  }
  if let error = error as? HTTPClientError {
    let timeouts: [HTTPClientError] = [
      .deadlineExceeded, .connectTimeout, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
    ]
    if timeouts.contains(error) { return timeoutWords }
    return error == .remoteConnectionClosed
      ? "The receiver closed the connection" : "The request failed"
  }
  return url.lowercased().hasPrefix("https:")
    ? "The TLS connection failed" : "The connection failed"
}

/// An address of 4 or 16 bytes as people write it.
private func text(of address: [UInt8]) -> String {
  var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
  let family = address.count == 4 ? AF_INET : AF_INET6
  guard inet_ntop(family, address, &buffer, socklen_t(buffer.count)) != nil else { return "" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

extension String {
  /// The bare address of an IPv6 host.
  fileprivate var withoutBrackets: String {
    hasPrefix("[") && hasSuffix("]") ? String(dropFirst().dropLast()) : self
  }
}
