/// What results call a model: `tree-crowns` of the operator's folder, or `aerial@3`, version 3 of the registered model
/// `aerial`. Names have no `@`.
public struct VersionedName: Sendable, Equatable {
  public var name: String
  /// nil for a model of the operator's folder, which has none.
  public var version: Int?

  public init(_ text: String) {
    if let at = text.lastIndex(of: "@"), let version = Int(text[text.index(after: at)...]) {
      name = String(text[..<at])
      self.version = version
    } else {
      name = text
    }
  }
}
