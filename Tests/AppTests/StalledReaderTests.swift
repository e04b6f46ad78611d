import NIOCore
import NIOEmbedded
import Testing

@testable import App

@Suite("StalledReaderHandler")
struct StalledReaderTests {
  /// A channel whose client takes nothing of what is written.
  private func channel() throws -> EmbeddedChannel {
    let channel = EmbeddedChannel(handler: StalledReaderHandler(patience: .seconds(10)))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    return channel
  }

  private func setWritable(_ isWritable: Bool, _ channel: EmbeddedChannel) {
    channel.isWritable = isWritable
    channel.pipeline.fireChannelWritabilityChanged()
  }

  @Test("a client that takes nothing for so long loses its connection")
  func stalled() throws {
    let channel = try channel()
    setWritable(false, channel)
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
    #expect(channel.isActive)
    channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
    #expect(!channel.isActive)
  }

  @Test("a slow client that makes room now and then keeps it")
  func slow() throws {
    let channel = try channel()
    for _ in 0..<5 {
      setWritable(false, channel)
      channel.embeddedEventLoop.advanceTime(by: .seconds(9))
      setWritable(true, channel)
      channel.embeddedEventLoop.advanceTime(by: .seconds(9))
    }
    #expect(channel.isActive)
    _ = try channel.finish()
  }
}
