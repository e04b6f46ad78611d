public import Foundation

/// A folder of its own for one test; it goes with the object.
public final class TemporaryFolder: Sendable {
  public let path: String

  public init() throws {
    path = "\(NSTemporaryDirectory())/harrier-tests-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // A leftover in the system's temporary folder is no failure of the test.
    try? FileManager.default.removeItem(atPath: path)
  }

  public func path(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file, making its folders, and returns its path.
  @discardableResult
  public func write(_ data: Data, to name: String) throws -> String {
    let path = path(name)
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try data.write(to: URL(fileURLWithPath: path))
    return path
  }

  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try write(Data(text.utf8), to: name)
  }

  /// Copies a file into the folder and returns the copy's path.
  @discardableResult
  public func copy(_ source: String, to name: String) throws -> String {
    try write(try Data(contentsOf: URL(fileURLWithPath: source)), to: name)
  }

  /// Paths of all files below, relative and sorted.
  public func files() throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: self.path(name), isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }
}
