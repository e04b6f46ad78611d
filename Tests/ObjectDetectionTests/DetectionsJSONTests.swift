import Testing

@testable import ObjectDetection

@Suite("Results as JSON")
struct DetectionsJSONTests {
  @Test("an image is written with the contract's fields in its order")
  func image() {
    let image = ResultSamples.image([ResultSamples.plain], named: "a.jpg", fileID: "img_1")
    let expected =
      #"{"file_id":"img_1","filename":"a.jpg","width":200,"height":100,"detection_count":1,"#
      + #""inference_seconds":1.25,"slices":3,"detections":[{"class_id":1,"class_name":"ship","#
      + #""confidence":0.95,"bbox":{"format":"xyxy","x_min":10.5,"y_min":20.25,"x_max":110.5,"#
      + #""y_max":60.25},"bbox_normalized":{"format":"yolo","center_x":0.3025,"center_y":0.4025,"#
      + #""width":0.5,"height":0.4}}]}"#
    #expect(imageJSON(image, of: ResultSamples.model) == expected)
  }

  @Test("an oriented box is written with its corners; bbox goes around it")
  func oriented() {
    let image = ResultSamples.image([ResultSamples.oriented], named: "c.jpg")
    let expected =
      #"{"filename":"c.jpg","width":200,"height":100,"detection_count":1,"#
      + #""inference_seconds":1.25,"slices":3,"detections":[{"class_id":0,"class_name":"plane","#
      + #""confidence":0.5,"bbox":{"format":"xyxy","x_min":90,"y_min":30,"x_max":110,"#
      + #""y_max":70},"bbox_normalized":{"format":"yolo","center_x":0.5,"center_y":0.5,"#
      + #""width":0.1,"height":0.4},"obb":{"center_x":100,"center_y":50,"width":40,"height":20,"#
      + #""angle_degrees":90,"polygon":[[90,70],[110,70],[110,30],[90,30]]}}]}"#
    #expect(imageJSON(image, of: ResultSamples.model) == expected)
  }

  @Test("a failed image has its error and no detections")
  func failure() {
    #expect(
      imageJSON(ResultSamples.failed, of: ResultSamples.model)
        == #"{"filename":"broken.jpg","error":{"code":"CORRUPTED_FILE","message":"it is cut off"}}"#
    )
  }

  @Test("the document counts images, detections and classes")
  func document() throws {
    let text = ResultFormat.json.document(ResultSamples.results)
    let json = try ParsedJSON(text)
    #expect(
      json.keys("") == [
        "class_distribution", "model", "results", "total_detections", "total_images",
      ])
    #expect(json.keys("model") == ["name", "sha256", "task"])
    #expect(json.string("model.name") == "aerial15")
    #expect(json.string("model.task") == "detect")
    #expect(json.string("model.sha256") == "0a1b")
    #expect(json.integer("total_images") == 4)
    #expect(json.integer("total_detections") == 2)
    #expect(json.count("results") == 4)
    #expect(json.string("results.1.error.code") == "CORRUPTED_FILE")
    #expect(json.count("results.1.detections") == nil)
    #expect(json.count("results.2.detections") == 0)
    #expect(json.string("results.3.detections.0.class_name") == "plane")
    #expect(json.points("results.3.detections.0.obb.polygon")?.count == 4)
    #expect(text.hasSuffix("}\n"))
    let order = ["model", "total_images", "total_detections", "class_distribution", "results"]
      .compactMap { text.firstRange(of: "\"\($0)\":")?.lowerBound }
    #expect(order.count == 5)
    #expect(order == order.sorted())
  }

  @Test("classes are counted by id with their mean confidence, four decimals")
  func classDistribution() throws {
    var third = ResultSamples.oriented
    third.confidence = 0.25
    var unnamed = ResultSamples.oriented
    unnamed.classID = 7
    let results = ResultSet(
      model: ResultSamples.model,
      images: [
        ResultSamples.image([ResultSamples.plain, third]),
        ResultSamples.image([ResultSamples.oriented, unnamed, ResultSamples.oriented]),
      ])
    let json = try ParsedJSON(ResultFormat.json.document(results))
    #expect(json.count("class_distribution") == 3)
    #expect(
      json.keys("class_distribution.0")
        == ["average_confidence", "class_id", "class_name", "count"])
    #expect((0..<3).map { json.integer("class_distribution.\($0).class_id") } == [0, 1, 7])
    #expect((0..<3).map { json.integer("class_distribution.\($0).count") } == [3, 1, 1])
    #expect(json.string("class_distribution.2.class_name") == "class7")
    // (0.5 + 0.5 + 0.25) / 3 = 0.41666...
    #expect(json.number("class_distribution.0.average_confidence") == 0.4167)
    #expect(json.number("class_distribution.1.average_confidence") == 0.95)
  }

  @Test("awkward names are read back as they were", arguments: ResultSamples.awkwardNames)
  func names(name: String) throws {
    var model = ResultSamples.model
    model.name = name
    model.classNames = ["plane", name]
    let results = ResultSet(
      model: model, images: [ResultSamples.image([ResultSamples.plain], named: name, fileID: name)])
    for format in [ResultFormat.json, .coco, .geojson] {
      let text = format.document(results)
      #expect(text.unicodeScalars.dropLast().allSatisfy { $0.value >= 0x20 && $0 != "\u{2028}" })
      let json = try ParsedJSON(text)
      switch format {
      case .coco:
        #expect(json.string("images.0.file_name") == name)
        #expect(json.string("categories.1.name") == name)
        #expect(json.string("info.model") == name)
      case .geojson:
        #expect(json.string("features.0.properties.filename") == name)
        #expect(json.string("features.0.properties.class_name") == name)
      default:
        #expect(json.string("results.0.filename") == name)
        #expect(json.string("results.0.file_id") == name)
        #expect(json.string("results.0.detections.0.class_name") == name)
        #expect(json.string("model.name") == name)
      }
    }
  }

  @Test("the same results read the same, byte for byte", arguments: ResultFormat.allCases)
  func determinism(format: ResultFormat) {
    let first = format.document(ResultSamples.results)
    for _ in 0..<5 { #expect(format.document(ResultSamples.results) == first) }
    #expect(first.hasSuffix("\n"))
  }

  @Test(
    "without images documents are still whole", arguments: [ResultFormat.json, .coco, .geojson])
  func noImages(format: ResultFormat) throws {
    _ = try ParsedJSON(format.document(ResultSet(model: ResultSamples.model, images: [])))
  }

  @Test("formats name their file's ending")
  func fileExtensions() {
    #expect(
      ResultFormat.allCases.map(\.fileExtension)
        == ["json", "txt", "json", "xml", "csv", "geojson"])
    #expect(
      ResultFormat.allCases.map(\.rawValue) == ["json", "yolo", "coco", "voc", "csv", "geojson"])
  }
}
