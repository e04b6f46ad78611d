import Foundation
import Hummingbird
import Logging
import NIOCore

/// What belongs to one request on its way through middleware and route.
struct HarrierContext: RequestContext, RemoteAddressRequestContext {
  var coreContext: CoreRequestContextStorage
  let channel: any Channel
  let remoteAddress: SocketAddress?
  /// Of the contract: the client's `X-Request-Id` if it sent a sane one.
  var requestID = ""
  /// Who asks: the address, or that which a trusted proxy names.
  var client = ""

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    remoteAddress = source.channel.remoteAddress
  }
}
