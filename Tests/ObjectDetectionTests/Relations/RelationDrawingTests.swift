import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("RelationDrawing")
struct RelationDrawingTests {
  /// `count` classes, each beside each other one in an image of their own.
  private func complete(_ count: Int) -> RelationGraph {
    var graph = RelationGraph()
    for first in 0..<count {
      for second in first..<count {
        graph.add(
          [.at(0, 0, 0, 30, 40), .at(1, 30, 0, 60, 40)],
          classNames: ["class \(first)", "class \(second)"])
      }
    }
    return graph
  }

  /// Both classes on, under, near and beside each other and themselves.
  private var everyKind: RelationGraph {
    var graph = RelationGraph()
    for (first, second) in [("a", "b"), ("b", "a"), ("a", "a"), ("b", "b")] {
      for x: Float in [40, 130, 100] {
        graph.add(
          [.at(0, x, 40, x + 10, 50), .at(1, 0, 0, 100, 100)], classNames: [first, second])
      }
    }
    return graph
  }

  @Test("every picture is well-formed and has a title", arguments: [0, 1, 2, 3, 14, 15, 40])
  func wellFormed(count: Int) throws {
    let elements = try XMLElements(complete(count).svg())
    #expect(elements.names.first == "svg")
    #expect(elements.attributes.first?["role"] == "img")
    #expect(elements.names.count { $0 == "circle" } == count)
    #expect(elements.names.contains("desc"))
    #expect(elements.texts.contains(count == 0 ? "No detections" : "Relations between classes"))
  }

  @Test("names are escaped, and nothing is loaded or run")
  func escaping() throws {
    let svg = RelationDocumentsTests.awkward.svg()
    let elements = try XMLElements(svg)
    #expect(elements.texts.contains { $0.hasPrefix("<&>") })
    #expect(elements.texts.contains { $0.hasPrefix("\"double\"") })
    #expect(elements.texts.contains("Bridge located_on small-vehicle: 1 pair"))
    #expect(!elements.names.contains { ["script", "image", "use", "foreignObject"].contains($0) })
    for reference in ["href", "url(", "@import", "src="] { #expect(!svg.contains(reference)) }
    #expect(svg.components(separatedBy: "http").count == 2, "only the namespace")
  }

  @Test("the picture says what it leaves out")
  func limits() throws {
    var graph = complete(30)
    let elements = try XMLElements(graph.svg())
    // 30 classes: 435 co-occurrences, and 465 pairs side by side with those within a class.
    #expect(elements.texts.contains("Left out: the 700 weakest of 900 relations."))
    #expect(elements.names.count { $0 == "g" } == 200)
    graph = RelationGraph()
    for item in 0..<90 {
      graph.add([.at(item, 0, 0, 30, 40)], classNames: [])
    }
    let many = try XMLElements(graph.svg())
    #expect(many.texts.contains("Left out: the 10 rarest of 90 classes."))
    #expect(many.names.count { $0 == "circle" } == 80)
    #expect(!complete(4).svg().contains("Left out"))
  }

  @Test("the area of a circle grows with the detections")
  func circles() throws {
    let ring = RelationRing(counts: [400, 100], weights: [[0, 1], [1, 0]])
    #expect(abs(ring.circleRadii[0] / ring.circleRadii[1] - 2) < 1e-9)
  }

  @Test("related classes stand side by side")
  func order() {
    // A ring of eight in scrambled numbers: 0-5-2-7-4-1-6-3-0.
    var weights = Array(repeating: Array(repeating: 0.0, count: 8), count: 8)
    for item in 0..<8 {
      weights[item][(item + 5) % 8] = 1
      weights[(item + 5) % 8][item] = 1
    }
    let ring = RelationRing(counts: Array(repeating: 1, count: 8), weights: weights)
    for item in 0..<8 {
      let distance = (ring.centers[item] - ring.centers[(item + 5) % 8]).length
      #expect(distance < ring.spacing)
    }
  }

  @Test("kinds between the same two classes, and at one class, do not cover each other")
  func bundles() {
    let drawing = RelationDrawing(everyKind)
    let bundles = Dictionary(grouping: drawing.edges) {
      [$0.relation.subject, $0.relation.object].sorted()
    }
    #expect(bundles.values.map(\.count).sorted() == [3, 3, 5])
    for edges in bundles.values {
      for (position, edge) in edges.enumerated() {
        for other in edges[(position + 1)...] {
          let apart = (edge.curve.point(at: 0.5) - other.curve.point(at: 0.5)).length
          // Lines are at most 5.5 units wide.
          #expect(apart > 8)
        }
      }
    }
  }

  @Test("only directed relations have an arrow, which ends at the object's circle")
  func arrows() throws {
    let drawing = RelationDrawing(everyKind)
    for edge in drawing.edges {
      #expect((edge.curve.tip != nil) == edge.relation.kind.isDirected)
      guard let tip = edge.curve.tip else { continue }
      let object = try #require(
        drawing.classes.firstIndex { $0.name == edge.relation.object })
      let distance = (tip - drawing.ring.centers[object]).length
      #expect(abs(distance - drawing.ring.circleRadii[object]) < 2)
    }
  }
}

/// The elements of a document in their order, and their texts.
private final class XMLElements: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []
  private(set) var attributes: [[String: String]] = []
  private(set) var texts: [String] = []
  private var open: [String] = []

  init(_ document: String) throws {
    super.init()
    let parser = XMLParser(data: Data(document.utf8))
    parser.delegate = self
    let isWellFormed = parser.parse()
    #expect(isWellFormed, "\(parser.parserError.map { "\($0)" } ?? "")")
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    names.append(name)
    self.attributes.append(attributes)
    open.append("")
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if !open.isEmpty { open[open.count - 1] += string }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    if let text = open.popLast() { texts.append(text) }
  }
}
