import Foundation
import Jobs
import NIOHTTP1

/// What a server says of an object.
struct S3ObjectState: Sendable, Equatable {
  var sizeBytes: Int
  /// Differs between two objects that the same key had one after the other.
  var tag: String
  /// Of the whole object, where this service has stored it; hexadecimal.
  var sha256: String?

  /// The name under which an object carries the SHA-256 of its bytes: an end-to-end check that no server has to
  /// know of, and that holds for objects of several parts too.
  static let hashHeader = "x-amz-meta-sha256"

  init(_ headers: HTTPHeaders, sizeBytes: Int) {
    self.sizeBytes = sizeBytes
    tag = headers.first(name: "etag") ?? ""
    sha256 = headers.first(name: Self.hashHeader)
  }
}

/// An object in a list.
struct S3ListedObject: Sendable {
  var key: String
  var modifiedAt: Date
}

extension S3Client {
  /// The object and its bytes up to `limit`; nil when there is none.
  func begin(_ object: String, limit: Int) async throws -> (state: S3ObjectState, bytes: [UInt8])? {
    let request = S3Request(
      method: .GET, object: object, headers: [("range", "bytes=0-\(limit - 1)")],
      maxAnswerBytes: limit, answerBytes: limit, accepted: [404, 416])
    let answer = try await send(request) { answer in
      let state = try Self.state(answer)
      guard state.sizeBytes == answer.body.count, let sha256 = state.sha256 else { return }
      guard S3Digest(of: answer.body).sha256 == sha256 else { throw S3Failure.damaged }
    }
    switch answer.status {
    case 404: return nil
    // An empty object has no first byte.
    case 416: return (S3ObjectState(answer.headers, sizeBytes: 0), [])
    default: return (try Self.state(answer), answer.body)
    }
  }

  /// What an answer to a ranged request says; a server may answer with the whole object.
  private static func state(_ answer: S3Answer) throws -> S3ObjectState {
    guard answer.status == 206 else {
      return S3ObjectState(answer.headers, sizeBytes: answer.body.count)
    }
    // bytes 0-9/100
    guard let range = answer.headers.first(name: "content-range"),
      let size = range.split(separator: "/").last.flatMap({ Int($0) }), size >= answer.body.count
    else {
      throw S3Failure(
        message: "The S3 server's answer is not understood", cause: "no valid Content-Range",
        isTransient: false)
    }
    return S3ObjectState(answer.headers, sizeBytes: size)
  }

  /// Some bytes of the object that had this state.
  /// - Throws: `JobsError(.blobNotFound)` when it is gone, or is another one.
  func read(_ object: String, _ range: Range<Int>, of state: S3ObjectState) async throws -> [UInt8]
  {
    let request = S3Request(
      method: .GET, object: object,
      headers: [
        ("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)"), ("if-match", state.tag),
      ], maxAnswerBytes: range.count, answerBytes: range.count, accepted: [404, 412, 416])
    let answer = try await send(request) { answer in
      // Also of a server that does not know If-Match.
      guard answer.body.count == range.count, answer.headers.first(name: "etag") == state.tag else {
        throw S3Failure(
          message: "The S3 server's answer is not understood",
          cause: "\(answer.body.count) bytes for \(range)", isTransient: true)
      }
    }
    guard answer.status < 300 else { throw JobsError(.blobNotFound, "The stored file is gone") }
    return answer.body
  }

  /// nil when there is none.
  func state(of object: String) async throws -> S3ObjectState? {
    let answer = try await send(S3Request(method: .HEAD, object: object, accepted: [404]))
    guard answer.status < 300 else { return nil }
    let size = answer.headers.first(name: "content-length").flatMap { Int($0) }
    return S3ObjectState(answer.headers, sizeBytes: size ?? 0)
  }

  func put(_ body: S3Body, as object: String) async throws {
    let hash = body.digest?.sha256 ?? S3Signer.emptyHash
    _ = try await send(
      S3Request(
        method: .PUT, object: object, headers: [(S3ObjectState.hashHeader, hash)], body: body))
  }

  /// Objects that are not there do not matter.
  func delete(_ objects: [String]) async throws {
    // What one request takes.
    for start in stride(from: 0, to: objects.count, by: 1000) {
      let batch = objects[start..<min(objects.count, start + 1000)]
      let names = batch.map { "<Object><Key>\(S3XML.escaped($0))</Key></Object>" }.joined()
      let request = S3Request(
        method: .POST, query: [("delete", "")],
        body: .text("<Delete><Quiet>true</Quiet>\(names)</Delete>"), isLong: true)
      let answer = try await send(request)
      let errors = try S3XML(parsing: answer.body).all("Error").filter { $0["Code"] != "NoSuchKey" }
      guard let first = errors.first else { continue }
      throw JobsError(
        .storageError, "The S3 server did not delete some files",
        cause: "\(errors.count), the first one: \(first["Code"]) \(first["Key"])")
    }
  }

  /// Calls `body` with the objects whose keys begin with `prefix` and come behind `key`, until it returns false.
  ///
  /// S3 orders keys by their bytes; SeaweedFS orders them segment by segment, as folders are.
  func list(
    _ prefix: String, after key: String?, _ body: (S3ListedObject) async throws -> Bool
  ) async throws {
    let query = [("list-type", "2"), ("prefix", prefix)].map { (name: $0.0, value: $0.1) }
    var start = key.map { (name: "start-after", value: $0) }
    while true {
      let request = S3Request(method: .GET, query: query + [start].compactMap { $0 })
      let page = try S3XML(parsing: try await send(request).body)
      for entry in page.all("Contents") {
        let object = S3ListedObject(
          key: entry["Key"], modifiedAt: try Self.date(entry["LastModified"]))
        guard try await body(object) else { return }
      }
      guard page["IsTruncated"] == "true" else { return }
      let next = page["NextContinuationToken"]
      // Pages that do not go on would never end.
      guard !next.isEmpty, next != start?.value else {
        throw JobsError(
          .storageError, "The S3 server's answer is not understood", cause: "a list without an end")
      }
      start = ("continuation-token", next)
    }
  }

  /// `2009-10-12T17:50:30.000Z`, with or without a fraction.
  static func date(_ text: String) throws -> Date {
    let whole = text.split(separator: ".").first.map { text.contains(".") ? "\($0)Z" : "\($0)" }
    do {
      return try Date(whole ?? "", strategy: .iso8601)
    } catch {
      throw JobsError(
        .storageError, "The S3 server's answer is not understood", cause: "no date: \(text)")
    }
  }
}
