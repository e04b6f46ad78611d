import TestSupport
import Testing

@testable import ObjectDetection

@Suite("PixelBuffer")
struct PixelBufferTests {
  @Test("pixels are read where they were written")
  func pixels() {
    let image = PixelBuffer(width: 3, height: 2) { $0.copyBytes(from: 0..<18) }
    #expect(image.bytesPerRow == 9)
    #expect(image[0, 0] == (0, 1, 2))
    #expect(image[2, 0] == (6, 7, 8))
    #expect(image[1, 1] == (12, 13, 14))
    #expect(image.withBytes { Array($0) } == Array(0..<18))
    #expect(image.readyRows == 2)
  }

  @Test("what the filling throws is thrown")
  func failedFilling() {
    #expect(throws: DetectionError(.corruptedFile, "cut off")) {
      try PixelBuffer(width: 3, height: 2) { _ in throw DetectionError(.corruptedFile, "cut off") }
    }
  }

  @Test("rows that are there are not waited for")
  func readyRows() async throws {
    try await PixelBuffer(width: 2, height: 4) { _ in }.waitForRows(4)
    let image = PixelBuffer(arrivingWithWidth: 2, height: 4)
    #expect(image.readyRows == 0)
    image.advance(toRows: 3)
    try await image.waitForRows(0)
    try await image.waitForRows(3)
    #expect(image.readyRows == 3)
  }

  @Test("everyone who waits goes on when the rows arrive")
  func arrivingRows() async throws {
    let image = PixelBuffer(arrivingWithWidth: 2, height: 8)
    try await withThrowingTaskGroup(of: (Int, Int).self) { group in
      // Rows beyond the last are the last.
      for rows in [8, 2, 5, 5, 100] {
        group.addTask {
          try await image.waitForRows(rows)
          return (rows, image.readyRows)
        }
      }
      for rows in 1...8 {
        await Task.yield()
        image.advance(toRows: rows)
      }
      for try await (rows, ready) in group { #expect(ready >= min(rows, 8)) }
    }
  }

  @Test("rows never go back")
  func goingBack() async throws {
    let image = PixelBuffer(arrivingWithWidth: 2, height: 8)
    image.advance(toRows: 6)
    image.advance(toRows: 2)
    #expect(image.readyRows == 6)
    try await image.waitForRows(6)
  }

  @Test("when no more rows come, waits for them throw and earlier rows stay")
  func failure() async throws {
    let image = PixelBuffer(arrivingWithWidth: 2, height: 8)
    image.advance(toRows: 3)
    let failure = DetectionError(.corruptedFile, "cut off")
    async let waiting: Void = image.waitForRows(4)
    await Task.yield()
    image.fail(failure)
    image.fail(DetectionError(.storageError, "a later failure"))
    do {
      try await waiting
      Issue.record("the wait must fail")
    } catch {
      #expect(error as? DetectionError == failure)
    }
    await #expect(throws: failure) { try await image.waitForRows(8) }
    try await image.waitForRows(3)
  }
}
