import ObjectDetection

extension JSONFields {
  /// The name in `key`, or the one in the older `pathKey`; nil when both are absent or null. `code` says
  /// what a text that can be no name is answered with; nil lets it pass.
  mutating func resourceName(
    _ key: String, orFileIn pathKey: String, else code: APIErrorCode?,
    isValid: (String) -> Bool = ResourceName.isValid
  ) -> String? {
    let named = optionalString(key)
    let ofFile = optionalString(pathKey).map(ResourceName.ofFile)
    if let named, let ofFile, named != ofFile {
      note(pathKey, "INVALID_VALUE", "Names another one than \(key)")
    }
    guard let name = named ?? ofFile else { return nil }
    if let code, !isValid(name) {
      notFound(named == nil ? pathKey : key, code, "Nothing of this name is installed")
    }
    return name
  }
}
