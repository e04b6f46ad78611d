import Testing

@testable import ObjectDetection

@Suite("COCO document")
struct COCODocumentTests {
  @Test("images, categories and annotations have the fields that pycocotools reads")
  func fields() throws {
    let json = try ParsedJSON(ResultFormat.coco.document(ResultSamples.results))
    #expect(json.keys("") == ["annotations", "categories", "images", "info", "licenses"])
    // The failed image is left out, ids stay those of the order given.
    #expect((0..<3).map { json.integer("images.\($0).id") } == [1, 3, 4])
    #expect((0..<3).map { json.string("images.\($0).file_name") } == ["a.jpg", "b.jpg", "c.jpg"])
    #expect(json.integer("images.0.width") == 200)
    #expect(json.integer("images.0.height") == 100)
    #expect((0..<2).map { json.integer("categories.\($0).id") } == [0, 1])
    #expect((0..<2).map { json.string("categories.\($0).name") } == ["plane", "ship"])
    #expect(json.count("annotations") == 2)
    #expect((0..<2).map { json.integer("annotations.\($0).id") } == [1, 2])
    #expect((0..<2).map { json.integer("annotations.\($0).image_id") } == [1, 4])
    #expect((0..<2).map { json.integer("annotations.\($0).category_id") } == [1, 0])
    #expect((0..<2).map { json.integer("annotations.\($0).iscrowd") } == [0, 0])
    #expect((0..<2).map { json.number("annotations.\($0).score") } == [0.95, 0.5])
    #expect(json.numbers("annotations.0.bbox") == [10.5, 20.25, 100, 40])
    #expect(json.number("annotations.0.area") == 4000)
    #expect(json.count("annotations.0.segmentation") == 0)
    #expect(json.numbers("annotations.1.bbox") == [90, 30, 20, 40])
    #expect(json.number("annotations.1.area") == 800)
    #expect(json.points("annotations.1.segmentation") == [[90, 70, 110, 70, 110, 30, 90, 30]])
  }

  @Test("every annotation's category is there, also where the model names none")
  func unnamedClasses() throws {
    var model = ResultSamples.model
    model.classNames = []
    let results = ResultSet(
      model: model,
      images: [ResultSamples.image([ResultSamples.plain, ResultSamples.oriented])])
    let json = try ParsedJSON(ResultFormat.coco.document(results))
    #expect((0..<2).map { json.integer("categories.\($0).id") } == [0, 1])
    #expect((0..<2).map { json.string("categories.\($0).name") } == ["class0", "class1"])
  }
}
