import Foundation
import NIOCore
import NIOPosix

/// The files of Swagger UI that the page needs: read from their folder once, then kept.
actor SwaggerAssets {
  nonisolated let directory: String?
  private var kept: [String: StaticDocument] = [:]

  /// nil has no files.
  init(directory: String?) { self.directory = directory }

  /// What may be asked for, and nothing else of the folder.
  static let types = [
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "favicon-32x32.png": "image/png",
  ]

  /// nil when there is no such file.
  /// - Throws: `APIError(.internalError)` when a file that was installed cannot be read.
  func asset(_ name: String) async throws -> StaticDocument? {
    if let asset = kept[name] { return asset }
    guard let directory else { return nil }
    let asset: StaticDocument
    if name == "swagger-initializer.js" {
      asset = StaticDocument(
        type: "text/javascript; charset=utf-8",
        bytes: ByteBuffer(string: DocumentationPages.swaggerInitializer))
    } else {
      guard let type = Self.types[name] else { return nil }
      asset = StaticDocument(type: type, bytes: try await Self.read("\(directory)/\(name)"))
    }
    kept[name] = asset
    return asset
  }

  private static func read(_ path: String) async throws -> ByteBuffer {
    do {
      // 1.5 MB: too much to read on the cooperative pool.
      let data = try await NIOThreadPool.singleton.runIfActive {
        try Data(contentsOf: URL(fileURLWithPath: path))
      }
      return ByteBuffer(bytes: data)
    } catch {
      throw APIError(
        .internalError, "Swagger UI is not installed completely", cause: "\(path): \(error)")
    }
  }
}
