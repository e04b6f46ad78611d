/// The graph as text that other programs read.
extension RelationGraph {
  /// A JSON document of one object: `classes` with their detections, `images`, and `relations`, each list in
  /// the order of the property of that name.
  public func json() -> String {
    var json = JSONWriter()
    json.object { json in
      json.array("classes") { json in
        for related in classes {
          json.object { json in
            json.string("name", related.name)
            json.integer("count", related.count)
          }
        }
      }
      json.integer("images", imageCount)
      json.array("relations") { json in
        for relation in relations {
          json.object { json in
            json.string("relation", relation.kind.rawValue)
            json.string("subject", relation.subject)
            json.string("object", relation.object)
            json.integer("count", relation.count)
          }
        }
      }
    }
    return json.text + "\n"
  }

  /// Prolog facts, one a line: `fact(Relation, Subject, Object, Count).` Symmetric relations stand once.
  ///
  /// Pure ASCII without directives: every system reads it alike, whatever encoding it assumes (SWI-Prolog
  /// before 9.1 takes that of the locale).
  public func prolog() -> String {
    var text = """
      % Relations between the classes of a job, written by Harrier.
      % fact(Relation, Subject, Object, Count): \
      \(imageCount) images, \(detectionCount) detections, \(classes.count) classes.

      """
    for relation in relations {
      text += "fact(\(relation.kind.rawValue), \(prologAtom(relation.subject)), "
      text += "\(prologAtom(relation.object)), \(relation.count)).\n"
    }
    return text
  }
}

/// The atom of a name as Prolog reads it (ISO/IEC 13211-1, 6.4.2): bare if it begins with a small letter and
/// goes on with letters, digits and underscores, else quoted, with `\x..\` for what is not printable ASCII.
private func prologAtom(_ name: String) -> String {
  let scalars = name.unicodeScalars
  let isBare =
    scalars.allSatisfy { $0.isASCII && ($0.properties.isAlphabetic || $0.isDigit || $0 == "_") }
    && scalars.first.map { ("a"..."z").contains($0) } == true
  if isBare { return name }
  var quoted = ""
  for scalar in scalars {
    switch scalar {
    case "'": quoted += "\\'"
    case "\\": quoted += "\\\\"
    case "\n": quoted += "\\n"
    case " "..."~": quoted.unicodeScalars.append(scalar)
    default: quoted += "\\x\(String(scalar.value, radix: 16))\\"
    }
  }
  return "'\(quoted)'"
}

extension Unicode.Scalar {
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
}
