import Foundation

extension RelationGraph {
  /// A drawing as SVG: circles are classes, curves are relations. It needs no script and no other file, and
  /// the same graph gives the same bytes.
  ///
  /// The 80 most frequent classes and the 200 strongest relations between them are drawn; the picture says
  /// what it leaves out.
  public func svg() -> String { RelationDrawing(self).svg }
}

/// Colours are attributes and a style sheet only replaces them on dark screens: a page whose policy forbids
/// style sheets shows the light picture. It has a ground of its own and is readable on any page.
extension RelationDrawing {
  /// Counts that are printed; those of all edges are shown under the pointer.
  private static let printedLimit = 12
  private static let darkColours = """
    <style>@media (prefers-color-scheme: dark) {
    .harrier-relations .ground { fill: #14171c }
    .harrier-relations .ink { fill: #e8ebf0 }
    .harrier-relations .soft { fill: #a3adba }
    .harrier-relations .node { fill: #c5cedb; stroke: #14171c }
    .harrier-relations .halo { stroke: #14171c }
    }</style>

    """

  var svg: String {
    let legend = legendLines
    let frame = frame(legendLines: legend.count)
    let (left, top) = (frame.left + 24, frame.top)
    let heading = classes.isEmpty ? "No detections" : "Relations between classes"
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" class="harrier-relations" role="img" \
      aria-labelledby="relations-title relations-desc" \
      viewBox="\(format(frame.left)) \(format(top)) \(format(frame.width)) \(format(frame.height))" \
      width="\(format(frame.width))" height="\(format(frame.height))" \
      font-family="Helvetica, Arial, 'DejaVu Sans', sans-serif" font-size="13">
      <title id="relations-title">\(heading)</title>
      <desc id="relations-desc">\(xmlText(summary))</desc>
      \(Self.darkColours)\
      <rect class="ground" x="\(format(frame.left))" y="\(format(top))" rx="10" \
      width="\(format(frame.width))" height="\(format(frame.height))" fill="#ffffff"/>
      <text class="ink" x="\(format(left))" y="\(format(top + 38))" font-size="20" \
      font-weight="bold" fill="#1b2330">\(heading)</text>
      <text class="soft" x="\(format(left))" y="\(format(top + 60))" fill="#566273">\
      \(xmlText(totals))</text>

      """
    // The weakest first: the strongest lie on top.
    for edge in edges.reversed() { text += drawing(of: edge) }
    for item in classes.indices { text += circle(of: item) + label(of: item) }
    text += printedCounts
    for (line, entry) in legend.enumerated() {
      let y = top + frame.height - 20 * Double(legend.count - line) - 4
      text += entry(left, y)
    }
    return text + "</svg>\n"
  }

  // MARK: Edges

  private func drawing(of edge: Edge) -> String {
    let curve = edge.curve
    let colour = edge.relation.kind.colour
    let path = """
      M\(format(curve.start))C\(format(curve.control1)) \(format(curve.control2)) \(format(curve.end))
      """
    var text = "<g><title>\(xmlText(sentence(edge.relation)))</title>"
    // A broad unseen stroke under the line: a pointer hardly hits one unit.
    text += "<path d=\"\(path)\" fill=\"none\" stroke=\"#000\" stroke-opacity=\"0\" "
    text += "stroke-width=\"11\"/>"
    text += "<path d=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" "
    text += "stroke-width=\"\(format(width(of: edge)))\" "
    text += "stroke-opacity=\"\(format(0.5 + 0.4 * strength(of: edge)))\"/>"
    if let tip = curve.tip {
      let back = (curve.end - tip).unit * (RelationCurve.arrowLength + 0.5)
      let side = back.normal * 0.42
      text += "<path d=\"M\(format(tip))L\(format(tip + back + side))L"
      text += "\(format(tip + back - side))Z\" fill=\"\(colour)\"/>"
    }
    return text + "</g>\n"
  }

  /// 0...1 on a logarithmic scale up to the highest count.
  private func strength(of edge: Edge) -> Double {
    let most = edges.map(\.relation.count).max() ?? 1
    return log(Double(edge.relation.count)) / max(log(Double(most)), 1e-9)
  }

  /// Units; below `RelationCurve`'s gap, so that the curves of a bundle stay apart.
  private func width(of edge: Edge) -> Double { 1.2 + 4.3 * strength(of: edge) }

  private var printedCounts: String {
    var taken: [(point: DrawingPoint, reach: Double)] = zip(ring.centers, ring.circleRadii)
      .map { ($0, $1 + 8) }
    for item in classes.indices {
      let (start, end) = labelEnds(item)
      for share in stride(from: 0.0, through: 1, by: 0.0625) {
        taken.append((start + (end - start) * share, 7))
      }
    }
    return edges.prefix(Self.printedLimit).map { edge in
      let count = String(edge.relation.count)
      let reach = 4 + 3.3 * Double(count.count)
      let places = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74].map(edge.curve.point)
      let free = places.first { place in
        taken.allSatisfy { (place - $0.point).length > reach + $0.reach }
      }
      guard let place = free else { return "" }
      taken.append((place, reach))
      return """
        <text class="halo" x="\(format(place.x))" y="\(format(place.y + 4))" font-size="12" \
        font-weight="bold" text-anchor="middle" stroke="#ffffff" stroke-width="4" \
        stroke-linejoin="round" paint-order="stroke" fill="\(edge.relation.kind.colour)" \
        pointer-events="none">\(count)</text>

        """
    }.joined()
  }

  private func sentence(_ relation: Relation) -> String {
    let count = counted(relation.count, relation.kind == .cooccurs ? "image" : "pair")
    return "\(relation.subject) \(relation.kind.rawValue) \(relation.object): \(count)"
  }

  // MARK: Classes

  private func circle(of item: Int) -> String {
    let title = "\(classes[item].name): \(counted(classes[item].count, "detection"))"
    let center = ring.centers[item]
    return """
      <circle class="node" cx="\(format(center.x))" cy="\(format(center.y))" \
      r="\(format(ring.circleRadii[item]))" fill="#3d4a5c" stroke="#ffffff" stroke-width="1.5">\
      <title>\(xmlText(title))</title></circle>

      """
  }

  private func label(of item: Int) -> String {
    let angle = ring.angles[item]
    let (place, across) = labelPlace(item)
    var attributes = "x=\"\(format(place.x))\" y=\"\(format(place.y + 4.5))\""
    if isRadial {
      // Text on the left half is turned round, or it would stand on its head.
      let turn = angle * 180 / .pi + (across < 0 ? 180 : 0)
      attributes =
        "transform=\"translate(\(format(place)))rotate(\(format(turn)))\" y=\"4.5\""
    }
    let anchor = across == 0 ? "middle" : across > 0 ? "start" : "end"
    return """
      <text class="ink" \(attributes) text-anchor="\(anchor)" fill="#1b2330">\
      \(xmlText(shortName(item))) <tspan class="soft" fill="#566273">\(classes[item].count)</tspan>\
      </text>

      """
  }

  // MARK: Words

  /// Legend entries, each drawn at a left edge and a base line.
  private var legendLines: [(Double, Double) -> String] {
    func line(_ x: Double, _ y: Double, _ words: String, after swatch: String = "") -> String {
      let start = swatch.isEmpty ? x : x + 44
      return "\(swatch)<text class=\"soft\" x=\"\(format(start))\" y=\"\(format(y))\" "
        + "font-size=\"12\" fill=\"#566273\">\(xmlText(words))</text>\n"
    }
    let drawn = Set(edges.map(\.relation.kind))
    var lines = RelationKind.allCases.filter(drawn.contains).map { kind in
      { (x: Double, y: Double) in
        let swatch = """
          <path d="M\(format(x)) \(format(y - 4))h34" stroke="\(kind.colour)" stroke-width="4"/>
          """
        return line(x, y, "\(kind.rawValue): \(kind.meaning)", after: swatch)
      }
    }
    if !edges.isEmpty {
      lines.append {
        line($0, $1, "Circles by detections; lines by count, on a logarithmic scale.")
      }
    }
    if let omission { lines.append { line($0, $1, omission) } }
    return lines
  }

  /// nil where everything is drawn.
  private var omission: String? {
    let parts = [
      (relationCount - edges.count, "weakest of \(relationCount) relations"),
      (classCount - classes.count, "rarest of \(classCount) classes"),
    ].filter { $0.0 > 0 }.map { "the \($0.0) \($0.1)" }
    return parts.isEmpty ? nil : "Left out: \(parts.joined(separator: " and "))."
  }

  private var totals: String {
    [
      counted(graph.imageCount, "image"), counted(graph.detectionCount, "detection"),
      counted(classCount, "class", "classes"), counted(relationCount, "relation"),
    ].joined(separator: ", ")
  }

  /// What someone hears who does not see the picture.
  private var summary: String {
    let strongest = edges.prefix(10).map { sentence($0.relation) }.joined(separator: "; ")
    let parts = [totals, strongest.isEmpty ? nil : "Strongest: \(strongest)", omission]
    return parts.compactMap(\.self).joined(separator: ". ")
  }
}

extension RelationKind {
  /// Okabe and Ito's colours, which colour-blind people tell apart, and a grey; at least 3:1 against white
  /// and against the dark ground.
  fileprivate var colour: String {
    switch self {
    case .cooccurs: "#848d99"
    case .locatedNear: "#1f7fc4"
    case .locatedOn: "#d55e00"
    case .adjacentTo: "#009e73"
    }
  }
}

private func format(_ value: Double) -> String { decimal(value, places: 1, trimmed: true) }
private func format(_ point: DrawingPoint) -> String { "\(format(point.x)) \(format(point.y))" }

private func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
  "\(count) \(count == 1 ? one : many ?? one + "s")"
}
