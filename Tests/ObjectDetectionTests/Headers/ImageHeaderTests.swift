import Foundation
import TestSupport
import Testing

@testable import ObjectDetection

@Suite("ImageHeader")
struct ImageHeaderTests {
  @Test("every fixture has the size and the transparency that other readers see")
  func fixtures() throws {
    let images = try ImageManifest.load().images
    #expect(images.count == 52)
    for image in images {
      let bytes = try fixtureBytes(image.file)
      let header = try header(bytes, limits: ImageLimits())
      #expect(header.width == image.width, "\(image.file)")
      #expect(header.height == image.height, "\(image.file)")
      #expect(header.hasAlpha == image.hasAlpha, "\(image.file)")
      #expect(header.hasSupportedSamples, "\(image.file)")
      let ending = image.file.split(separator: ".").last.map(String.init) ?? ""
      let format: ImageFormat = ending == "jpg" ? .jpeg : ending == "png" ? .png : .tiff
      #expect(header.format == format, "\(image.file)")
    }
  }

  @Test("the orientation is the one in the fixture's name", arguments: 1...8)
  func orientations(value: Int) throws {
    let header = try header(fixtureBytes("jpeg-orientation-\(value).jpg"))
    #expect(header.orientation.rawValue == value)
    #expect((header.storedWidth, header.storedHeight) == (value < 5 ? (96, 72) : (72, 96)))
  }

  @Test(
    "PNG and TIFF tell their orientation too",
    arguments: ["png-orientation-6.png", "tiff-orientation-6.tif"])
  func otherOrientations(file: String) throws {
    #expect(try header(fixtureBytes(file)).orientation == .rightTop)
  }

  /// From the names of the fixtures.
  @Test(
    "bits and samples are those of the file",
    arguments: [
      ("jpeg-grey.jpg", 8, 1), ("jpeg-cmyk.jpg", 8, 4), ("jpeg-progressive.jpg", 8, 3),
      ("png-grey1.png", 1, 1), ("png-grey16.png", 16, 1), ("png-palette4.png", 4, 1),
      ("png-rgba8.png", 8, 4), ("png-grey8-alpha.png", 8, 2), ("png-rgb16.png", 16, 3),
      ("tiff-1bit.tif", 1, 1), ("tiff-rgb16.tif", 16, 3), ("tiff-alpha.tif", 8, 4),
      ("tiff-infrared.tif", 8, 4), ("tiff-grey16-big-endian.tif", 16, 1),
      ("tiff-bigtiff-big-endian.tif", 8, 3), ("tiff-float32-rgb.tif", 32, 3),
      ("tiff-complex64.tif", 64, 1),
    ])
  func samples(file: String, bits: Int, samples: Int) throws {
    let header = try header(fixtureBytes(file))
    #expect(header.bitsPerSample == bits)
    #expect(header.samplesPerPixel == samples)
  }

  @Test("floats, signed, complex and long integers are told from pixels that a model can use")
  func unsupportedSamples() throws {
    let refused = try ImageManifest.load().refused
    #expect(refused.count == 7)
    for image in refused {
      #expect(try !header(fixtureBytes(image.file)).hasSupportedSamples, "\(image.file)")
    }
  }

  @Test("every hostile file is refused for its own reason")
  func hostile() throws {
    let expected: [String: DetectionError.Code] = [
      "png-50000.png": .invalidDimensions, "png-200000.png": .invalidDimensions,
      "jpeg-65500.jpg": .invalidDimensions, "jpeg-garbage-scan.jpg": .corruptedFile,
      "text.jpg": .invalidFormat, "empty.png": .invalidFormat, "gif.png": .invalidFormat,
      "webp.png": .invalidFormat, "bmp.png": .invalidFormat, "svg.png": .invalidFormat,
      "png-63x64.png": .invalidDimensions, "tiff-offset-past-end.tif": .corruptedFile,
      "tiff-ifd-loop.tif": .invalidDimensions, "tiff-100000.tif": .invalidDimensions,
    ]
    let hostile = try ImageManifest.load().hostile.map(\.file)
    #expect(Set(hostile) == Set(expected.keys.map { "hostile/\($0)" }))
    for (file, code) in expected {
      let bytes = try fixtureBytes("hostile/\(file)")
      #expect(try refusal(bytes, limits: ImageLimits())?.code == code, "\(file)")
    }
  }

  @Test("a size within the limits does not hide that pixels are missing")
  func hostileWithoutLimits() throws {
    for file in ["png-50000.png", "png-200000.png", "tiff-100000.tif"] {
      #expect(try refusal(fixtureBytes("hostile/\(file)"))?.code == .corruptedFile, "\(file)")
    }
    let looping = try header(fixtureBytes("hostile/tiff-ifd-loop.tif"))
    #expect((looping.width, looping.height) == (32, 32))
  }

  @Test("the message says what is allowed, and takes the file's name in front")
  func messages() throws {
    let bytes = try fixtureBytes("hostile/png-63x64.png")
    let error = try refusal(bytes, limits: ImageLimits())
    #expect(error?.message == "63x64 pixels, allowed are 64 to 8192 a side")
    #expect(error?.naming("a.png").message == "a.png: 63x64 pixels, allowed are 64 to 8192 a side")
    #expect(try refusal([])?.message == "the file is empty")
    #expect(try refusal([1, 2, 3])?.message == "not a JPEG, PNG or TIFF file")
    let small = ImageLimits(maxBytes: 10)
    #expect(try refusal(bytes, limits: small)?.message == "283 bytes, the limit is 10")
    #expect(try refusal(bytes, limits: small)?.code == .fileTooLarge)
  }

  @Test("limits hold for the upright image, whatever the orientation")
  func uprightLimits() throws {
    let bytes = try fixtureBytes("jpeg-orientation-6.jpg")
    let error = try refusal(bytes, limits: ImageLimits(minSide: 80))
    #expect(error?.message == "96x72 pixels, allowed are 80 to 8192 a side")
  }

  @Test("all samples are sound")
  func samples() throws {
    for file in try sampleFiles() {
      let header = try header(file.bytes, limits: ImageLimits())
      #expect(header.format == .jpeg, "\(file.name)")
      #expect(header.orientation == .topLeft, "\(file.name)")
    }
  }

  @Test("the whole of a large file is read once, in pieces of at most 64 KiB")
  func boundedReads() throws {
    let large = try #require(try sampleFiles().first { $0.name == "scene-large.jpg" })
    let source = CountingSource(large.bytes)
    _ = try ImageHeader.read(from: source, limits: ImageLimits())
    #expect(source.largestRead <= 65536)
    #expect(source.bytesRead <= source.count + 65536)
  }

  @Test("a source that gives less than it promised is truncated")
  func shrinkingSource() throws {
    struct Shrinking: ByteSource {
      var bytes: [UInt8]
      var count: Int { bytes.count * 2 }
      func read(at offset: Int, count: Int) -> [UInt8] {
        MemoryBytes(Array(bytes.prefix(bytes.count / 2))).read(at: offset, count: count)
      }
    }
    for file in ["jpeg-444.jpg", "png-rgb8.png"] {
      let source = Shrinking(bytes: try fixtureBytes(file))
      let error = #expect(throws: DetectionError.self) {
        try ImageHeader.read(from: source, limits: noLimits)
      }
      #expect(error?.code == .corruptedFile)
    }
  }

  @Test("an error of the source is passed on")
  func failingSource() {
    struct Failing: ByteSource {
      struct Failure: Error {}
      var count: Int { 1000 }
      func read(at offset: Int, count: Int) throws -> [UInt8] { throw Failure() }
    }
    #expect(throws: Failing.Failure.self) {
      try ImageHeader.read(from: Failing(), limits: noLimits)
    }
  }
}

private func sampleFiles() throws -> [(name: String, bytes: [UInt8])] {
  let folder = packageRoot.appending(path: "Samples")
  let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
  return try files.filter { $0.hasSuffix(".jpg") }.sorted().map { name in
    (name, [UInt8](try Data(contentsOf: folder.appending(path: name))))
  }
}
