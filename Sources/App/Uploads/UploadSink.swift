import Crypto
import Foundation
import Jobs
import ObjectDetection

/// A file of an upload that was taken in whole.
struct ReceivedFile: Sendable {
  var filename: String
  /// Where its bytes are until the blob store has them.
  var path: String
  var sizeBytes: Int
  /// Lower-case hexadecimal.
  var sha256: String
  var header: ImageHeader
}

/// What a multipart body holds, written to disk while it arrives.
///
/// `@unchecked Sendable` because one upload uses it, one call after the other, each on a thread of the files.
final class UploadSink: BodySink, @unchecked Sendable {
  private let limits: ServiceSettings
  private let makePath: (Int) -> String
  private var parser: MultipartParser
  private var current: PartFile?
  private var index = 0
  private(set) var files: [ReceivedFile] = []
  private var faults: [APIErrorEntry] = []
  private var paths: Set<String> = []

  /// `makePath` names a new file on the blob store's disk for each number.
  init(
    boundary: MultipartBoundary, limits: ServiceSettings, makePath: @escaping (Int) -> String
  ) {
    parser = MultipartParser(boundary: boundary)
    self.limits = limits
    self.makePath = makePath
  }

  /// Blocks while it writes.
  /// - Throws: `MultipartError`; `JobsError(.storageError)` when the disk does not take it.
  func take(_ bytes: UnsafeRawBufferPointer) throws {
    try parser.parse(bytes) { event in
      switch event {
      case .partBegan(let headers): try begin(headers)
      case .partBytes(let bytes): try current?.append(bytes)
      case .partEnded: try end()
      case .finished: break
      }
    }
  }

  /// The body has ended.
  /// - Throws: `MultipartError`; `APIError` that names every bad file, or says that there is none.
  func finish() throws -> [ReceivedFile] {
    try parser.finish()
    guard index <= limits.maxFilesPerUpload else {
      throw APIError(
        .tooManyFiles, "Too many files",
        details: "\(index) files, at most \(limits.maxFilesPerUpload) in one upload")
    }
    if let first = faults.first {
      let code = APIErrorCode(rawValue: first.code) ?? .invalidFormat
      throw APIError(
        code, faults.count == 1 ? "A file was refused" : "\(faults.count) files were refused",
        entries: faults)
    }
    guard !files.isEmpty else {
      throw APIError(.noFiles, "No files", details: "Send one or more parts named \"files\"")
    }
    return files
  }

  /// Removes what was written and not kept. Blocks.
  func removeTemporaryFiles() {
    current = nil
    for path in paths { unlink(path) }
    paths = []
  }

  private func begin(_ headers: MultipartPartHeaders) throws {
    guard headers.name == "files" else { return }
    // Beyond the limit nothing is written, only counted.
    guard index < limits.maxFilesPerUpload else {
      current = PartFile(filename: "", limit: 0)
      return
    }
    let path = makePath(index)
    let file = PartFile(
      filename: SanitizedFilename(headers.filename ?? "").value,
      wasLeftEmpty: headers.filename == "", limit: limits.maxFileBytes)
    try file.create(at: path)
    paths.insert(path)
    current = file
  }

  private func end() throws {
    guard let file = current else { return }
    current = nil
    // A browser sends an empty part for a field in which no file was chosen.
    if file.wasLeftEmpty, file.sizeBytes == 0 {
      discard(file)
      return
    }
    defer { index += 1 }
    guard let path = file.path else { return }
    do {
      files.append(try file.close(at: path, limits: limits))
    } catch let error as DetectionError {
      discard(file)
      faults.append(
        APIErrorEntry(
          filename: file.filename, index: index, code: error.code.rawValue,
          error: error.message.prefix(1).uppercased() + error.message.dropFirst()))
    }
  }

  private func discard(_ file: PartFile) {
    guard let path = file.path else { return }
    unlink(path)
    paths.remove(path)
  }
}

/// One part on its way to disk.
final class PartFile {
  /// What is handed to the disk at once while the rest arrives, so that little is left for the last sync.
  private static let writebackBytes = 4 << 20

  let filename: String
  /// Whether the client sent an empty file name.
  let wasLeftEmpty: Bool
  private(set) var path: String?
  private(set) var sizeBytes = 0
  private let limit: Int
  private var descriptor: Int32 = -1
  private var written = 0
  /// Where the disk has not been told to begin.
  private var writebackStart = 0
  private var hash = SHA256()

  init(filename: String, wasLeftEmpty: Bool = false, limit: Int) {
    self.filename = filename
    self.wasLeftEmpty = wasLeftEmpty
    self.limit = limit
  }

  deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

  func create(at path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw JobsError.cannotWrite(errno) }
    self.path = path
  }

  /// Bytes beyond the limit are counted, not written.
  func append(_ bytes: UnsafeRawBufferPointer) throws {
    sizeBytes += bytes.count
    guard descriptor >= 0, sizeBytes <= limit else { return }
    hash.update(bufferPointer: bytes)
    try bytes.write(to: descriptor)
    written += bytes.count
    startWriteback()
  }

  /// Lets the system begin to write what it was given. Linux does so when it hears that pages are not needed, and
  /// keeps those that it is writing. Only a hint: the sync at the end decides.
  private func startWriteback() {
    guard written - writebackStart >= Self.writebackBytes else { return }
    posix_fadvise(
      descriptor, writebackStart, written - writebackStart, Int32(POSIX_FADV_DONTNEED))
    writebackStart = written
  }

  /// - Throws: `DetectionError` when the file is no picture that is accepted.
  func close(at path: String, limits: ServiceSettings) throws -> ReceivedFile {
    Foundation.close(descriptor)
    descriptor = -1
    let imageLimits = ImageLimits(maxBytes: limits.maxFileBytes)
    try imageLimits.check(byteCount: sizeBytes)
    let header = try ImageHeader.read(from: try FileBytes(path: path), limits: imageLimits)
    guard header.hasSupportedSamples else {
      throw DetectionError(
        .invalidFormat, "samples are not 8 or 16 bit unsigned integers; convert the picture first")
    }
    return ReceivedFile(
      filename: filename, path: path, sizeBytes: sizeBytes,
      sha256: hash.finalize().hexadecimal, header: header)
  }
}

extension UnsafeRawBufferPointer {
  /// All of the bytes, in as many pieces as it takes. Blocks.
  /// - Throws: `JobsError(.storageError)`.
  func write(to descriptor: Int32) throws {
    var rest = self[...]
    while !rest.isEmpty {
      let result = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if result < 0, errno == EINTR { continue }
      guard result > 0 else { throw JobsError.cannotWrite(errno) }
      rest = rest.dropFirst(result)
    }
  }
}

extension JobsError {
  /// A file could not be written, for the reason in `errno`.
  static func cannotWrite(_ reason: Int32) -> JobsError {
    JobsError(
      .storageError,
      reason == ENOSPC || reason == EDQUOT
        ? "The disk of the file store is full" : "The file store cannot be written",
      cause: String(cString: strerror(reason)))
  }
}
