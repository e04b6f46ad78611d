import Foundation
import Hummingbird
import Jobs
import NIOPosix
import ObjectDetection

/// Golden pictures as they were sent: their files on disk, and the boxes.
struct GoldenUpload: Sendable {
  var pictures: [GoldenDraft.Picture]
  var marked: COCOLabels
  var demand: GoldenDemand
}

/// The parts of golden pictures, written to disk while they arrive.
///
/// `@unchecked Sendable` because one upload uses it, one call after the other, each on a thread of the files.
final class GoldenUploadSink: BodySink, @unchecked Sendable {
  private enum Field: String, CaseIterable {
    case files, expected
    case minRecall = "min_recall"
    case minPrecision = "min_precision"
    case aliases
  }

  /// A hundred thousand boxes as tools write them.
  static let maxExpectedBytes = 16 << 20
  private static let maxFieldBytes = 1024

  private let stem: String
  private let settings: ServiceSettings
  private var parser: MultipartParser
  private var current: Field?
  private var file: PartFile?
  private var files: [ReceivedFile] = []
  private var faults: [APIErrorEntry] = []
  private var paths: [String] = []
  private var texts: [Field: [UInt8]] = [:]

  /// - Parameter stem: of files that nobody else uses, on the blob store's disk.
  init(boundary: MultipartBoundary, stem: String, settings: ServiceSettings) {
    parser = MultipartParser(boundary: boundary)
    self.stem = stem
    self.settings = settings
  }

  /// - Throws: `MultipartError`; `APIError` that names the part; `JobsError(.storageError)` when the disk is full.
  func take(_ bytes: UnsafeRawBufferPointer) throws {
    try parser.parse(bytes) { event in
      switch event {
      case .partBegan(let headers): try begin(headers)
      case .partBytes(let bytes): try append(bytes)
      case .partEnded: try end()
      case .finished: break
      }
    }
  }

  private func begin(_ headers: MultipartPartHeaders) throws {
    guard let field = Field(rawValue: headers.name) else {
      let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
      throw Self.invalid(String(headers.name.prefix(64)), "UNKNOWN_FIELD", "The parts are \(known)")
    }
    current = field
    guard field == .files else {
      guard texts.updateValue([], forKey: field) == nil else {
        throw Self.invalid(field.rawValue, "INVALID_VALUE", "Must not be there twice")
      }
      return
    }
    guard paths.count < GoldenDraft.maxPictures else {
      throw APIError(
        .tooManyFiles, "Too many files",
        details: "At most \(GoldenDraft.maxPictures) golden pictures of one model")
    }
    let path = "\(stem)-\(paths.count)"
    let file = PartFile(
      filename: SanitizedFilename(headers.filename ?? "").value, limit: settings.maxFileBytes)
    try file.create(at: path)
    paths.append(path)
    self.file = file
  }

  private func append(_ bytes: UnsafeRawBufferPointer) throws {
    if let file { return try file.append(bytes) }
    guard let field = current else { return }
    let limit = field == .expected ? Self.maxExpectedBytes : Self.maxFieldBytes
    guard texts[field, default: []].count + bytes.count <= limit else {
      throw Self.invalid(field.rawValue, "OUT_OF_RANGE", "Must have at most \(limit) bytes")
    }
    texts[field, default: []].append(contentsOf: bytes)
  }

  private func end() throws {
    current = nil
    guard let file, let path = file.path else { return }
    self.file = nil
    do {
      files.append(try file.close(at: path, limits: settings))
    } catch let error as DetectionError {
      faults.append(
        APIErrorEntry(
          filename: file.filename, index: paths.count - 1, code: error.code.rawValue,
          error: error.message.prefix(1).uppercased() + error.message.dropFirst()))
    }
  }

  /// The body has ended.
  /// - Throws: `MultipartError`; `APIError` that names every bad file, or the part that is missing or wrong.
  func finish() throws -> GoldenUpload {
    try parser.finish()
    if let first = faults.first {
      throw APIError(
        APIErrorCode(rawValue: first.code) ?? .invalidFormat,
        faults.count == 1 ? "A file was refused" : "\(faults.count) files were refused",
        entries: faults)
    }
    guard !files.isEmpty else {
      throw APIError(.noFiles, "No files", details: "Send the pictures as parts named \"files\"")
    }
    guard let expected = texts[.expected] else {
      throw Self.invalid("expected", "REQUIRED", "Send the boxes, as COCO's JSON")
    }
    let marked: COCOLabels
    do {
      marked = try COCOLabels(json: expected)
    } catch let error as DetectionError {
      throw Self.invalid("expected", "INVALID_VALUE", error.message)
    }
    let standard = GoldenDemand()
    return GoldenUpload(
      pictures: files.map { file in
        GoldenDraft.Picture(
          filename: file.filename, path: file.path, sizeBytes: file.sizeBytes,
          sha256: file.sha256, size: PixelSize(width: file.header.width, height: file.header.height)
        )
      }, marked: marked,
      demand: GoldenDemand(
        minRecall: try share(.minRecall) ?? standard.minRecall,
        minPrecision: try share(.minPrecision) ?? standard.minPrecision,
        aliases: try aliases() ?? standard.aliases))
  }

  private func text(_ field: Field) -> String? {
    texts[field].map { String(decoding: $0, as: UTF8.self) }
  }

  private func share(_ field: Field) throws -> Double? {
    guard let text = text(field) else { return nil }
    guard let value = Double(text), 0...1 ~= value else {
      throw Self.invalid(field.rawValue, "OUT_OF_RANGE", "Must be between 0 and 1")
    }
    return value
  }

  /// With commas between; an empty part guards none.
  private func aliases() throws -> Set<String>? {
    guard let text = text(.aliases) else { return nil }
    let names = text.split(separator: ",").map { $0.trimmingPrefix(" ") }
    guard names.count <= GoldenDraft.maxAliases, names.allSatisfy(ModelAlias.isValid) else {
      throw Self.invalid(
        "aliases", "INVALID_VALUE",
        "Must be at most \(GoldenDraft.maxAliases) aliases with commas between")
    }
    return Set(names.map(String.init))
  }

  /// Removes what was written and not kept. Blocks.
  func removeTemporaryFiles() {
    file = nil
    for path in paths { unlink(path) }
  }

  static func invalid(_ part: String, _ code: String, _ words: String) -> APIError {
    APIError(.invalidRequest, "Invalid golden pictures", entries: [.field(part, code, words)])
  }
}
