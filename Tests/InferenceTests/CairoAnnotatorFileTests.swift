import Foundation
import Inference
import ObjectDetection
import Synchronization
import TestSupport
import Testing

@Suite("CairoAnnotator: files")
struct CairoAnnotatorFileTests {
  private let folder: TemporaryFolder
  private let model = DetectionModel(
    name: "m", task: .detect, classNames: ["tree"], inputSize: PixelSize(width: 64, height: 64),
    layout: .yolov8, sha256: "")
  private let detections = [
    Detection(
      classID: 0, confidence: 0.5, box: BoundingBox(xMin: 10, yMin: 10, xMax: 90, yMax: 60))
  ]

  init() throws { folder = try TemporaryFolder() }

  private func annotate(
    _ image: PixelBuffer, to path: String, thumbnail: String? = nil,
    format: AnnotationOptions.Format = .jpeg
  ) async throws {
    try await EngineFixture.annotator().annotate(
      image, with: detections, of: model, options: AnnotationOptions(format: format), to: path,
      thumbnail: thumbnail)
  }

  @Test(
    "the picture keeps its size, and its file has the wanted format",
    arguments: [
      (AnnotationOptions.Format.jpeg, ImageFormat.jpeg), (.png, .png),
    ])
  func formats(_ format: AnnotationOptions.Format, _ expected: ImageFormat) async throws {
    let path = folder.path("picture")
    try await annotate(PixelBuffer(patternOfWidth: 321, height: 123), to: path, format: format)
    #expect(ImageFormat(firstBytes: try Checkout.data(path).prefix(8)) == expected)
    let result = try await EngineFixture.decode(path)
    #expect((result.width, result.height) == (321, 123))
    #expect(try folder.files() == ["picture"])
  }

  @Test(
    "a thumbnail's longest side is 512, and a small picture is not enlarged",
    arguments: [(1024, 512, 512, 256), (600, 1200, 256, 512), (300, 200, 300, 200)])
  func thumbnail(_ width: Int, _ height: Int, _ smallWidth: Int, _ smallHeight: Int) async throws {
    let small = folder.path("small.jpg")
    try await annotate(
      PixelBuffer(width: width, height: height, grey: 90), to: folder.path("large.jpg"),
      thumbnail: small)
    let result = try await EngineFixture.decode(small)
    #expect((result.width, result.height) == (smallWidth, smallHeight))
    #expect(ImageFormat(firstBytes: try Checkout.data(small).prefix(8)) == .jpeg)
    #expect(try folder.files() == ["large.jpg", "small.jpg"])
  }

  @Test("a file that is there already is replaced")
  func replaces() async throws {
    let path = try folder.write("something else", to: "picture.png")
    try await annotate(PixelBuffer(width: 100, height: 80, grey: 90), to: path, format: .png)
    #expect(try await EngineFixture.decode(path).width == 100)
  }

  @Test(
    "what cannot be written is a storage error that names the file, and leaves nothing",
    arguments: AnnotationOptions.Format.allCases, ["missing/picture", "folder"])
  func unwritable(_ format: AnnotationOptions.Format, _ name: String) async throws {
    try folder.write("", to: "folder/inside")
    let error = await detectionError {
      try await annotate(
        PixelBuffer(width: 100, height: 80, grey: 90), to: folder.path(name), format: format)
    }
    #expect(error?.code == .storageError)
    #expect(error?.message.contains((name as NSString).lastPathComponent) == true)
    #expect(try folder.files() == ["folder/inside"])
  }

  @Test("a thumbnail that cannot be written is a storage error too")
  func unwritableThumbnail() async throws {
    let error = await detectionError {
      try await annotate(
        PixelBuffer(width: 100, height: 80, grey: 90), to: folder.path("picture.jpg"),
        thumbnail: folder.path("missing/small.jpg"))
    }
    #expect(error?.code == .storageError)
    #expect(error?.message.contains("small.jpg") == true)
    #expect(try folder.files().allSatisfy { !$0.contains("partial") })
  }

  @Test(
    "a task that is cancelled in the middle of encoding ends within a second and leaves no file",
    arguments: AnnotationOptions.Format.allCases)
  func cancelledEncoding(_ format: AnnotationOptions.Format) async throws {
    let image = PixelBuffer(width: 8192, height: 8192, grey: 90)
    let path = folder.path("picture")
    var shortest = Duration.seconds(600)
    // A busy machine may hold one of them up, or look for the file when it is complete.
    for _ in 0..<20 where shortest >= .seconds(1) {
      let isOver = Mutex(false)
      let task = Task {
        defer { isOver.withLock { $0 = true } }
        try await annotate(image, to: path, format: format)
      }
      try await eventually {
        try isOver.withLock { $0 } || folder.files().contains { $0.hasSuffix(".partial") }
      }
      let start = ContinuousClock.now
      task.cancel()
      do {
        try await task.value
        try FileManager.default.removeItem(atPath: path)
      } catch is CancellationError {
        shortest = min(shortest, start.duration(to: .now))
      }
      #expect(try folder.files() == [])
    }
    #expect(shortest < .seconds(1))
    // libvips has forgotten of it.
    try await annotate(PixelBuffer(width: 100, height: 80, grey: 90), to: path, format: format)
    #expect(try folder.files() == ["picture"])
  }

  @Test("a cancelled task draws nothing")
  func cancelled() async throws {
    let image = PixelBuffer(width: 100, height: 80, grey: 90)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      try await annotate(image, to: folder.path("picture.jpg"))
    }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(try folder.files() == [])
  }
}
