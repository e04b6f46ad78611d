/// The name of an installed model or rule set. Never a path, and never tried as one.
enum ResourceName {
  /// 1 to 128 letters, digits, dots, underscores and hyphens of ASCII, the first one no dot.
  static func isValid(_ name: String) -> Bool {
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
  static func ofFile(_ path: String) -> String {
    let file = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? ""
    guard let dot = file.lastIndex(of: "."), dot > file.startIndex else { return file }
    return String(file[..<dot])
  }
}

extension JSONFields {
  /// The name in `key`, or the one in the older `pathKey`; nil when both are absent or null. `code` says
  /// what a text that can be no name is answered with; nil lets it pass.
  mutating func resourceName(_ key: String, orFileIn pathKey: String, else code: APIErrorCode?)
    -> String?
  {
    let named = optionalString(key)
    let ofFile = optionalString(pathKey).map(ResourceName.ofFile)
    if let named, let ofFile, named != ofFile {
      note(pathKey, "INVALID_VALUE", "Names another one than \(key)")
    }
    guard let name = named ?? ofFile else { return nil }
    if let code, !ResourceName.isValid(name) {
      notFound(named == nil ? pathKey : key, code, "Nothing of this name is installed")
    }
    return name
  }
}
