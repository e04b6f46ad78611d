import Foundation
import ObjectDetection

/// A folder of rule files, found by name: `NAME.pl`. Blocks.
///
/// A name is never a path. What a link inside the folder points to is the operator's choice.
public struct RuleFolder: Sendable {
  private static let suffix = ".pl"
  /// More files than anybody installs by intent.
  private static let fileLimit = 1_000

  public let path: String
  /// Larger files are refused before they are read.
  let textBytes: Int

  public init(path: String) {
    self.init(path: path, textBytes: PrologLimits().textBytes)
  }

  init(path: String, textBytes: Int) {
    self.path = path
    self.textBytes = textBytes
  }

  /// What messages call the file.
  static func file(_ name: String) -> String { name + suffix }

  /// Names of the installed rule sets, sorted.
  /// - Throws: `DetectionError(.reasoningError)`, whose message does not tell where the folder is.
  func names() throws -> [String] {
    let entries: [String]
    do {
      entries = try FileManager.default.contentsOfDirectory(atPath: path)
    } catch {
      throw DetectionError(.reasoningError, "The rule sets cannot be listed", cause: "\(error)")
    }
    let names = entries.filter { $0.hasSuffix(Self.suffix) }
      .map { String($0.dropLast(Self.suffix.count)) }.filter(ResourceName.isValid)
    guard names.count <= Self.fileLimit else {
      throw DetectionError(
        .reasoningError, "The rule sets cannot be listed: there are more than \(Self.fileLimit)")
    }
    return names.sorted()
  }

  /// - Throws: `DetectionError` with `.rulesNotFound`, or `.reasoningError` if it cannot be read.
  func stamp(_ name: String) throws -> RuleFileStamp { try file(named: name).stamp() }

  /// - Throws: `DetectionError` with `.rulesNotFound`, or `.reasoningError` if it cannot be read.
  func contents(_ name: String) throws -> (stamp: RuleFileStamp, text: [UInt8]) {
    try file(named: name).contents()
  }

  private func file(named name: String) throws -> RuleFile {
    guard ResourceName.isValid(name) else {
      throw DetectionError(.rulesNotFound, "No rule set of this name is installed")
    }
    let file = Self.file(name)
    return RuleFile(
      path: "\(path)/\(file)", shownName: file, textBytes: textBytes,
      missing: DetectionError(.rulesNotFound, "No rule set named \"\(name)\" is installed"))
  }
}

/// One rule file. Blocks.
struct RuleFile {
  let path: String
  /// What messages call it.
  let shownName: String
  /// A larger file is refused before it is read.
  let textBytes: Int
  /// What to throw when it is not there.
  let missing: DetectionError

  func stamp() throws -> RuleFileStamp { try withFile { _, stamp in stamp } }

  func contents() throws -> (stamp: RuleFileStamp, text: [UInt8]) {
    try withFile { descriptor, stamp in
      // One byte more than allowed shows a file that has grown meanwhile.
      let text = try [UInt8](unsafeUninitializedCapacity: textBytes + 1) { buffer, filled in
        while filled < buffer.count {
          let result = read(
            descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled)
          if result == 0 { return }
          if result < 0, errno == EINTR { continue }
          guard result > 0 else { throw unreadable(errno) }
          filled += result
        }
      }
      guard text.count <= textBytes else { throw tooLong }
      return (stamp, text)
    }
  }

  /// Calls `body` with the open file and its stamp.
  private func withFile<Value>(
    _ body: (_ descriptor: Int32, _ stamp: RuleFileStamp) throws -> Value
  ) throws -> Value {
    // Opening a pipe without O_NONBLOCK would wait for its writer.
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      let reason = errno
      throw reason == ENOENT || reason == ENOTDIR ? missing : unreadable(reason)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw DetectionError.rules(shownName, "it is not a regular file")
    }
    guard Int(status.st_size) <= textBytes else { throw tooLong }
    return try body(descriptor, RuleFileStamp(status))
  }

  private var tooLong: DetectionError {
    .rules(shownName, "the text is longer than \(textBytes) bytes")
  }

  private func unreadable(_ reason: Int32) -> DetectionError {
    .rules(shownName, "the file cannot be read", cause: String(cString: strerror(reason)))
  }
}

/// What tells one version of a rule file from another, without reading it.
struct RuleFileStamp: Equatable {
  private let device: UInt64
  private let inode: UInt64
  private let sizeBytes: Int
  /// When its text and when anything about it changed, in seconds and nanoseconds.
  private let times: [Int]

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    sizeBytes = Int(status.st_size)
    times = [
      status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_ctim.tv_sec, status.st_ctim.tv_nsec,
    ]
  }
}
