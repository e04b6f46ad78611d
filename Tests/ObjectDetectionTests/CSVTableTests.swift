import Testing

@testable import ObjectDetection

@Suite("CSV table")
struct CSVTableTests {
  @Test("a line a detection under one header; cells of a box that is not there are empty")
  func table() {
    #expect(
      ResultFormat.csv.document(ResultSamples.results) == """
        filename,class_id,class_name,confidence,x_min,y_min,x_max,y_max,obb_center_x,obb_center_y,\
        obb_width,obb_height,obb_angle_degrees
        a.jpg,1,ship,0.950000,10.500,20.250,110.500,60.250,,,,,
        c.jpg,0,plane,0.500000,90.000,30.000,110.000,70.000,100.000,50.000,40.000,20.000,90.0000

        """)
  }

  @Test(
    "awkward names are read back as they were",
    arguments: ResultSamples.awkwardNames.filter { $0 != "=1+1" })
  func names(name: String) throws {
    var model = ResultSamples.model
    model.classNames = ["plane", name]
    let results = ResultSet(
      model: model, images: [ResultSamples.image([ResultSamples.plain], named: name)])
    let rows = parseCSV(ResultFormat.csv.document(results))
    try #require(rows.count == 2)
    #expect(rows.map(\.count) == [13, 13])
    #expect(Array(rows[1][0].unicodeScalars) == Array(name.unicodeScalars))
    #expect(Array(rows[1][2].unicodeScalars) == Array(name.unicodeScalars))
    #expect(rows[1][1] == "1")
  }

  @Test(
    "what a spreadsheet would take for a formula is a text",
    arguments: ["=1+1", "+1", "-rf", "@SUM(A1)", "\tx", "＝1"])
  func formulas(name: String) throws {
    let results = ResultSet(
      model: ResultSamples.model,
      images: [ResultSamples.image([ResultSamples.plain], named: name)])
    let rows = parseCSV(ResultFormat.csv.document(results))
    #expect(rows[1][0] == "'" + name)
    // Numbers stay numbers.
    #expect(Double(rows[1][4]) != nil)
  }

  @Test("without detections there is the header alone")
  func empty() {
    let results = ResultSet(model: ResultSamples.model, images: [ResultSamples.failed])
    #expect(parseCSV(ResultFormat.csv.document(results)).count == 1)
  }
}

/// Reads RFC 4180 scalar by scalar.
private func parseCSV(_ text: String) -> [[String]] {
  var rows: [[String]] = [[""]]
  var isQuoted = false
  var scalars = Array(text.unicodeScalars)[...]
  func append(_ scalar: Unicode.Scalar) {
    rows[rows.count - 1][rows[rows.count - 1].count - 1].unicodeScalars.append(scalar)
  }
  while let scalar = scalars.popFirst() {
    switch (scalar, isQuoted) {
    case ("\"", true) where scalars.first == "\"": append(scalars.removeFirst())
    case ("\"", _): isQuoted.toggle()
    case (",", false): rows[rows.count - 1].append("")
    case ("\n", false): rows.append([""])
    default: append(scalar)
    }
  }
  return rows.last == [""] ? rows.dropLast() : rows
}
