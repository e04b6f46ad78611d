import Foundation
import Synchronization
import TestSupport
import Testing

/// The limit only ends a process that hangs; it counts the wait for the other tests' processes too.
@Suite("harrier: interruption", .timeLimit(.minutes(10)))
struct InterruptionTests {
  @Test(
    "a signal in the middle ends the run soon, with status 130 and only whole files",
    arguments: [SIGINT, SIGTERM])
  func interrupted(_ number: Int32) async throws {
    let folder = try TemporaryFolder()
    // Far more than can be done before the signal: the first line of output brings it.
    let pictures = Array(repeating: Checkout.sample("yell-541000.jpg"), count: 200)
    let interrupted = Instant()
    let output = try await HarrierProcess(
      ["detect", "--json-lines", "--annotate"] + pictures, in: folder.path
    ).run { process in
      interrupted.note()
      kill(process, number)
    }
    #expect(output.status == 130)
    // The rest would take many minutes, a picture in hand some seconds on a busy machine.
    #expect(output.end - (try #require(interrupted.noted())) < .seconds(60))
    #expect(output.errorLines == ["harrier: interrupted"])
    let lines = try output.lines()
    #expect((1..<200).contains(lines.count))
    let files = try folder.files()
    #expect(!files.isEmpty && files.count < 200)
    for file in files {
      #expect(file.hasSuffix(".annotated.jpg"), "\(file)")
      // A JPEG ends with its end marker.
      #expect(try Checkout.data(folder.path(file)).suffix(2) == Data([0xff, 0xd9]), "\(file)")
    }
  }

  @Test("an interrupted run ends its output with a whole line")
  func wholeLines() async throws {
    let pictures = Array(repeating: Checkout.sample("scene-1.jpg"), count: 300)
    let output = try await HarrierProcess(
      ["detect", "--json-lines", "--slice", "off"] + pictures
    ).run { kill($0, SIGINT) }
    #expect(output.status == 130)
    #expect(output.text.hasSuffix("}\n"))
    #expect(try output.lines().count < 300)
  }
}

/// When something happened.
private final class Instant: Sendable {
  private let instant = Mutex<ContinuousClock.Instant?>(nil)

  func note() { instant.withLock { $0 = ContinuousClock().now } }
  func noted() -> ContinuousClock.Instant? { instant.withLock { $0 } }
}
