import Foundation
import Jobs

/// The folder that holds all that the service keeps on this machine.
public enum DataFolder {
  /// Who can get into it.
  public enum Privacy: Sendable, Equatable {
    /// Its owner alone.
    case closed
    /// Its owner alone, since now: others could before.
    case justClosed
    /// Others can, and it is not for this process to change.
    case open(reason: String)
  }

  private static let othersBits: mode_t = 0o077

  /// Makes the folder where it is missing, and `tmp` and `models` in it; takes from others what rights they have.
  /// - Throws: `JobsError(.storageError)` when it cannot be made.
  public static func prepare(_ path: String) throws -> Privacy {
    let privacy = try close(path)
    try TemporaryFiles.makeFolder(temporary(in: path))
    try TemporaryFiles.makeFolder(models(in: path))
    return privacy
  }

  /// The folder of what is being written.
  public static func temporary(in path: String) -> String { "\(path)/tmp" }

  /// The folder of the files of registered models that workers have fetched.
  public static func models(in path: String) -> String { "\(path)/models" }

  private static func close(_ path: String) throws -> Privacy {
    guard let status = fileStatus(path) else {
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true,
          attributes: [.posixPermissions: NSNumber(value: TemporaryFiles.folderMode)])
      } catch {
        throw JobsError(
          .storageError, "data_dir: the folder \(path) cannot be made", cause: "\(error)")
      }
      return .closed
    }
    guard status.st_mode & othersBits != 0 else { return .closed }
    guard status.st_uid == geteuid() else { return .open(reason: "it belongs to another user") }
    // /tmp itself, or /var/lib, is not to be closed because of a wrong setting.
    guard status.st_mode & S_ISVTX == 0, try isOurs(path) else {
      return .open(reason: "there are other things in it")
    }
    guard chmod(path, status.st_mode & ~othersBits & 0o7777) == 0 else {
      return .open(reason: String(cString: strerror(errno)))
    }
    return .justClosed
  }

  /// Whether it is empty, or this service has used it before.
  private static func isOurs(_ path: String) throws -> Bool {
    var names: Set<String> = []
    try FolderNames.forEach(in: path) { names.insert($0) }
    return names.isEmpty || names.contains("harrier.sqlite") || names.contains("blobs")
  }
}
