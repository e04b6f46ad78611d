import Foundation
import NIOPosix
import ObjectDetection
import TestSupport
import Testing

@testable import Inference

@Suite("FileBytes")
struct FileBytesTests {
  private static let path = Fixtures.url("images/tiff-pages.tif").path

  @Test("reads where it is asked to, and less only at the end")
  func reads() throws {
    let expected = [UInt8](try Data(contentsOf: URL(filePath: Self.path)))
    let file = try FileBytes(path: Self.path)
    #expect(file.count == expected.count)
    #expect(try file.read(at: 0, count: expected.count) == expected)
    #expect(try file.read(at: 100, count: 7) == Array(expected[100..<107]))
    #expect(try file.read(at: file.count - 3, count: 10) == expected.suffix(3))
    #expect(try file.read(at: file.count, count: 10) == [])
    #expect(try file.read(at: 0, count: 0) == [])
  }

  @Test("only a regular file that is there is opened")
  func refusals() throws {
    let missing = #expect(throws: DetectionError.self) { try FileBytes(path: Self.path + "x") }
    #expect(missing?.code == .fileNotFound)
    #expect(missing?.message == "no such file")
    for path in ["/dev/null", packageRoot.path] {
      let error = #expect(throws: DetectionError.self) { try FileBytes(path: path) }
      #expect(error?.message == "not a file")
    }
  }

  @Test("a pipe without a writer is refused at once")
  func pipe() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    try #require(mkfifo(path, 0o600) == 0)
    defer { unlink(path) }
    let error = #expect(throws: DetectionError.self) { try FileBytes(path: path) }
    #expect(error?.message == "not a file")
  }
}

@Suite("Header checks before decoding")
struct DecoderHeaderTests {
  private func failure(_ path: String) async throws -> DetectionError? {
    let threads = NIOThreadPool(numberOfThreads: 1)
    threads.start()
    defer { threads.shutdownGracefully { _ in } }
    let decoder = VipsImageDecoder(runtime: try VipsRuntime(), threads: threads)
    do {
      _ = try await decoder.decode(path: path, limits: ImageLimits())
      return nil
    } catch let error as DetectionError {
      return error
    }
  }

  /// Words of the contract's users; the reason goes to the log only.
  @Test(
    "refused files are named in the words that users know",
    arguments: [
      ("hostile/text.jpg", "text.jpg: not a JPEG, PNG or TIFF file"),
      ("hostile/empty.png", "empty.png: the file is empty"),
      ("hostile/tiff-offset-past-end.tif", "tiff-offset-past-end.tif: truncated or damaged"),
      ("hostile/jpeg-garbage-scan.jpg", "jpeg-garbage-scan.jpg: truncated or damaged"),
      (
        "hostile/png-63x64.png",
        "png-63x64.png: 63x64 pixels, allowed are 64 to 8192 a side"
      ),
      (
        "tiff-complex64.tif",
        "tiff-complex64.tif: samples are not 8 or 16 bit unsigned integers; convert the picture first"
      ),
    ])
  func words(file: String, message: String) async throws {
    let error = try await failure(Fixtures.url("images/\(file)").path)
    #expect(error?.message == message)
  }

  @Test("what the header says is what libvips decodes, for every fixture")
  func everyFixture() async throws {
    let folder = Fixtures.url("images").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
    for file in files.sorted() where ImageFormat.fileExtensions.contains(ending(file)) {
      let header = try ImageHeader.read(
        from: try FileBytes(path: "\(folder)/\(file)"), limits: ImageLimits())
      let error = try await failure("\(folder)/\(file)")
      #expect((error == nil) == header.hasSupportedSamples, "\(file): \(error?.description ?? "")")
    }
  }

  private func ending(_ file: String) -> String {
    (file as NSString).pathExtension
  }
}
