public import Foundation

/// A TCP connection over which a test sends what no HTTP client would.
public enum RawConnection {
  /// A server that keeps silent longer is broken.
  private static let timeoutSeconds = 60

  private static let threads: OperationQueue = {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = 16
    return queue
  }()

  /// Sends the bytes and returns what comes back until the server closes, or until `isComplete` says that
  /// this is all.
  public static func exchange(
    port: Int, _ bytes: Data, until isComplete: @escaping @Sendable (Data) -> Bool = { _ in false }
  ) async throws -> Data {
    try await withCheckedThrowingContinuation { continuation in
      threads.addOperation {
        continuation.resume(
          with: Result {
            let connection = try connect(to: port)
            defer { close(connection) }
            try send(bytes, over: connection)
            return receive(from: connection, until: isComplete)
          })
      }
    }
  }

  /// Sends the beginning of a request and goes away.
  public static func sendAndLeave(port: Int, _ bytes: Data) async throws {
    _ = try await exchange(port: port, bytes, until: { _ in true })
  }

  private static func connect(to port: Int) throws -> Int32 {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(
      connection, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(connection)
      throw CocoaError(
        .fileReadUnknown,
        userInfo: [NSDebugDescriptionErrorKey: String(cString: strerror(errno))])
    }
    return connection
  }

  /// A server that has answered may close before it has read everything: that is no error here.
  private static func send(_ bytes: Data, over connection: Int32) throws {
    bytes.withUnsafeBytes { buffer in
      var sent = 0
      while sent < buffer.count {
        let result = Foundation.send(
          connection, buffer.baseAddress?.advanced(by: sent), buffer.count - sent,
          Int32(MSG_NOSIGNAL))
        guard result > 0 else { return }
        sent += result
      }
    }
  }

  private static func receive(
    from connection: Int32, until isComplete: (Data) -> Bool
  ) -> Data {
    var received = Data()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !isComplete(received) {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      received += buffer[..<count]
    }
    return received
  }
}
