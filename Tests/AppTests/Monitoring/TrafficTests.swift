import HTTPTypes
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import App

@Suite("Traffic")
struct TrafficTests {
  @Test("bodies are counted in both directions, and connections while they are open")
  func counts() throws {
    let traffic = Traffic()
    let channel = EmbeddedChannel(
      handlers: [ConnectionHandler(traffic, receiveBytes: 2048), TrafficHandler(traffic)])
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    #expect(traffic.totals == Traffic.Totals(openConnections: 1))
    let head = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/")
    try channel.writeInbound(HTTPRequestPart.head(head))
    try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0, count: 100)))
    try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(repeating: 0, count: 11)))
    try channel.writeInbound(HTTPRequestPart.end(nil))
    try channel.writeOutbound(HTTPResponsePart.head(HTTPResponse(status: .ok)))
    try channel.writeOutbound(HTTPResponsePart.body(ByteBuffer(repeating: 0, count: 7)))
    #expect(
      traffic.totals == Traffic.Totals(receivedBytes: 111, sentBytes: 7, openConnections: 1))
    _ = try channel.finish()
    #expect(traffic.totals.openConnections == 0)
  }
}
