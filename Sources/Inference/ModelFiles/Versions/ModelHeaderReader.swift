import Foundation
public import NIOPosix
public import ObjectDetection

/// Reads the headers of model files that nobody trusts.
///
/// Of ONNX everything, by our own reader, which is memory-safe. OpenVINO's XML is left to the confined process that
/// compiles it: its parser is a C library. Here only its first bytes are looked at.
public struct ModelHeaderReader: ModelHeaderCheck {
  /// Far more than comes before the root element of any exporter's file.
  private static let leadingBytes = 4096

  private let threads: NIOThreadPool

  /// Files are read on `threads`.
  public init(threads: NIOThreadPool) { self.threads = threads }

  public func check(path: String) async throws {
    try await threads.runIfActive {
      if path.lowercased().hasSuffix(".xml") {
        try Self.checkXML(path)
      } else {
        let file = try ModelFile(path: path)
        // Where even the number of channels is open, only OpenVINO can compute it, when it loads the model.
        if file.signature.isClosed { _ = try file.interpretation() }
        _ = try file.inputSize()
      }
    }
  }

  private static func checkXML(_ path: String) throws {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw DetectionError(.modelNotFound, "the model file \(path) cannot be read")
    }
    defer { try? file.close() }
    let bytes = try file.read(upToCount: leadingBytes) ?? Data()
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("<net") else {
      throw DetectionError(.modelLoadError, "\(path) is not an OpenVINO model")
    }
  }
}
