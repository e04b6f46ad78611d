/// The name of an installed model or rule set. Never a path, and never tried as one.
public enum ResourceName {
  /// 1 to 128 letters, digits, dots, underscores and hyphens of ASCII, the first one no dot.
  public static func isValid(_ name: String) -> Bool {
    (1...128).contains(name.utf8.count) && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch Character(Unicode.Scalar(byte)) {
        case "A"..."Z", "a"..."z", "0"..."9", ".", "_", "-": true
        default: false
        }
      }
  }

  /// What older clients send instead of a name: the file's, without folder (of either kind of slash) and
  /// extension.
  public static func ofFile(_ path: String) -> String {
    let file = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return file }
    return String(file[..<dot])
  }
}
