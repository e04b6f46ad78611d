/// A setting that stops the start.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
  /// One line for people: where the value came from, and what is wrong with it.
  public let description: String

  init(_ place: String, _ words: String) { description = "\(place): \(words)" }
}
