import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Visualization and file routes")
struct PictureRoutesTests {
  @Test("the url form is the contract's document, field by field")
  func urls() async throws {
    let fixture = try await ResultsFixture()
    let files = fixture.files
    let job = fixture.job.id
    func entry(_ index: Int, _ count: Int) -> String {
      let base = "/api/v1/files/\(files[index])"
      return """
        {"file_id": "\(files[index])", "filename": "a.jpg", "original_url": "\(base)/original",
         "annotated_url": "\(base)/annotated?job_id=\(job)",
         "thumbnail_url": "\(base)/thumbnail?job_id=\(job)", "detection_count": \(count)}
        """
    }
    let answer = try await fixture.routes.get("\(fixture.path)/visualization")
    #expect(
      try answer.json
        == object(
          """
          {"status": "success", "data": {"job_id": "\(job)", "visualizations": [
            \(entry(0, 2)), \(entry(1, 1)),
            {"file_id": "\(files[2])", "filename": "broken.png",
             "original_url": "/api/v1/files/\(files[2])/original", "detection_count": 0,
             "error": {"code": "CORRUPTED_FILE", "message": "it is cut off"}}]}}
          """))
    let one = try await fixture.routes.get("\(fixture.path)/visualization?file_id=\(files[1])")
    #expect(
      try one.json
        == object(
          """
          {"status": "success",
           "data": {"job_id": "\(job)", "visualizations": [\(entry(1, 1))]}}
          """))
  }

  @Test("the base64 form holds the pictures of one file")
  func base64() async throws {
    let fixture = try await ResultsFixture()
    let file = fixture.files[0]
    let answer = try await fixture.routes.get(
      "\(fixture.path)/visualization?format=base64&file_id=\(file)")
    let original = Data(ResultsFixture.original).base64EncodedString()
    // ff d8 ff 01
    #expect(
      try answer.json
        == object(
          """
          {"status": "success",
           "data": {"file_id": "\(file)", "filename": "a.jpg", "format": "base64",
             "original_image": "data:image/jpeg;base64,\(original)",
             "annotated_image": "data:image/jpeg;base64,/9j/AQ==", "detection_count": 2}}
          """))
    #expect(answer.headers[.contentLength] == "\(answer.bytes.count)")
  }

  @Test("pictures of several pieces are one base64 text")
  func base64Pieces() async throws {
    let fixture = try await ResultsFixture()
    let bytes = ResultsFixture.original + (0..<500_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    await fixture.routes.blobs.set(bytes, for: fixture.upload.files[0].blobKey)
    let answer = try await fixture.routes.get(
      "\(fixture.path)/visualization?format=base64&file_id=\(fixture.files[0])")
    let data = answer.json?["data"] as? NSDictionary
    #expect(
      data?["original_image"] as? String
        == "data:image/jpeg;base64,\(Data(bytes).base64EncodedString())")
    #expect(answer.headers[.contentLength] == "\(answer.bytes.count)")
    #expect(answer.largestPiece == 262_144)
  }

  @Test("base64 needs the one file, and a picture within the limit")
  func base64Refusals() async throws {
    let fixture = try await ResultsFixture()
    let several = await fixture.routes.error("\(fixture.path)/visualization?format=base64")
    #expect(several?.code == .invalidRequest)
    #expect(several?.field == "file_id")
    var routes = fixture.routes
    routes.settings.maxBase64Bytes = 99
    let file = fixture.files[0]
    let path = "\(fixture.path)/visualization?format=base64&file_id=\(file)"
    let large = await routes.error(path)
    #expect(large?.code == .invalidRequest)
    #expect(
      large?.details
        == "It has 100 bytes, the limit is 99: use format=url, or /api/v1/files/\(file)/original")
    routes.settings.maxBase64Bytes = 100
    #expect(try await routes.get(path).status == .ok)
  }

  @Test("a job with one file needs no file_id, and one that drew nothing has no annotated picture")
  func base64Single() async throws {
    let fixture = try await ResultsFixture(detections: [])
    let answer = try await fixture.routes.get("\(fixture.path)/visualization?format=base64")
    let data = try #require(answer.json?["data"] as? NSDictionary)
    #expect(
      data.allKeys.compactMap { $0 as? String }.sorted()
        == ["detection_count", "file_id", "filename", "format", "original_image"])
  }

  @Test("an original is the bytes as sent, with their hash as tag")
  func original() async throws {
    let fixture = try await ResultsFixture()
    let file = fixture.upload.files[0]
    let answer = try await fixture.routes.get("files/\(file.id)/original")
    #expect(answer.bytes == ResultsFixture.original)
    #expect(answer.headers[.contentType] == "image/jpeg")
    #expect(answer.headers[.contentLength] == "100")
    #expect(answer.headers[.eTag] == "\"\(file.sha256)\"")
    #expect(answer.headers[.acceptRanges] == "bytes")
    #expect(answer.headers[.cacheControl] == "private, max-age=3600")
    #expect(answer.headers[.xContentTypeOptions] == "nosniff")
    #expect(answer.headers[.contentDisposition] == "inline; filename=\"a.jpg\"")
    let again = try await fixture.routes.get(
      "files/\(file.id)/original", [.ifNoneMatch: "\"x\", W/\"\(file.sha256)\""])
    #expect(again.status == .notModified)
  }

  @Test("a part of a file is 206, one that is not there 416")
  func ranges() async throws {
    let fixture = try await ResultsFixture()
    let path = "files/\(fixture.files[0])/original"
    let part = try await fixture.routes.get(path, [.range: "bytes=10-19"])
    #expect(part.status == .partialContent)
    #expect(part.bytes == Array(ResultsFixture.original[10..<20]))
    #expect(part.headers[.contentRange] == "bytes 10-19/100")
    #expect(part.headers[.contentLength] == "10")
    let tag = fixture.upload.files[0].sha256
    for (validator, status) in [
      ("\"\(tag)\"", HTTPResponse.Status.partialContent), ("W/\"\(tag)\"", .ok), ("\"x\"", .ok),
      ("Wed, 21 Oct 2015 07:28:00 GMT", .ok),
    ] {
      let answer = try await fixture.routes.get(
        path, [.range: "bytes=10-19", .ifRange: validator])
      #expect(answer.status == status, "\(validator)")
    }
    let beyond = await fixture.routes.error(path, [.range: "bytes=100-"])
    #expect(beyond?.code == .rangeNotSatisfiable)
    #expect(beyond?.code.status.code == 416)
    #expect(beyond?.headers[.contentRange] == "bytes */100")
    let head = try await fixture.routes.get(path, [.range: "bytes=10-19"], method: .head)
    #expect(head.status == .ok)
    #expect(head.headers[.contentLength] == "100")
  }

  @Test("pictures are those of the job that is named, else of the newest that drew some")
  func pictures() async throws {
    let fixture = try await ResultsFixture()
    let file = fixture.files[0]
    let first = try await fixture.routes.get("files/\(file)/annotated")
    #expect(first.bytes == ResultsFixture.annotated)
    #expect(first.headers[.contentType] == "image/jpeg")
    #expect(first.headers[.cacheControl] == "private, no-cache")
    #expect(first.headers[.contentDisposition] == "inline; filename=\"a.annotated.jpg\"")
    let thumbnail = try await fixture.routes.get("files/\(file)/thumbnail")
    #expect(thumbnail.headers[.contentType] == "image/png")
    #expect(thumbnail.headers[.contentDisposition] == "inline; filename=\"a.thumbnail.png\"")
    #expect(thumbnail.headers[.eTag] != first.headers[.eTag])

    let newer = try await fixture.completeAnotherJob(at: startOfTests + 60)
    let second = try await fixture.routes.get("files/\(file)/annotated")
    #expect(second.headers[.eTag] != first.headers[.eTag])
    let named = try await fixture.routes.get("files/\(file)/annotated?job_id=\(fixture.job.id)")
    #expect(named.headers[.eTag] == first.headers[.eTag])
    #expect(named.headers[.cacheControl] == "private, max-age=3600")
    let namedNewer = try await fixture.routes.get("files/\(file)/annotated?job_id=\(newer.id)")
    #expect(namedNewer.headers[.eTag] == second.headers[.eTag])
  }

  @Test("pictures that are not there are not found, with the reason")
  func missingPictures() async throws {
    let fixture = try await ResultsFixture(draws: false)
    let (file, broken) = (fixture.files[0], fixture.files[2])
    let undrawn = await fixture.routes.error("files/\(file)/annotated")
    #expect(undrawn?.code == .fileNotFound)
    #expect(undrawn?.details == "Pictures are drawn by jobs whose visualization is enabled")
    let failed = await fixture.routes.error("files/\(broken)/annotated?job_id=\(fixture.job.id)")
    #expect(failed?.code == .fileNotFound)
    #expect(failed?.details == "The image has failed: CORRUPTED_FILE: it is cut off")
    let cases: [(String, APIErrorCode)] = [
      ("files/\(FileID(at: startOfTests))/original", .fileNotFound),
      ("files/nonsense/original", .fileNotFound),
      ("files/\(file)/annotated?job_id=\(JobID(at: startOfTests))", .jobNotFound),
      ("files/\(file)/annotated?job_id=../x", .jobNotFound),
      ("files/\(file)/original?job_id=1", .invalidRequest),
    ]
    for (path, code) in cases {
      #expect(await fixture.routes.error(path)?.code == code, "\(path)")
    }
  }

  @Test("a file whose bytes are gone or shorter is a storage error, not a short answer")
  func lostBytes() async throws {
    let fixture = try await ResultsFixture()
    await fixture.routes.blobs.set(nil, for: fixture.upload.files[0].blobKey)
    await #expect {
      try await fixture.routes.get("files/\(fixture.files[0])/original")
    } throws: { ($0 as? JobsError)?.code == .storageError }
  }
}
