import AsyncHTTPClient
import Foundation
import Jobs
import NIOCore
import NIOHTTP1
import NIOPosix

/// A whole answer.
struct S3Answer: Sendable {
  var status: Int
  var headers: HTTPHeaders
  var body: [UInt8]
}

/// Sends signed requests to one bucket, again where that may help.
///
/// All requests can be repeated: they write whole objects or parts under fixed names, read or delete. What a
/// repeated start of a multipart upload leaves is swept, and `completeUpload` looks whether it was done already.
struct S3Client: Sendable {
  let location: S3Location
  var limits: S3Limits
  let threads: NIOThreadPool
  let keyring: S3Keyring

  /// One for the process, as it keeps connections; it lives as long as the process does.
  private static let http: HTTPClient = {
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    configuration.httpVersion = .http1Only
    configuration.timeout.connect = .seconds(5)
    // Attempts are counted here.
    configuration.connectionPool.retryConnectionEstablishment = false
    // Eight uploads and as many downloads at once, each with a few parts.
    configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 32
    return HTTPClient(
      eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
  }()

  /// - Parameter check: throws `S3Failure` for an answer whose contents are wrong.
  /// - Returns: an answer of status 2xx, or one that the request accepts.
  /// - Throws: `JobsError(.storageError)` without credentials; `CancellationError`.
  func send(
    _ request: S3Request, check: @Sendable (S3Answer) throws -> Void = { _ in }
  ) async throws -> S3Answer {
    let clock = ContinuousClock()
    let end = clock.now + limits.patience
    var mayReplaceKey = true
    var number = 1
    while true {
      let credentials = keyring.credentials
      let failure: S3Failure
      do {
        return try await attempt(request, credentials, check)
      } catch {
        try Task.checkCancellation()
        failure = S3Failure(error)
      }
      if failure.isAboutCredentials, mayReplaceKey {
        mayReplaceKey = false
        if try await keyring.replace(credentials) { continue }
      }
      let delay = limits.delay(before: number + 1, serverSays: failure.retryAfter)
      guard failure.isTransient, number < limits.attempts, clock.now + delay < end else {
        throw described(failure, request, attempts: number, credentials)
      }
      number += 1
      try await clock.sleep(for: delay)
    }
  }

  private func described(
    _ failure: S3Failure, _ request: S3Request, attempts: Int, _ credentials: S3Credentials
  ) -> JobsError {
    let target = "\(request.method.rawValue) \(request.object ?? location.bucket)"
    return JobsError(
      .storageError, failure.message,
      cause: credentials.redacted("\(target), \(attempts) attempts: \(failure.cause)"))
  }

  private func attempt(
    _ request: S3Request, _ credentials: S3Credentials, _ check: (S3Answer) throws -> Void
  ) async throws -> S3Answer {
    let message = signed(request, by: credentials)
    let expected = request.body.count + request.answerBytes
    let time = limits.timeout(forBytes: expected, isLong: request.isLong)
    let answer = try await within(.now + time, else: S3Timeout()) {
      let response = try await Self.http.execute(message, deadline: .distantFuture)
      // Errors come with a document also where the answer itself is short.
      let isError = response.status.code >= 300
      let body = try await response.body.collect(
        upTo: isError ? max(request.maxAnswerBytes, 64 << 10) : request.maxAnswerBytes)
      return S3Answer(
        status: Int(response.status.code), headers: response.headers,
        body: Array(body.readableBytesView))
    }
    guard (200..<300).contains(answer.status) else {
      let failure = S3Failure(answer)
      guard request.accepted.contains(answer.status), failure.code != "NoSuchBucket" else {
        throw failure
      }
      return answer
    }
    try check(answer)
    return answer
  }

  private func signed(
    _ request: S3Request, by credentials: S3Credentials
  ) -> HTTPClientRequest {
    let signer = S3Signer(credentials: credentials, region: location.region)
    let path = location.path(of: request.object)
    var headers = request.headers
    if let digest = request.body.digest { headers.append(("content-md5", digest.md5)) }
    headers += signer.headers(
      for: S3Signer.Request(
        method: request.method.rawValue, authority: location.origin.authority, path: path,
        query: request.query, headers: headers),
      payloadHash: request.body.digest?.sha256 ?? S3Signer.emptyHash, at: Date())
    let query = S3Signer.canonicalQuery(request.query)
    var message = HTTPClientRequest(
      url: "\(location.origin)\(path)\(query.isEmpty ? "" : "?\(query)")")
    message.method = request.method
    message.headers = HTTPHeaders(
      [("host", location.origin.authority)] + headers.map { ($0.name, $0.value) })
    message.body = request.body.content(readingOn: threads)
    return message
  }

  /// The same client with other limits.
  func with(_ limits: S3Limits) -> S3Client {
    var client = self
    client.limits = limits
    return client
  }

  /// A URL by which anybody can get an object for a while, without a request to the server.
  func presignedURL(
    of object: String, query: [(name: String, value: String)], seconds: Int, at time: Date
  ) -> String {
    let signer = S3Signer(credentials: keyring.credentials, region: location.region)
    let path = location.path(of: object)
    let signed = signer.presignedQuery(
      for: S3Signer.Request(
        method: "GET", authority: location.publicOrigin.authority, path: path, query: query),
      seconds: seconds, at: time)
    return "\(location.publicOrigin)\(path)?\(signed)"
  }
}
