import CZlib

/// The content coding of RFC 1952, by zlib.
enum Gzip {
  /// Done once for each document: the best that zlib does.
  private static let level: Int32 = 9

  /// nil where it would not be smaller, or zlib has no memory.
  static func compress(_ bytes: some Sequence<UInt8>) -> [UInt8]? {
    var input = Array(bytes)
    var stream = z_stream()
    guard harrier_gzip_begin(&stream, level) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    // More than what it was is of no use.
    var output = [UInt8](repeating: 0, count: input.count)
    let result = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        return deflate(&stream, Z_FINISH)
      }
    }
    guard result == Z_STREAM_END else { return nil }
    return Array(output.prefix(Int(stream.total_out)))
  }

  /// Whether `Accept-Encoding` takes it (RFC 9110, 12.5.3): named, or by `*`, and not with a weight of 0.
  static func isAccepted(_ field: String?) -> Bool {
    var byAny = false
    for element in (field ?? "").lowercased().split(separator: ",") {
      let parts = element.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
      guard let coding = parts.first else { continue }
      let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map {
        Double($0.dropFirst(2)) ?? 0
      }
      let isWanted = (weight ?? 1) > 0
      if coding == "gzip" || coding == "x-gzip" { return isWanted }
      if coding == "*" { byAny = isWanted }
    }
    return byAny
  }
}
