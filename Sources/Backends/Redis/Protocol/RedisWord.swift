public import NIOCore

/// One word of a command: its name or an argument.
public enum RedisWord: Sendable, Hashable, ExpressibleByStringInterpolation {
  case text(String)
  case bytes(ByteBuffer)

  public init(stringLiteral text: String) { self = .text(text) }

  fileprivate var count: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .bytes(let bytes): bytes.readableBytes
    }
  }
}

extension ByteBuffer {
  /// Appends a command as the array of bulk strings that a server expects.
  public mutating func writeCommand(_ words: [RedisWord]) {
    writeString("*\(words.count)\r\n")
    for word in words {
      writeString("$\(word.count)\r\n")
      switch word {
      case .text(let text): writeString(text)
      case .bytes(let bytes): writeImmutableBuffer(bytes)
      }
      writeString("\r\n")
    }
  }
}
