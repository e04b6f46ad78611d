import Foundation
import Jobs
public import NIOPosix
import Synchronization

/// Finds the addresses of host names by the system's rules: `/etc/hosts`, name servers.
public struct HostResolver: Sendable {
  private let threads: NIOThreadPool
  private let lookUp: @Sendable (String) throws -> [[UInt8]]

  /// A lookup holds one of the threads until the system gives it up; later ones wait.
  public init(threads: NIOThreadPool) { self.init(threads: threads, lookUp: systemAddresses) }

  init(threads: NIOThreadPool, lookUp: @escaping @Sendable (String) throws -> [[UInt8]]) {
    self.threads = threads
    self.lookUp = lookUp
  }

  /// Addresses of 4 or 16 bytes, the one to try first at the beginning; never empty. A cancelled caller returns at
  /// once, whatever its thread waits for.
  /// - Throws: `JobsError(.webhookFailed)` when there are none.
  func addresses(of host: String) async throws -> [[UInt8]] {
    let answer = Answer()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        answer.wait(continuation)
        threads.submit { [lookUp] state in
          guard case .active = state else { return answer.arrive(.failure(CancellationError())) }
          answer.arrive(Result { try lookUp(host) })
        }
      }
    } onCancel: {
      answer.arrive(.failure(CancellationError()))
    }
  }

  /// Takes the first of two results to the one who waits.
  private final class Answer: Sendable {
    private enum State {
      case open
      case waiting(CheckedContinuation<[[UInt8]], any Error>)
      case arrived(Result<[[UInt8]], any Error>)
      case taken
    }
    private let state = Mutex(State.open)

    func wait(_ continuation: CheckedContinuation<[[UInt8]], any Error>) {
      let arrived = state.withLock { state -> Result<[[UInt8]], any Error>? in
        if case .arrived(let result) = state {
          state = .taken
          return result
        }
        state = .waiting(continuation)
        return nil
      }
      if let arrived { continuation.resume(with: arrived) }
    }

    func arrive(_ result: Result<[[UInt8]], any Error>) {
      let waiting = state.withLock { state -> CheckedContinuation<[[UInt8]], any Error>? in
        switch state {
        case .open: state = .arrived(result)
        case .waiting(let continuation):
          state = .taken
          return continuation
        case .arrived, .taken: break
        }
        return nil
      }
      waiting?.resume(with: result)
    }
  }
}

/// What getaddrinfo(3) says, in its order (RFC 6724). Blocks.
private func systemAddresses(of host: String) throws -> [[UInt8]] {
  var hints = addrinfo()
  hints.ai_family = AF_UNSPEC
  hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
  var list: UnsafeMutablePointer<addrinfo>?
  let status = getaddrinfo(host, nil, &hints, &list)
  guard status == 0 else {
    throw JobsError(
      .webhookFailed, "The host's name cannot be resolved",
      cause: gai_strerror(status).map { String(cString: $0) })
  }
  defer { freeaddrinfo(list) }
  var addresses: [[UInt8]] = []
  var next = list
  while let entry = next {
    if let address = bytes(of: entry.pointee), !addresses.contains(address) {
      addresses.append(address)
    }
    next = entry.pointee.ai_next
  }
  guard !addresses.isEmpty else {
    throw JobsError(.webhookFailed, "The host's name has no address")
  }
  return addresses
}

/// nil for what is neither IPv4 nor IPv6.
private func bytes(of entry: addrinfo) -> [UInt8]? {
  guard let address = entry.ai_addr else { return nil }
  let raw = UnsafeRawPointer(address)
  switch entry.ai_family {
  case AF_INET:
    return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { Array($0) }
  case AF_INET6:
    return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { Array($0) }
  default: return nil
  }
}
