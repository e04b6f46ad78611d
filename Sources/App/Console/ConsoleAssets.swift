import CConsole
import NIOCore

/// The files of the web console, which are part of the binary.
enum ConsoleAssets {
  /// What is served at `/`.
  static let page = "index.html"

  /// By name.
  static let documents: [String: StaticDocument] = Dictionary(
    uniqueKeysWithValues: files.map { name, bytes in
      (name, StaticDocument(type: contentType(of: name), bytes: bytes))
    })

  /// As they lie in the project's folder `Console`.
  static let files: [(name: String, bytes: ByteBuffer)] = (0..<harrier_console_file_count()).map {
    index in
    let file = harrier_console_file(index)
    return (
      String(cString: file.name),
      ByteBuffer(bytes: UnsafeRawBufferPointer(start: file.bytes, count: file.count))
    )
  }

  /// Browsers refuse modules and styles of another type.
  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
