import Foundation
import Testing

@testable import ObjectDetection

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("VOC document")
struct VOCDocumentTests {
  private func vocDocument(_ image: ImageResult, model: DetectionModel) -> String {
    ResultFormat.voc.document(ResultSet(model: model, images: [image]))
  }

  private func document(_ image: ImageResult) throws -> [String: [String]] {
    try #require(XMLTexts.parse(vocDocument(image, model: ResultSamples.model)))
  }

  @Test("boxes are whole pixels counted from 1, both ends inclusive")
  func plain() throws {
    let xml = try document(ResultSamples.image([ResultSamples.plain], named: "a.jpg"))
    #expect(xml["annotation/filename"] == ["a.jpg"])
    #expect(xml["annotation/source/annotation"] == ["Harrier aerial15"])
    #expect(xml["annotation/size/width"] == ["200"])
    #expect(xml["annotation/size/height"] == ["100"])
    #expect(xml["annotation/size/depth"] == ["3"])
    #expect(xml["annotation/object/name"] == ["ship"])
    #expect(xml["annotation/object/confidence"] == ["0.950000"])
    // Pixel columns 10 to 110 and rows 20 to 60 are touched; counted from 1, 11 to 111 and 21 to 61.
    #expect(xml["annotation/object/bndbox/xmin"] == ["11"])
    #expect(xml["annotation/object/bndbox/ymin"] == ["21"])
    #expect(xml["annotation/object/bndbox/xmax"] == ["111"])
    #expect(xml["annotation/object/bndbox/ymax"] == ["61"])
    #expect(xml["annotation/object/robndbox/cx"] == nil)
  }

  @Test("a box over the whole image is 1 to width and 1 to height")
  func wholeImage() throws {
    let box = BoundingBox(xMin: 0, yMin: 0, xMax: 200, yMax: 100)
    let xml = try document(
      ResultSamples.image([Detection(classID: 0, confidence: 0.5, box: box)]))
    let names = ["xmin", "ymin", "xmax", "ymax"]
    #expect(
      names.map { xml["annotation/object/bndbox/\($0)"] } == [["1"], ["1"], ["200"], ["100"]])
  }

  @Test("oriented boxes add a robndbox with the angle in radians")
  func oriented() throws {
    let xml = try document(ResultSamples.image([ResultSamples.oriented, ResultSamples.plain]))
    #expect(xml["annotation/object/name"] == ["plane", "ship"])
    let names = ["cx", "cy", "w", "h", "angle"]
    #expect(
      names.map { xml["annotation/object/robndbox/\($0)"] }
        == [["100.000"], ["50.000"], ["40.000"], ["20.000"], ["1.570796"]])
  }

  @Test("failed and empty images have no objects")
  func noObjects() throws {
    for image in [ResultSamples.failed, ResultSamples.image([])] {
      #expect(try document(image)["annotation/object"] == nil)
    }
  }

  @Test(
    "awkward names are well-formed, without what XML forbids",
    arguments: ResultSamples.awkwardNames)
  func names(name: String) throws {
    var model = ResultSamples.model
    model.name = name
    model.classNames = ["plane", name]
    let text = vocDocument(ResultSamples.image([ResultSamples.plain], named: name), model: model)
    let xml = try #require(XMLTexts.parse(text))
    var allowed = ""
    for scalar in name.unicodeScalars
    where scalar.value >= 0x20 && scalar != "\u{fffe}" && scalar != "\u{ffff}" {
      allowed.unicodeScalars.append(scalar)
    }
    #expect(xml["annotation/filename"] == [allowed])
    #expect(xml["annotation/object/name"] == [allowed])
  }
}

/// The texts of an XML document by path, in document order.
private final class XMLTexts: NSObject, XMLParserDelegate {
  private var path: [String] = []
  private var text = ""
  private(set) var texts: [String: [String]] = [:]

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    path.append(name)
    text = ""
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    texts[path.joined(separator: "/"), default: []].append(text)
    path.removeLast()
    text = ""
  }

  /// nil when the document is not well-formed.
  static func parse(_ document: String) -> [String: [String]]? {
    let parser = XMLParser(data: Data(document.utf8))
    let texts = XMLTexts()
    parser.delegate = texts
    return parser.parse() ? texts.texts : nil
  }
}
