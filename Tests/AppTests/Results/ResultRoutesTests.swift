import Foundation
import HTTPTypes
import Jobs
import ObjectDetection
import TestSupport
import Testing

@testable import App

@Suite("Result routes")
struct ResultRoutesTests {
  static let ship = """
    {"class_id": 1, "class_name": "ship", "confidence": 0.95,
     "bbox": {"format": "xyxy", "x_min": 10.5, "y_min": 20.25, "x_max": 110.5, "y_max": 60.25},
     "bbox_normalized": {"format": "yolo", "center_x": 0.3025, "center_y": 0.4025, "width": 0.5,
                         "height": 0.4}}
    """
  static let plane = """
    {"class_id": 0, "class_name": "plane", "confidence": 0.5,
     "bbox": {"format": "xyxy", "x_min": 90, "y_min": 30, "x_max": 110, "y_max": 70},
     "bbox_normalized": {"format": "yolo", "center_x": 0.5, "center_y": 0.5, "width": 0.1,
                         "height": 0.4},
     "obb": {"center_x": 100, "center_y": 50, "width": 40, "height": 20, "angle_degrees": 90,
             "polygon": [[90, 70], [110, 70], [110, 30], [90, 30]]}}
    """

  private func image(_ fileID: String, _ detections: [String]) -> String {
    """
    {"file_id": "\(fileID)", "filename": "a.jpg", "width": 200, "height": 100,
     "detection_count": \(detections.count), "inference_seconds": 1.25, "slices": 3,
     "detections": [\(detections.joined(separator: ","))]}
    """
  }

  private func failed(_ fileID: String) -> String {
    """
    {"file_id": "\(fileID)", "filename": "broken.png",
     "error": {"code": "CORRUPTED_FILE", "message": "it is cut off"}}
    """
  }

  private func document(
    _ job: Job, images: Int, detections: Int, classes: String, _ results: [String]
  ) throws -> NSDictionary {
    try object(
      """
      {"status": "success",
       "data": {"job_id": "\(job.id)", "format": "json",
                "model": {"name": "aerial15", "task": "obb", "sha256": "0a1b"},
                "total_images": \(images), "total_detections": \(detections),
                "class_distribution": [\(classes)],
                "results": [\(results.joined(separator: ","))]}}
      """)
  }

  @Test("json is the contract's document, field by field")
  func json() async throws {
    let fixture = try await ResultsFixture()
    let answer = try await fixture.routes.get("\(fixture.path)/results")
    #expect(answer.status == .ok)
    #expect(answer.headers[.contentType] == "application/json; charset=utf-8")
    let classes = """
      {"class_id": 0, "class_name": "plane", "count": 2, "average_confidence": 0.5},
      {"class_id": 1, "class_name": "ship", "count": 1, "average_confidence": 0.95}
      """
    let files = fixture.files
    #expect(
      try answer.json
        == document(
          fixture.job, images: 3, detections: 3, classes: classes,
          [
            image(files[0], [Self.ship, Self.plane]), image(files[1], [Self.plane]),
            failed(files[2]),
          ]))
  }

  @Test("totals and classes are those of the detections that filters let through")
  func filters() async throws {
    let fixture = try await ResultsFixture()
    let files = fixture.files
    let shipClass =
      #"{"class_id": 1, "class_name": "ship", "count": 1, "average_confidence": 0.95}"#
    let ships = try document(
      fixture.job, images: 3, detections: 1, classes: shipClass,
      [image(files[0], [Self.ship]), image(files[1], []), failed(files[2])])
    for query in ["min_confidence=0.95", "class=ship", "class=1", "min_confidence=0.5&class=ship"] {
      let answer = try await fixture.routes.get("\(fixture.path)/results?\(query)")
      #expect(answer.json == ships, "\(query)")
    }
    let none = try await fixture.routes.get("\(fixture.path)/results?min_confidence=1")
    #expect(
      try none.json
        == document(
          fixture.job, images: 3, detections: 0, classes: "",
          [image(files[0], []), image(files[1], []), failed(files[2])]))
    let one = try await fixture.routes.get(
      "\(fixture.path)/results?file_id=\(files[0])&class=ship")
    #expect(
      try one.json
        == document(
          fixture.job, images: 1, detections: 1, classes: shipClass,
          [image(files[0], [Self.ship])]))
  }

  @Test("yolo has the labels of each file and where they can be fetched")
  func yolo() async throws {
    let fixture = try await ResultsFixture()
    let files = fixture.files
    let plane =
      "0 0.450000 0.700000 0.550000 0.700000 0.550000 0.300000 0.450000 0.300000 0.500000"
    let ship = "1 0.302500 0.402500 0.500000 0.400000 0.950000"
    let answer = try await fixture.routes.get("\(fixture.path)/results?format=yolo")
    let url = "/api/v1/jobs/\(fixture.job.id)/results"
    #expect(
      try answer.json
        == object(
          """
          {"status": "success",
           "data": {"job_id": "\(fixture.job.id)", "format": "yolo",
             "model": {"name": "aerial15", "task": "obb", "sha256": "0a1b"},
             "total_images": 3, "total_detections": 3,
             "files": [
               {"file_id": "\(files[0])", "filename": "a.jpg",
                "label_content": "\(ship)\\n\(plane)\\n",
                "download_url": "\(url)/\(files[0])/labels.txt"},
               {"file_id": "\(files[1])", "filename": "a.jpg", "label_content": "\(plane)\\n",
                "download_url": "\(url)/\(files[1])/labels.txt"},
               {"file_id": "\(files[2])", "filename": "broken.png",
                "error": {"code": "CORRUPTED_FILE", "message": "it is cut off"}}]}}
          """))
    let labels = try await fixture.routes.get("\(fixture.path)/results/\(files[0])/labels.txt")
    #expect(labels.headers[.contentType] == "text/plain; charset=utf-8")
    #expect(labels.text == "\(ship)\n\(plane)\n")
    let broken = await fixture.routes.error("\(fixture.path)/results/\(files[2])/labels.txt")
    #expect(broken?.code == .fileNotFound)
    #expect(broken?.details == "It has failed: CORRUPTED_FILE: it is cut off")
  }

  @Test("voc has the XML of each file")
  func voc() async throws {
    let fixture = try await ResultsFixture()
    let answer = try await fixture.routes.get(
      "\(fixture.path)/results?format=voc&file_id=\(fixture.files[1])")
    let data = try #require(answer.json?["data"] as? NSDictionary)
    #expect(data["format"] as? String == "voc")
    let files = try #require(data["files"] as? [NSDictionary])
    #expect(files.count == 1)
    #expect(
      files.first?.allKeys.compactMap { $0 as? String }.sorted() == [
        "file_id", "filename", "xml",
      ])
    let xml = try #require(files.first?["xml"] as? String)
    #expect(xml.hasPrefix("<annotation>\n  <filename>a.jpg</filename>\n"))
    #expect(xml.contains("<name>plane</name>"))
    #expect(xml.hasSuffix("</annotation>\n"))
  }

  @Test(
    "coco, csv and geojson answer the bare document",
    arguments: [
      ("coco", "application/json; charset=utf-8"), ("csv", "text/csv; charset=utf-8"),
      ("geojson", "application/geo+json"),
    ])
  func bare(format: String, contentType: String) async throws {
    let fixture = try await ResultsFixture()
    let answer = try await fixture.routes.get("\(fixture.path)/results?format=\(format)")
    #expect(answer.headers[.contentType] == contentType)
    switch format {
    case "coco":
      let annotations = try #require(answer.json?["annotations"] as? [NSDictionary])
      #expect(annotations.map { $0["id"] as? Int } == [1, 2, 3])
      #expect(annotations.map { $0["image_id"] as? Int } == [1, 1, 2])
    case "csv":
      #expect(answer.text.split(separator: "\n").count == 4)
    default:
      #expect(answer.json?["type"] as? String == "FeatureCollection")
      #expect((answer.json?["features"] as? [Any])?.count == 3)
    }
  }

  @Test("bad queries are refused by name")
  func badQueries() async throws {
    let fixture = try await ResultsFixture()
    let cases: [(String, APIErrorCode, String?)] = [
      ("format=xml", .invalidRequest, "format"),
      ("min_confidence=2", .invalidRequest, "min_confidence"),
      ("min_confidence=nan", .invalidRequest, "min_confidence"),
      ("class=submarine", .invalidRequest, "class"), ("class=2", .invalidRequest, "class"),
      ("class=-1", .invalidRequest, "class"), ("klass=ship", .invalidRequest, "klass"),
      ("file_id=../etc", .fileNotFound, nil),
      ("file_id=\(FileID(at: startOfTests))", .fileNotFound, nil),
    ]
    for (query, code, field) in cases {
      let error = await fixture.routes.error("\(fixture.path)/results?\(query)")
      #expect(error?.code == code, "\(query)")
      #expect(error?.field == field, "\(query)")
    }
    let unknown = await fixture.routes.error("\(fixture.path)/results?class=submarine")
    #expect(unknown?.entries.first?.error == "The model has no class \"submarine\"")
  }

  @Test("a job that has not completed has no results, and says why")
  func notReady() async throws {
    let routes = RouteHarness()
    let upload = sampleUpload()
    try await routes.store.insert(upload)
    let job = sampleJob(over: upload)
    _ = try await routes.store.insert(job, idempotency: nil)
    let paths = ["results", "export", "reasoning", "visualization"].map { "jobs/\(job.id)/\($0)" }
    func expectDetails(_ details: String) async {
      for path in paths {
        let error = await routes.error(path)
        #expect(error?.code == .resultsNotReady)
        #expect(error?.details == details)
      }
    }
    await expectDetails("The job is queued")
    let claimed = try #require(
      try await routes.store.claim(
        for: WorkerID("w"), lease: .seconds(10), maxDeaths: 3, now: startOfTests))
    await expectDetails("The job is processing")
    let failure = JobFailure(code: "MODEL_LOAD_ERROR", message: "The model is damaged")
    try await routes.store.finish(claimed.claim, .failed(failure), now: startOfTests)
    await expectDetails("The job has failed: MODEL_LOAD_ERROR: The model is damaged")
    #expect(await routes.error("jobs/\(JobID(at: startOfTests))/results")?.code == .jobNotFound)
    #expect(await routes.error("jobs/nonsense/results")?.code == .jobNotFound)
  }

  @Test("where every image failed, the model is what the catalog knows of its name")
  func allFailed() async throws {
    let known = try await ResultsFixture(detections: [])
    let answer = try await known.routes.get("\(known.path)/results")
    #expect(
      try answer.json
        == document(
          known.job, images: 1, detections: 0, classes: "", [failed(known.files[0])]))
    let removed = try await ResultsFixture(detections: [], configuration: #"{"model":"gone"}"#)
    let data = try await removed.routes.get("\(removed.path)/results").json?["data"]
    #expect((data as? NSDictionary)?["model"] as? NSDictionary == ["name": "gone"])
  }

  @Test("a result that is gone or damaged is an error before the first byte")
  func damaged() async throws {
    let fixture = try await ResultsFixture()
    let key = "jobs/\(fixture.job.id)/1/\(fixture.files[1]).detections"
    let bytes = try #require(await fixture.routes.blobs.blobs[key])
    for broken in [nil, Array(bytes.dropLast()), [UInt8](repeating: 7, count: bytes.count)] {
      await fixture.routes.blobs.set(broken, for: key)
      await #expect {
        try await fixture.routes.get("\(fixture.path)/results")
      } throws: { error in
        (error as? JobsError)?.code == .storageError
          || (error as? DetectionError)?.code == .storageError
      }
    }
  }

  @Test("an answer's tag is answered with 304, and nothing is read for it")
  func conditional() async throws {
    let fixture = try await ResultsFixture()
    let paths = [
      "results", "results?format=csv", "results?class=ship", "visualization", "reasoning",
      "export", "results/\(fixture.files[0])/labels.txt",
    ].map { "\(fixture.path)/\($0)" }
    var tags: Set<String> = []
    for path in paths {
      let first = try await fixture.routes.get(path)
      let tag = try #require(first.headers[.eTag])
      tags.insert(tag)
      let opened = await fixture.routes.blobs.opened
      let second = try await fixture.routes.get(path, [.ifNoneMatch: "W/\(tag)"])
      #expect(second.status == .notModified, "\(path)")
      #expect(second.bytes.isEmpty)
      #expect(second.headers[.eTag] == tag)
      #expect(second.headers[.contentLength] == nil)
      #expect(await fixture.routes.blobs.opened == opened)
      #expect(try await fixture.routes.get(path, [.ifNoneMatch: "\"other\""]).status == .ok)
    }
    #expect(tags.count == paths.count)
  }

  @Test("detections on a georeferenced TIFF are in degrees, those on other images in pixels")
  func georeferenced() async throws {
    let fixture = try await ResultsFixture(
      detections: [[ResultsFixture.ship]], format: "TIFF")
    let key = fixture.upload.files[0].blobKey
    let path = "\(fixture.path)/results?format=geojson"
    // Written by GDAL: pixels of 0.001 degrees, EPSG:4326, the top-left corner at 10 E, 50 N.
    let tiff = try Data(contentsOf: Fixtures.url("geotiff/wgs84.tif"))
    await fixture.routes.blobs.set(Array(tiff), for: key)
    let answer = try await fixture.routes.get(path)
    #expect(answer.json?["coordinates"] as? String == "longitude_latitude")
    let features = try #require(answer.json?["features"] as? [NSDictionary])
    let geometry = try #require(features.first?["geometry"] as? NSDictionary)
    // Columns 10.5 to 110.5 and rows 20.25 to 60.25, counterclockwise on the map.
    #expect(
      geometry["coordinates"] as? [[[Double]]] == [
        [
          [10.0105, 49.93975], [10.1105, 49.93975], [10.1105, 49.97975], [10.0105, 49.97975],
          [10.0105, 49.93975],
        ]
      ])
    // An original whose tags cannot be read is an image without a place.
    await fixture.routes.blobs.set(Array(tiff.prefix(16)), for: key)
    #expect(try await fixture.routes.get(path).json?["coordinates"] as? String == "pixels")
  }

  @Test("a large image is written in pieces", arguments: [("yolo", 100_000), ("json", 4000)])
  func large(format: String, count: Int) async throws {
    let fixture = try await ResultsFixture(
      detections: [Array(repeating: ResultsFixture.plane, count: count)])
    let answer = try await fixture.routes.get("\(fixture.path)/results?format=\(format)")
    let data = try #require(answer.json?["data"] as? NSDictionary)
    #expect(data["total_detections"] as? Int == count)
    #expect(answer.bytes.count > 1_000_000)
    #expect(answer.largestPiece < 400_000)
  }
}
