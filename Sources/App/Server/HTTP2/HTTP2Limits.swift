import NIOCore
import NIOHTTP2
import Synchronization

/// What a client may do on one HTTP/2 connection. Whoever does more is cut off with GOAWAY, mostly
/// ENHANCE_YOUR_CALM (RFC 9113, section 10.5).
struct HTTP2Limits: Sendable {
  /// What RFC 9113 (6.5.2) advises at least, and what Apache and nginx allow about.
  static let maxStreams = 100
  /// What a client may send of a body that nobody reads yet: 100 streams, or uploads that wait for their turn, then
  /// hold 1.6 MB.
  static let silentWindowBytes = 16 << 10

  /// Of one request, after decompression.
  let maxHeaderBytes: Int
  /// Of one request.
  let maxFields: Int
  /// What may be under way of a body that is being read, in the end: with 1 MB a link of 100 ms carries 80 Mbit/s.
  let bodyWindowBytes = 1 << 20

  var configuration: NIOHTTP2Handler.Configuration {
    var connection = NIOHTTP2Handler.ConnectionConfiguration()
    connection.initialSettings = [
      // Streams at once; the client opens the next one when one has ended.
      HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.maxStreams),
      // Header bombs: what HPACK unpacks is counted, not what was sent. More ends the connection.
      HTTP2Setting(parameter: .maxHeaderListSize, value: maxHeaderBytes),
      HTTP2Setting(parameter: .initialWindowSize, value: Self.silentWindowBytes),
    ]
    // Of all streams together. It is refilled as bytes arrive: memory is bounded by the streams' windows.
    connection.targetWindowSize = 4 << 20
    // PING, SETTINGS and PRIORITY floods (CVE-2019-9512, -9515, -9513). Browsers send a dozen a minute.
    connection.controlFrameRateLimit.maximumCount = 200
    connection.controlFrameRateLimit.windowLength = .seconds(30)
    // CONTINUATION floods (2024): 16 kB a frame, so five hold the longest header list.
    connection.maximumSequentialContinuationFrames = 5
    // Empty DATA frames (CVE-2019-9518), which cost work and no window.
    connection.maximumSequentialEmptyDataFrames = 1
    // Our own answers to PING and SETTINGS that a client makes us send and does not read.
    connection.maximumBufferedControlFrames = 1000
    // Frames for streams that we have reset are no error for so many streams: they were under way.
    connection.maximumRecentlyResetStreams = Self.maxStreams
    // Errors of streams, over the whole life of a connection, such as malformed requests.
    connection.maximumConnectionGlitches = 200

    var stream = NIOHTTP2Handler.StreamConfiguration()
    stream.targetWindowSize = Self.silentWindowBytes
    // What is written of an answer before the client takes it.
    stream.outboundBufferSizeHighWatermark = 64 << 10
    stream.outboundBufferSizeLowWatermark = 32 << 10
    // Rapid reset (CVE-2023-44487): requests that are taken back at once, so that they do not count as open.
    stream.streamResetFrameRateLimit.maximumCount = 200
    stream.streamResetFrameRateLimit.windowLength = .seconds(30)
    // The same by frames that make us reset the stream ("MadeYouReset", CVE-2025-8671).
    stream.streamErrorRateLimit.maximumCount = 200
    stream.streamErrorRateLimit.windowLength = .seconds(30)
    return NIOHTTP2Handler.Configuration(connection: connection, stream: stream)
  }
}

/// The streams of all connections. Each costs what a connection of HTTP/1.1 does, so they have the same limit.
final class StreamCount: Sendable {
  private struct TooMany: Error {}

  private let limit: Int
  private let open = Atomic(0)

  init(limit: Int) { self.limit = limit }

  /// - Throws: when there are too many: the stream is reset then, and the client may try again.
  func admit(_ stream: any Channel) throws {
    guard open.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
      open.wrappingSubtract(1, ordering: .relaxed)
      throw TooMany()
    }
    stream.closeFuture.whenComplete { [self] _ in open.wrappingSubtract(1, ordering: .relaxed) }
  }
}
