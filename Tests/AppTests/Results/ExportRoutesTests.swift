import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Export route")
struct ExportRoutesTests {
  @Test("yolo has labels for each image that did not fail, and the class names")
  func yolo() async throws {
    let fixture = try await ResultsFixture()
    let answer = try await fixture.routes.get("\(fixture.path)/export?format=yolo")
    #expect(answer.headers[.contentType] == "application/zip")
    #expect(
      answer.headers[.contentDisposition]
        == "attachment; filename=\"\(fixture.job.id)-yolo.zip\"")
    let archive = fixture.routes.archives
    #expect(
      await archive.names == ["manifest.json", "classes.txt", "labels/a.txt", "labels/a-2.txt"])
    #expect(answer.text == "manifest.jsonclasses.txtlabels/a.txtlabels/a-2.txt")
    #expect(await archive.text("classes.txt") == "plane\nship\n")
    let plane =
      "0 0.450000 0.700000 0.550000 0.700000 0.550000 0.300000 0.450000 0.300000 0.500000\n"
    #expect(
      await archive.text("labels/a.txt")
        == "1 0.302500 0.402500 0.500000 0.400000 0.950000\n" + plane)
    #expect(await archive.text("labels/a-2.txt") == plane)
  }

  @Test("with images the originals and the annotated pictures are there, byte for byte")
  func images() async throws {
    let fixture = try await ResultsFixture()
    _ = try await fixture.routes.get("\(fixture.path)/export?format=voc&images=true")
    let archive = fixture.routes.archives
    #expect(
      await archive.names == [
        "manifest.json", "labels/a.xml", "images/a.jpg", "annotated/a.jpg", "labels/a-2.xml",
        "images/a-2.jpg", "annotated/a-2.jpg", "images/broken.png",
      ])
    #expect(await archive.contents["images/a-2.jpg"] == ResultsFixture.original)
    #expect(await archive.contents["annotated/a.jpg"] == ResultsFixture.annotated)
    // Labels name the images as the archive does.
    #expect(await archive.text("labels/a-2.xml")?.contains("<filename>a-2.jpg</filename>") == true)
  }

  @Test(
    "the other formats are one document",
    arguments: [
      ("json", "results.json"), ("coco", "annotations.json"), ("csv", "detections.csv"),
      ("geojson", "detections.geojson"),
    ])
  func documents(format: String, name: String) async throws {
    let fixture = try await ResultsFixture()
    _ = try await fixture.routes.get("\(fixture.path)/export?format=\(format)&images=false")
    let archive = fixture.routes.archives
    #expect(await archive.names == ["manifest.json", name])
    let text = try #require(await archive.text(name))
    #expect(text.contains("a-2.jpg"))
    if format != "csv" { _ = try object(text) }
  }

  @Test("a document of many pieces is whole")
  func large() async throws {
    let fixture = try await ResultsFixture(
      detections: [Array(repeating: ResultsFixture.ship, count: 3000)])
    _ = try await fixture.routes.get("\(fixture.path)/export?format=yolo")
    let text = await fixture.routes.archives.text("labels/a.txt")
    let line = "1 0.302500 0.402500 0.500000 0.400000 0.950000\n"
    #expect(text == String(repeating: line, count: 3000))
  }

  @Test("the manifest says what the archive holds and how it was made")
  func manifest() async throws {
    let fixture = try await ResultsFixture()
    _ = try await fixture.routes.get("\(fixture.path)/export?format=yolo&images=true")
    let text = try #require(await fixture.routes.archives.text("manifest.json"))
    let hash = String(repeating: "ab", count: 32)
    func file(_ index: Int, _ members: String) -> String {
      """
      {"file_id": "\(fixture.files[index])", "sha256": "\(hash)", "size_bytes": 100, "width": 200,
       "height": 100, \(members)}
      """
    }
    #expect(
      try object(text)
        == object(
          """
          {"job_id": "\(fixture.job.id)", "upload_id": "\(fixture.upload.id)",
           "created_at": "2026-02-02T02:40:00.000Z", "completed_at": "2026-02-02T02:40:00.000Z",
           "format": "yolo", "model": {"name": "aerial15", "task": "obb", "sha256": "0a1b"},
           "configuration": {"model": "aerial15"}, "total_images": 3, "failed_images": 1,
           "total_detections": 3,
           "files": [
             \(file(0, #""filename": "a.jpg", "name": "a.jpg", "detection_count": 2, "labels": "labels/a.txt", "image": "images/a.jpg", "annotated": "annotated/a.jpg""#)),
             \(file(1, #""filename": "a.jpg", "name": "a-2.jpg", "detection_count": 1, "labels": "labels/a-2.txt", "image": "images/a-2.jpg", "annotated": "annotated/a-2.jpg""#)),
             \(file(2, #""filename": "broken.png", "name": "broken.png", "detection_count": 0, "image": "images/broken.png", "error": {"code": "CORRUPTED_FILE", "message": "it is cut off"}"#))]}
          """))
  }

  @Test("bad queries are refused by name", arguments: ["format=zip", "images=1", "file_id=img_1"])
  func badQueries(query: String) async throws {
    let fixture = try await ResultsFixture()
    let error = await fixture.routes.error("\(fixture.path)/export?\(query)")
    #expect(error?.code == .invalidRequest)
    #expect(error?.field == String(query.prefix { $0 != "=" }))
  }

  @Test("stems differ whatever their case, their ending or their way of writing an accent")
  func names() {
    let names = [
      "a.jpg", "A.png", "a-2.jpg", "photo", "photo.v1", "Küste.tif", "Ku\u{308}ste.tiff", ".jpg",
    ]
    let files = names.map { name in
      UploadedFile(
        id: FileID(at: startOfTests), uploadID: UploadID(at: startOfTests), filename: name,
        format: "JPEG", width: 1, height: 1, sizeBytes: 1, sha256: "", blobKey: "")
    }
    #expect(
      exportNames(files) == [
        "a.jpg", "A-2.png", "a-2-2.jpg", "photo.jpg", "photo.v1.jpg", "Küste.tif",
        "Ku\u{308}ste-2.tiff", ".jpg.jpg",
      ])
  }
}
