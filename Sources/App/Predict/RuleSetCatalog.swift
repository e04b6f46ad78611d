import Foundation

/// Which rule sets are installed: the files `NAME.pl` of one folder.
struct RuleSetCatalog: Sendable {
  /// nil where the operator has set none: then no rule set is installed.
  let directory: String?

  func contains(_ name: String) -> Bool {
    guard let directory, ResourceName.isValid(name) else { return false }
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(
      atPath: "\(directory)/\(name).pl", isDirectory: &isFolder) && !isFolder.boolValue
  }
}
