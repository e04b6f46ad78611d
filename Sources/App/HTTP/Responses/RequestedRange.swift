/// Which bytes a `Range` field asks for (RFC 9110, 14.1.2 and 14.2).
enum RequestedRange: Equatable {
  /// Everything: no field, one that is malformed or of another unit, or several ranges at once.
  case whole
  case part(Range<Int>)
  /// No byte of it is there.
  case unsatisfiable

  init(_ field: String?, of size: Int) {
    self = field.flatMap { Self.parse($0, size) } ?? .whole
  }

  private static func parse(_ field: String, _ size: Int) -> RequestedRange? {
    let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].lowercased() == "bytes" else { return nil }
    let spec = parts[1].filter { $0 != " " && $0 != "\t" }
    let ends = spec.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    switch (ends[0].isEmpty, ends[1].isEmpty) {
    case (true, true): return nil
    case (true, false):
      guard let length = position(ends[1]) else { return nil }
      guard length > 0, size > 0 else { return .unsatisfiable }
      return .part(size - min(length, size)..<size)
    case (false, let isOpen):
      guard let first = position(ends[0]), let last = isOpen ? .max : position(ends[1]),
        first <= last
      else { return nil }
      return first < size ? .part(first..<min(last, size - 1) + 1) : .unsatisfiable
    }
  }

  /// Digits alone; a number beyond every size is the largest.
  private static func position(_ text: Substring) -> Int? {
    guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(text) ?? .max
  }
}
