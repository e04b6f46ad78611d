import Crypto
import Foundation
import Jobs
import NIOHTTP1
import NIOPosix

/// A multipart upload that has begun.
struct S3Upload: Sendable, Hashable {
  var object: String
  var id: String

  /// Of a request that belongs to it.
  func request(
    _ method: HTTPMethod, query: [(name: String, value: String)] = [], body: S3Body = .none
  ) -> S3Request {
    S3Request(method: method, object: object, query: query + [("uploadId", id)], body: body)
  }
}

/// A part of a file that is sent by one request.
struct FilePart: Sendable {
  var range: Range<Int>
  var digest: S3Digest
}

extension S3Client {
  /// Stores a file: in one request, or in parts when it is large. What was sent of a file that could not be stored
  /// is thrown away.
  func put(_ file: OpenFile, as object: String) async throws {
    let (parts, sha256) = try await parts(of: file)
    if parts.count == 1, let part = parts.first {
      return try await put(.file(file, part.range, part.digest), as: object)
    }
    let upload = try await beginUpload(object, sha256: sha256)
    do {
      let tags = try await sendParts(parts, of: file, upload)
      try await completeUpload(upload, tags, sha256: sha256)
    } catch {
      await discard(upload)
      throw error
    }
  }

  /// Also after a cancellation, which ends this task's requests.
  private func discard(_ upload: S3Upload) async {
    let client = with(limits.forTidying)
    do {
      try await uncancelled { try await client.abort(upload) }
    } catch {
      // What cannot be thrown away now is swept later.
    }
  }

  /// Reads the file once, part by part, so that a large one does not keep a thread from others.
  private func parts(of file: OpenFile) async throws -> (parts: [FilePart], sha256: String) {
    let partBytes = partBytes(for: file.sizeBytes)
    var whole = SHA256()
    var parts: [FilePart] = []
    var offset = 0
    repeat {
      try Task.checkCancellation()
      let range = offset..<min(file.sizeBytes, offset + partBytes)
      let before = whole
      let (digest, after) = try await threads.runIfActive {
        var whole = before
        return (try S3Digest(of: range, in: file, addingTo: &whole), whole)
      }
      whole = after
      parts.append(FilePart(range: range, digest: digest))
      offset = range.upperBound
    } while offset < file.sizeBytes
    return (parts, S3Signer.hex(whole.finalize()))
  }

  /// S3 takes 10,000 parts.
  private func partBytes(for sizeBytes: Int) -> Int {
    max(limits.partBytes, (sizeBytes + 9_999) / 10_000)
  }

  private func beginUpload(_ object: String, sha256: String) async throws -> S3Upload {
    let answer = try await send(
      S3Request(
        method: .POST, object: object, query: [("uploads", "")],
        headers: [(S3ObjectState.hashHeader, sha256)]))
    let id = try S3XML(parsing: answer.body)["UploadId"]
    guard !id.isEmpty else {
      throw JobsError(
        .storageError, "The S3 server's answer is not understood", cause: "no upload id")
    }
    return S3Upload(object: object, id: id)
  }

  /// The parts' tags, in their order.
  private func sendParts(
    _ parts: [FilePart], of file: OpenFile, _ upload: S3Upload
  ) async throws -> [String] {
    try await withThrowingTaskGroup(of: (Int, String).self) { group in
      var tags = [String](repeating: "", count: parts.count)
      for (index, part) in parts.enumerated() {
        if index >= limits.partsAtOnce, let (done, tag) = try await group.next() {
          tags[done] = tag
        }
        let request = upload.request(
          .PUT, query: [("partNumber", "\(index + 1)")],
          body: .file(file, part.range, part.digest))
        group.addTask {
          let answer = try await send(request) { answer in
            guard answer.headers.contains(name: "etag") else {
              throw S3Failure(
                message: "The S3 server's answer is not understood", cause: "a part without ETag",
                isTransient: false)
            }
          }
          return (index, answer.headers.first(name: "etag") ?? "")
        }
      }
      for try await (done, tag) in group { tags[done] = tag }
      return tags
    }
  }

  private func completeUpload(_ upload: S3Upload, _ tags: [String], sha256: String) async throws {
    let parts = tags.enumerated().map { index, tag in
      "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(S3XML.escaped(tag))</ETag></Part>"
    }
    var request = upload.request(
      .POST, body: .text("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>"))
    request.accepted = [404]
    request.isLong = true
    let answer = try await send(request) { answer in
      // S3 answers 200 before it knows the outcome, to keep the connection alive.
      guard try S3XML(parsing: answer.body).name != "Error" else {
        throw S3Failure(answer)
      }
    }
    // A lost answer to the first attempt: the second one finds the upload gone.
    if answer.status == 404, try await state(of: upload.object)?.sha256 != sha256 {
      throw JobsError(
        .storageError, "The S3 server lost an upload", cause: "\(upload.object): 404 on completion")
    }
  }

  /// An upload that is gone does not matter.
  func abort(_ upload: S3Upload) async throws {
    var request = upload.request(.DELETE)
    request.accepted = [404]
    _ = try await send(request)
  }

  /// Multipart uploads below a prefix that began before a time, at most `limits.sweptUploads`. MinIO lists none
  /// without the whole key: it has a sweeper of its own.
  func uploads(_ prefix: String, before time: Date) async throws -> [S3Upload] {
    var found: [S3Upload] = []
    var marker: [(name: String, value: String)] = []
    while true {
      var request = S3Request(
        method: .GET, query: [("uploads", ""), ("prefix", prefix)] + marker)
      // Servers that cannot list them.
      request.accepted = [501]
      let answer = try await send(request)
      guard answer.status < 300 else { return [] }
      let page = try S3XML(parsing: answer.body)
      for entry in page.all("Upload") where try Self.date(entry["Initiated"]) < time {
        guard found.count < limits.sweptUploads else { return found }
        found.append(S3Upload(object: entry["Key"], id: entry["UploadId"]))
      }
      let next = [
        ("key-marker", page["NextKeyMarker"]), ("upload-id-marker", page["NextUploadIdMarker"]),
      ].map { (name: $0.0, value: $0.1) }
      guard page["IsTruncated"] == "true", next.map(\.value) != marker.map(\.value) else {
        return found
      }
      marker = next
    }
  }
}
