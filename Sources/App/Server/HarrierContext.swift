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
  /// Whether the client came by HTTPS, to us or to a proxy that is trusted.
  var isSecure = false
  /// Who that is, and what it may do.
  var caller = Caller.anyone
  /// What the request is about, for the audit log.
  let audited = AuditedIDs()

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
    remoteAddress = source.channel.remoteAddress
  }
}
