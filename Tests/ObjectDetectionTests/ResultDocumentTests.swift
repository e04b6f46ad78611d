import TestSupport
import Testing

@testable import ObjectDetection

@Suite("Result documents in pieces")
struct ResultDocumentTests {
  private func pieces(_ format: ResultFormat, _ results: ResultSet, by size: Int) -> [String] {
    let overview = results.overview
    var document = format.document(of: overview)
    var pieces = [document.begin()]
    for (image, heading) in zip(results.images, overview.images) {
      pieces.append(document.begin(heading))
      for first in stride(from: 0, to: image.detections.count, by: size) {
        pieces.append(document.add(Array(image.detections[first...].prefix(size)), to: heading))
      }
      pieces.append(document.end(heading))
    }
    return pieces + [document.end()]
  }

  @Test("a document is the same however its detections are cut", arguments: ResultFormat.allCases)
  func cuts(format: ResultFormat) {
    let detections = Array(
      repeating: [ResultSamples.plain, ResultSamples.oriented], count: 5
    ).flatMap(\.self)
    let results = ResultSet(
      model: ResultSamples.model,
      images: [
        ResultSamples.image(detections), ResultSamples.failed, ResultSamples.image([]),
        ResultSamples.image(detections, named: "b.jpg"),
      ])
    let whole = format.document(results)
    for size in [1, 3, 10, 100] {
      #expect(pieces(format, results, by: size).joined() == whole)
    }
  }

  @Test("pieces are as large as their detections, not as the document")
  func largestPiece() {
    let image = ResultSamples.image(Array(repeating: ResultSamples.oriented, count: 2000))
    let results = ResultSet(model: ResultSamples.model, images: [image])
    for format in ResultFormat.allCases {
      let pieces = pieces(format, results, by: 10)
      #expect(pieces.map(\.utf8.count).max() ?? 0 < 8000, "\(format)")
    }
  }

  @Test("members come behind those of an object that is open, which is closed at the end")
  func inside() throws {
    var json = JSONWriter()
    json.beginObject()
    json.string("status", "success")
    json.beginObject("data")
    json.string("job_id", "job_1")
    let results = ResultSamples.results
    var document = DetectionsJSON(results.overview, inside: json)
    var text = document.begin()
    for (image, heading) in zip(results.images, results.overview.images) {
      text += document.begin(heading) + document.add(image.detections, to: heading)
      text += document.end(heading)
    }
    text += document.end()
    #expect(text.hasPrefix(#"{"status":"success","data":{"job_id":"job_1","model":{"#))
    let read = try ParsedJSON(text)
    #expect(read.keys("") == ["data", "status"])
    #expect(read.integer("data.total_images") == 4)
    #expect(read.count("data.results") == 4)
  }

  @Test("where files have ids, CSV tells two of one name apart, and COCO names them")
  func fileIDs() throws {
    let results = ResultSet(
      model: ResultSamples.model,
      images: [
        ResultSamples.image([ResultSamples.plain], fileID: "img_1"),
        ResultSamples.image([ResultSamples.plain], fileID: "img_2"),
      ])
    let lines = ResultFormat.csv.document(results).split(separator: "\n")
    #expect(lines[0].hasSuffix(",obb_angle_degrees,file_id"))
    #expect(lines[1].hasSuffix(",60.250,,,,,,img_1"))
    #expect(lines[2].hasSuffix(",60.250,,,,,,img_2"))
    let json = try ParsedJSON(ResultFormat.coco.document(results))
    #expect((0..<2).map { json.string("images.\($0).file_id") } == ["img_1", "img_2"])
  }

  @Test("a string in pieces is escaped like a whole one", arguments: ResultSamples.awkwardNames)
  func strings(text: String) throws {
    var whole = JSONWriter()
    whole.object { $0.string("a", text) }
    var json = JSONWriter()
    json.beginObject()
    json.beginString("a")
    for scalar in text.unicodeScalars { json.continueString(String(scalar)) }
    json.endAll()
    #expect(Array(json.text.utf8) == Array(whole.text.utf8))
  }

  @Test(
    "pycocotools loads COCO documents",
    .enabled(if: PythonScript.isInstalled, "the test tools are not installed"))
  func pycocotools() async throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(ResultFormat.coco.document(ResultSamples.results), to: "a.json")
    let script = """
      import sys
      from pycocotools.coco import COCO
      coco = COCO(sys.argv[1])
      print(sorted(coco.getImgIds()), sorted(coco.getCatIds()), sorted(coco.getAnnIds()))
      print(coco.annToMask(coco.loadAnns([2])[0]).sum())
      """
    let output = try await PythonScript.run(script, [path])
    // The oriented box has 40 x 20 pixels.
    #expect(output.text.hasSuffix("[1, 3, 4] [0, 1] [1, 2]\n800\n"), "\(output)")
  }
}
