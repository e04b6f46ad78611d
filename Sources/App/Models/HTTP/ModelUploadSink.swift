import Foundation
import Jobs

/// A model as it was sent: its files on disk, with one stem.
struct ModelUpload: Sendable {
  var candidate: ModelRegistry.Candidate
  /// Moved to the new version.
  var alias: String?
}

/// The parts of a model's upload, its files written to disk while they arrive.
///
/// `@unchecked Sendable` because one upload uses it, one call after the other, each on a thread of the files.
final class ModelUploadSink: BodySink, @unchecked Sendable {
  /// What is sent beside the files, in memory.
  private enum Field: String, CaseIterable {
    case model, weights, document, alias
  }

  private let stem: String
  private let maxDocumentBytes: Int
  private var parser: MultipartParser
  private var current: Field?
  private var seen: Set<Field> = []
  private var files: [Field: ModelFileWriter] = [:]
  private var texts: [Field: [UInt8]] = [:]

  /// - Parameters:
  ///   - stem: of files that nobody else uses, on the blob store's disk.
  ///   - maxDocumentBytes: of the part `document`.
  init(boundary: MultipartBoundary, stem: String, maxDocumentBytes: Int) {
    parser = MultipartParser(boundary: boundary)
    self.stem = stem
    self.maxDocumentBytes = maxDocumentBytes
  }

  /// - Throws: `MultipartError`; `APIError` that names the part; `JobsError(.storageError)` when the disk is full.
  func take(_ bytes: UnsafeRawBufferPointer) throws {
    try parser.parse(bytes) { event in
      switch event {
      case .partBegan(let headers): try begin(headers.name)
      case .partBytes(let bytes): try append(bytes)
      case .partEnded:
        current.map { files[$0]?.close() }
        current = nil
      case .finished: break
      }
    }
  }

  private func begin(_ name: String) throws {
    guard let field = Field(rawValue: name) else {
      let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
      throw Self.invalid(String(name.prefix(64)), "UNKNOWN_FIELD", "The parts are \(known)")
    }
    guard seen.insert(field).inserted else {
      throw Self.invalid(name, "INVALID_VALUE", "Must not be there twice")
    }
    current = field
    switch field {
    case .model: files[field] = try ModelFileWriter(at: "\(stem).part")
    case .weights: files[field] = try ModelFileWriter(at: "\(stem).bin")
    case .document, .alias: texts[field] = []
    }
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws {
    guard let field = current else { return }
    if let file = files[field] { return try file.append(bytes) }
    let limit = field == .alias ? ModelAlias.maxCharacters : maxDocumentBytes
    guard texts[field, default: []].count + bytes.count <= limit else {
      throw Self.invalid(field.rawValue, "OUT_OF_RANGE", "Must have at most \(limit) bytes")
    }
    texts[field, default: []].append(contentsOf: bytes)
  }

  /// The body has ended.
  /// - Throws: `MultipartError`; `APIError` that names the part that is missing or wrong.
  func finish() throws -> ModelUpload {
    try parser.finish()
    guard let model = files[.model], model.sizeBytes > 0 else {
      throw Self.invalid(
        "model", "REQUIRED", "Send the ONNX file, or the XML of OpenVINO with the part weights")
    }
    let format: ModelFormat = files[.weights] == nil ? .onnx : .openVINO
    let path = "\(stem).\(format == .onnx ? "onnx" : "xml")"
    guard rename(model.path, path) == 0 else { throw JobsError.cannotWrite(errno) }
    return ModelUpload(
      candidate: ModelRegistry.Candidate(format: format, path: path, document: texts[.document]),
      alias: try alias())
  }

  private func alias() throws -> String? {
    guard let bytes = texts[.alias] else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard ModelAlias.isValid(text) else {
      throw Self.invalid(
        "alias", "INVALID_VALUE", "Must be a letter and at most 31 letters, digits and hyphens")
    }
    return text
  }

  /// Removes what was written and not kept. Blocks.
  func removeTemporaryFiles() {
    for file in files.values { file.close() }
    for end in ["part", "onnx", "xml", "bin", "json"] { unlink("\(stem).\(end)") }
  }

  private static func invalid(_ part: String, _ code: String, _ words: String) -> APIError {
    APIError(
      .invalidRequest, "Invalid upload of a model", entries: [.field(part, code, words)])
  }
}
