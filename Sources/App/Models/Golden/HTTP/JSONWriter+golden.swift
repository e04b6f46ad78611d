import Jobs
import ObjectDetection

extension JSONWriter {
  /// - Parameters:
  ///   - verdicts: of its versions.
  ///   - isAdmin: names of callers are for administrators.
  mutating func members(of set: GoldenSet, _ verdicts: [GoldenVerdict]) {
    string("name", set.name)
    string("set_id", set.id.description)
    members(of: set.demand)
    array("aliases") { json in for alias in set.demand.aliases.sorted() { json.element(alias) } }
    integer("size_bytes", set.sizeBytes)
    integer("expected", set.classes.values.reduce(0, +))
    array("classes") { json in
      for (label, count) in set.classes.sorted(by: { $0.key < $1.key }) {
        json.object { json in
          json.string("class", label)
          json.integer("expected", count)
        }
      }
    }
    array("pictures") { json in
      for picture in set.pictures {
        json.object { json in
          json.string("filename", picture.filename)
          json.integer("size_bytes", picture.sizeBytes)
          json.string("sha256", picture.sha256)
          json.integer("expected", picture.expected)
        }
      }
    }
    time("created_at", set.createdAt)
    if let creator = set.createdBy { string("created_by", creator) }
    array("checks") { json in
      for verdict in verdicts {
        json.object { json in
          json.integer("version", verdict.version.number)
          json.bool("passed", verdict.passed)
          json.members(of: verdict.figures.total)
          json.time("checked_at", verdict.checkedAt)
        }
      }
    }
  }

  private mutating func members(of demand: GoldenDemand) {
    raw("min_recall", "\(demand.minRecall)")
    raw("min_precision", "\(demand.minPrecision)")
  }

  mutating func members(of verdict: GoldenVerdict, _ demand: GoldenDemand) {
    string("name", verdict.version.name)
    integer("version", verdict.version.number)
    string("set_id", verdict.setID.description)
    bool("passed", verdict.passed)
    members(of: verdict.figures.total)
    members(of: demand)
    parts("pictures", "filename", verdict.figures.pictures)
    parts("classes", "class", verdict.figures.classes)
    time("checked_at", verdict.checkedAt)
    if let checker = verdict.checkedBy { string("checked_by", checker) }
  }

  private mutating func parts(_ key: String, _ name: String, _ parts: [GoldenFigures.Part]) {
    array(key) { json in
      for part in parts {
        json.object { json in
          json.string(name, part.name)
          json.members(of: part.counts)
        }
      }
    }
  }

  private mutating func members(of counts: GoldenCounts) {
    integer("expected", counts.expected)
    integer("found", counts.found)
    integer("missing", counts.missing)
    integer("extra", counts.extra)
    number("recall", counts.recall, places: 4)
    number("precision", counts.precision, places: 4)
  }
}
