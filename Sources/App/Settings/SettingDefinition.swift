/// One setting: its name, what it may be, and why its default is what it is.
struct SettingDefinition: Sendable {
  /// In YAML; `HARRIER_DATA_DIR` and `--data-dir` are made from `data_dir`.
  let key: String
  let type: SettingType
  /// For people: `0 to 65535`.
  let range: String
  /// What it is and why the default is what it is.
  let reason: String
  /// What a refused value should have been: `must be a whole number from 0 to 65535`.
  let rule: String
  /// The value's texts, one unless it is a list; nil where nothing is set.
  let texts: @Sendable (ServiceSettings) -> [String]?
  /// Sets the value from its texts; false when they are none.
  let set: @Sendable (inout ServiceSettings, [String]) -> Bool
  /// Whether the value is never shown, not even when it is wrong.
  var isSecret = false

  var environmentName: String { "HARRIER_\(key.uppercased())" }
  var optionName: String { "--\(key.replacing("_", with: "-"))" }
}

/// What a value is; the raw value is for people.
enum SettingType: String, Sendable {
  case text
  case wholeNumber = "whole number"
  case number
  case flag = "true or false"
  case texts = "list of texts"
  case numbers = "list of numbers"

  var isList: Bool { self == .texts || self == .numbers }
  /// Whether YAML needs quotes around it.
  var isText: Bool { self == .text || self == .texts }
}

/// The way to a property of the settings.
typealias SettingPath<Value> = any WritableKeyPath<ServiceSettings, Value> & Sendable

extension SettingDefinition {
  static func integer(
    _ key: String, _ path: SettingPath<Int>, in range: ClosedRange<Int>, _ reason: String
  ) -> SettingDefinition {
    let words = "\(range.lowerBound) to \(range.upperBound)"
    return SettingDefinition(
      key: key, type: .wholeNumber, range: words, reason: reason,
      rule: "must be a whole number from \(words)", texts: { ["\($0[keyPath: path])"] },
      set: { settings, texts in
        guard let value = Int(texts[0]), range.contains(value) else { return false }
        settings[keyPath: path] = value
        return true
      })
  }

  static func optionalInteger(
    _ key: String, _ path: SettingPath<Int?>, in range: ClosedRange<Int>, _ reason: String
  ) -> SettingDefinition {
    let words = "\(range.lowerBound) to \(range.upperBound)"
    return SettingDefinition(
      key: key, type: .wholeNumber, range: "\(words), or not set", reason: reason,
      rule: "must be a whole number from \(words)",
      texts: { $0[keyPath: path].map { ["\($0)"] } },
      set: { settings, texts in
        guard let value = Int(texts[0]), range.contains(value) else { return false }
        settings[keyPath: path] = value
        return true
      })
  }

  static func number(
    _ key: String, _ path: SettingPath<Double>, in range: ClosedRange<Double>, _ reason: String
  ) -> SettingDefinition {
    let words = "\(plain(range.lowerBound)) to \(plain(range.upperBound))"
    return SettingDefinition(
      key: key, type: .number, range: words, reason: reason,
      rule: "must be a number from \(words)", texts: { [plain($0[keyPath: path])] },
      set: { settings, texts in
        guard let value = Double(texts[0]), range.contains(value) else { return false }
        settings[keyPath: path] = value
        return true
      })
  }

  /// Seconds with up to three decimals.
  static func seconds(
    _ key: String, _ path: SettingPath<Duration>, in range: ClosedRange<Double>, _ reason: String
  ) -> SettingDefinition {
    let words = "\(plain(range.lowerBound)) to \(plain(range.upperBound))"
    return SettingDefinition(
      key: key, type: .number, range: words, reason: reason,
      rule: "must be a number of seconds from \(words)",
      texts: { [plain($0[keyPath: path] / .seconds(1))] },
      set: { settings, texts in
        guard let value = duration(texts[0], in: range) else { return false }
        settings[keyPath: path] = value
        return true
      })
  }

  static func secondsList(
    _ key: String, _ path: SettingPath<[Duration]>, in range: ClosedRange<Double>,
    atMost count: Int,
    _ reason: String
  ) -> SettingDefinition {
    let words = "\(plain(range.lowerBound)) to \(plain(range.upperBound)) each, at most \(count)"
    return SettingDefinition(
      key: key, type: .numbers, range: words, reason: reason,
      rule: "must be a list of seconds, \(words)",
      texts: { $0[keyPath: path].map { plain($0 / .seconds(1)) } },
      set: { settings, texts in
        let values = texts.compactMap { duration($0, in: range) }
        guard values.count == texts.count, values.count <= count else { return false }
        settings[keyPath: path] = values
        return true
      })
  }

  static func text(
    _ key: String, _ path: SettingPath<String>, _ form: TextForm, _ reason: String
  ) -> SettingDefinition {
    SettingDefinition(
      key: key, type: .text, range: form.words, reason: reason,
      rule: "must be \(form.words)", texts: { [$0[keyPath: path]] },
      set: { settings, texts in
        guard form.isValid(texts[0]) else { return false }
        settings[keyPath: path] = texts[0]
        return true
      })
  }

  static func flag(
    _ key: String, _ path: SettingPath<Bool>, _ reason: String
  ) -> SettingDefinition {
    SettingDefinition(
      key: key, type: .flag, range: "true, false", reason: reason,
      rule: "must be true or false", texts: { ["\($0[keyPath: path])"] },
      set: { settings, texts in
        guard let value = Bool(texts[0]) else { return false }
        settings[keyPath: path] = value
        return true
      })
  }

  static func optionalText(
    _ key: String, _ path: SettingPath<String?>, _ form: TextForm, isSecret: Bool = false,
    _ reason: String
  ) -> SettingDefinition {
    SettingDefinition(
      key: key, type: .text, range: "\(form.words), or not set", reason: reason,
      rule: "must be \(form.words)", texts: { $0[keyPath: path].map { [$0] } },
      set: { settings, texts in
        guard form.isValid(texts[0]) else { return false }
        settings[keyPath: path] = texts[0]
        return true
      }, isSecret: isSecret)
  }

  static func texts(
    _ key: String, _ path: SettingPath<[String]>, _ form: TextForm, isSecret: Bool = false,
    _ reason: String
  ) -> SettingDefinition {
    SettingDefinition(
      key: key, type: .texts, range: "\(form.words) each", reason: reason,
      rule: "must be a list, \(form.words) each", texts: { $0[keyPath: path] },
      set: { settings, texts in
        guard texts.allSatisfy(form.isValid) else { return false }
        settings[keyPath: path] = texts
        return true
      }, isSecret: isSecret)
  }
}

private func duration(_ text: String, in range: ClosedRange<Double>) -> Duration? {
  guard let seconds = Double(text), range.contains(seconds) else { return nil }
  return .milliseconds(Int64((seconds * 1000).rounded()))
}

/// Whole numbers without a point.
private func plain(_ value: Double) -> String {
  Int(exactly: value).map(String.init) ?? "\(value)"
}
