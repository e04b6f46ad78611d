import Configuration
import Foundation
import ObjectDetection
import Synchronization

/// One place that settings come from.
struct SettingsSource {
  private let values: any ConfigSnapshot
  /// Before the setting's key.
  private let prefix: [String]
  /// How a setting is called there, for errors.
  let name: (SettingDefinition) -> String
  /// Texts hold lists separated by commas; YAML has lists of its own.
  private let splitsLists: Bool

  /// Options that were given, by the key of the setting.
  /// - Throws: `SettingsError` for a key that is no setting's.
  static func commandLine(_ options: [String: String]) throws(SettingsError) -> SettingsSource {
    for key in options.keys.sorted() where SettingsTable.definition(key) == nil {
      throw unknown("--\(key.replacing("_", with: "-"))", among: \.optionName)
    }
    let values = options.map {
      (AbsoluteConfigKey([$0]), ConfigValue(.string($1), isSecret: false))
    }
    return SettingsSource(
      values: InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)).snapshot(),
      prefix: [], name: \.optionName, splitsLists: true)
  }

  /// Variables of our own that are no settings: places of libraries and caches, and what tests use.
  private static let otherVariables: Set<String> = [
    "HARRIER_API_KEY", "HARRIER_CACHE_DIR", "HARRIER_CONFIG", "HARRIER_OPENVINO_DIR",
  ]

  /// The variables `HARRIER_...`.
  /// - Throws: `SettingsError` for one that is no setting's.
  static func environment(_ variables: [String: String]) throws(SettingsError) -> SettingsSource {
    let known = otherVariables.union(SettingsTable.all.map(\.environmentName))
    for name in variables.keys.sorted()
    where name.hasPrefix("HARRIER_") && !name.hasPrefix("HARRIER_TEST_") && !known.contains(name) {
      throw unknown(name, among: \.environmentName)
    }
    return SettingsSource(
      values: EnvironmentVariablesProvider(environmentVariables: variables).snapshot(),
      prefix: ["harrier"], name: \.environmentName, splitsLists: true)
  }

  /// A YAML file: a flat mapping.
  /// - Throws: `SettingsError` when it is malformed or has a key that is no setting's.
  static func yaml(_ bytes: [UInt8], path: String) throws(SettingsError) -> SettingsSource {
    let keys = FoundKeys()
    // A file of comments only is no mapping for the parser, but sets nothing, which is fine.
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    let isEmpty = lines.allSatisfy { line in
      let text = line.drop(while: \.isWhitespace)
      return text.isEmpty || text.hasPrefix("#")
    }
    let values: any ConfigSnapshot
    do {
      // The parser asks of every key whether it is secret, which is how we learn them all.
      values = try YAMLSnapshot(
        data: (isEmpty ? Array("{}".utf8) : bytes).span.bytes, providerName: path,
        parsingOptions: YAMLSnapshot.ParsingOptions(
          secretsSpecifier: .dynamic { key, _ in keys.add(key) }))
    } catch {
      throw SettingsError(path, "malformed YAML: \(firstSentence(of: error))")
    }
    for key in keys.sorted() where SettingsTable.definition(key) == nil {
      throw unknown(key, among: \.key, in: "\(path): ")
    }
    return SettingsSource(
      values: values, prefix: [], name: { "\(path): \($0.key)" }, splitsLists: false)
  }

  /// The texts of a setting, several only for lists; nil when it is not given. An empty text counts as
  /// not given, as is usual in environments.
  /// - Throws: `SettingsError` when a list stands where a single value should, or the other way round.
  func texts(of setting: SettingDefinition) throws(SettingsError) -> [String]? {
    let key = AbsoluteConfigKey(prefix + [setting.key])
    do {
      if setting.type.isList && !splitsLists {
        guard case .stringArray(let texts)? = try content(key, .stringArray) else { return nil }
        return texts
      }
      guard case .string(let text)? = try content(key, .string), !text.isEmpty else { return nil }
      // YAML's ways to write null.
      if !splitsLists, text == "null" || text == "~" { return nil }
      guard setting.type.isList else { return [text] }
      return text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    } catch {
      let found = setting.type.isList ? "a single value" : "a list"
      throw SettingsError(name(setting), "\(setting.rule), not \(found)")
    }
  }

  private func content(_ key: AbsoluteConfigKey, _ type: ConfigType) throws -> ConfigContent? {
    try values.value(forKey: key, type: type).value?.content
  }

  private static func unknown(
    _ name: String, among known: (SettingDefinition) -> String, in place: String = ""
  ) -> SettingsError {
    let suggestion = closestName(to: name, among: SettingsTable.all.map(known))
    return SettingsError(
      place + name, "unknown setting" + (suggestion.map { ", did you mean \($0)?" } ?? ""))
  }

  /// Without the excerpt that the YAML parser adds on lines of its own.
  private static func firstSentence(of error: any Error) -> String {
    let text = "\(error)".components(separatedBy: ":\n")[0]
    let words = text.split(whereSeparator: \.isNewline).filter { $0 != "Context" }
    return String(words.joined(separator: " ").prefix(300))
  }
}

/// The keys of a file, as they are found.
private final class FoundKeys: Sendable {
  private let keys = Mutex<Set<String>>([])

  /// Always false: no key is a secret.
  func add(_ key: String) -> Bool {
    keys.withLock { _ = $0.insert(key) }
    return false
  }

  func sorted() -> [String] { keys.withLock { $0.sorted() } }
}
