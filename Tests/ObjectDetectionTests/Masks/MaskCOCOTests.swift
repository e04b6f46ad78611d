import TestSupport
import Testing

@testable import ObjectDetection

@Suite("COCO document: masks for pycocotools")
struct MaskCOCOTests {
  @Test(
    "pycocotools fills the polygons to the mask's own pixels",
    .enabled(if: PythonScript.isInstalled, "the test tools are not installed"))
  func pycocotools() async throws {
    var square = ResultSamples.plain
    square.mask = MaskSamples.mask("....\n.##.\n.##.\n.##.")
    var disc = ResultSamples.plain
    disc.mask = MaskSamples.mask(MaskSamples.disc(x: 60.2, y: 49.6, radius: 30.4))
    let folder = try TemporaryFolder()
    let path = try folder.write(
      ResultFormat.coco.document(
        ResultSet(model: ResultSamples.model, images: [ResultSamples.image([square, disc])])),
      to: "a.json")
    let script = """
      import sys
      from pycocotools.coco import COCO
      coco = COCO(sys.argv[1])
      print("masks", *[coco.annToMask(coco.loadAnns([i])[0]).sum() for i in (1, 2)])
      """
    let output = try await PythonScript.run(script, [path])
    let numbers = output.text.split(separator: "\n").last?.split(separator: " ") ?? []
    #expect(numbers.first == "masks", "\(output)")
    let areas = numbers.dropFirst().compactMap { Int($0) }
    try #require(areas.count == 2)
    #expect(areas[0] == 6)
    let area = try #require(disc.mask?.areaPixels)
    #expect(abs(areas[1] - area) * 100 <= area)
  }
}
