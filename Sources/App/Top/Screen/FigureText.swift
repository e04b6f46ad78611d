import Foundation

/// Numbers as people read them: three digits that mean something, and a unit. `-` is unknown.
enum FigureText {
  static let unknown = "-"

  /// `0`, `0.25`, `12.3`, `1234`, `12.3k`
  static func number(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    if abs(value) < 0.005 { return "0" }
    if abs(value) < 9999.5 { return threeDigits(value) }
    return abs(value) < 999_950 ? threeDigits(value / 1e3) + "k" : threeDigits(value / 1e6) + "M"
  }

  /// Whole, as far as it is short.
  static func count(_ value: Double?) -> String {
    guard let value, abs(value) < 99_999.5 else { return number(value) }
    return String(format: "%.0f", value)
  }

  /// A share of 1.
  static func percent(_ share: Double?) -> String {
    guard let share, share.isFinite else { return unknown }
    return String(format: "%.0f %%", share * 100)
  }

  static func bytes(_ value: Double?) -> String {
    guard let value, value.isFinite else { return unknown }
    if value < 999.5 { return String(format: "%.0f B", value) }
    let units = ["kB", "MB", "GB", "TB", "PB"]
    var (scaled, unit) = (value / 1000, 0)
    while scaled >= 999.5, unit < units.count - 1 {
      scaled /= 1000
      unit += 1
    }
    return "\(threeDigits(scaled)) \(units[unit])"
  }

  /// How long something takes: `0.4 ms`, `45 ms`, `1.23 s`, `1 min 12 s`.
  static func time(seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return unknown }
    if seconds < 0.00995 { return String(format: "%.1f ms", seconds * 1000) }
    if seconds < 0.9995 { return String(format: "%.0f ms", seconds * 1000) }
    return seconds < 59.95 ? "\(threeDigits(seconds)) s" : age(seconds: seconds)
  }

  /// As `time`, with a mark for what lies above all buckets.
  static func time(_ quantile: Quantile?) -> String {
    guard let quantile else { return unknown }
    return (quantile.isExceeded ? "> " : "") + time(seconds: quantile.value)
  }

  /// How long ago something was: whole seconds, the two largest units.
  static func age(seconds: Double?) -> String {
    guard let seconds, seconds.isFinite else { return unknown }
    // A clock that runs behind must not make anything younger than new.
    let whole = Int(min(max(0, seconds), 1e12).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    if whole < 86_400 { return "\(whole / 3600) h \(whole % 3600 / 60) min" }
    return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
  }

  private static func threeDigits(_ value: Double) -> String {
    let places = abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0
    return String(format: "%.\(places)f", value)
  }
}
